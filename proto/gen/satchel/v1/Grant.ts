// Original file: satchel/v1/control.proto

import type { Long } from '@grpc/proto-loader';

export interface Grant {
  'job'?: (string);
  'shard'?: (number);
  'bytes'?: (number | string | Long);
  'version'?: (number | string | Long);
}

export interface Grant__Output {
  'job': (string);
  'shard': (number);
  'bytes': (number);
  'version': (number);
}
