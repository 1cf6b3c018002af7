// Original file: satchel/v1/control.proto

import type { Long } from '@grpc/proto-loader';

export interface ShardReservation {
  'shard'?: (number);
  'dramBytes'?: (number | string | Long);
  'ssdBytes'?: (number | string | Long);
}

export interface ShardReservation__Output {
  'shard': (number);
  'dramBytes': (number);
  'ssdBytes': (number);
}
