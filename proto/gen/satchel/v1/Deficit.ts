// Original file: satchel/v1/control.proto

import type { Long } from '@grpc/proto-loader';

export interface Deficit {
  'shards'?: (number);
  'bytes'?: (number | string | Long);
  'throughputBytesPerSecond'?: (number | string | Long);
}

export interface Deficit__Output {
  'shards': (number);
  'bytes': (number);
  'throughputBytesPerSecond': (number);
}
