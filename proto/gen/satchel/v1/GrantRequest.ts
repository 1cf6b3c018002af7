// Original file: satchel/v1/control.proto

import type { Long } from '@grpc/proto-loader';

export interface GrantRequest {
  'job'?: (string);
  'shard'?: (number);
  'bytes'?: (number | string | Long);
}

export interface GrantRequest__Output {
  'job': (string);
  'shard': (number);
  'bytes': (number);
}
