// Original file: satchel/v1/control.proto

import type { Long } from '@grpc/proto-loader';

export interface ShardShare {
  'shard'?: (number);
  'node'?: (string);
  'slots'?: (number);
  'dramBytes'?: (number | string | Long);
}

export interface ShardShare__Output {
  'shard': (number);
  'node': (string);
  'slots': (number);
  'dramBytes': (number);
}
