// Original file: satchel/v1/control.proto

import type { Long } from '@grpc/proto-loader';

export interface TierUsage {
  'bytes'?: (number | string | Long);
  'byteSeconds'?: (number | string);
}

export interface TierUsage__Output {
  'bytes': (number);
  'byteSeconds': (number);
}
