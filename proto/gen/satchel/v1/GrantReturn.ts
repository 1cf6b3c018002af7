// Original file: satchel/v1/control.proto

import type { Long } from '@grpc/proto-loader';

export interface GrantReturn {
  'job'?: (string);
  'shard'?: (number);
  'bytes'?: (number | string | Long);
  'version'?: (number | string | Long);
}

export interface GrantReturn__Output {
  'job': (string);
  'shard': (number);
  'bytes': (number);
  'version': (number);
}
