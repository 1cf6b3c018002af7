// Original file: satchel/v1/control.proto

import type { Long } from '@grpc/proto-loader';

export interface NodeUsage {
  'dramUsedBytes'?: (number | string | Long);
  'dramReservedBytes'?: (number | string | Long);
  'ssdUsedBytes'?: (number | string | Long);
  'cpu'?: (number | string);
  'bytesIn'?: (number | string | Long);
  'bytesOut'?: (number | string | Long);
  'connections'?: (number | string | Long);
}

export interface NodeUsage__Output {
  'dramUsedBytes': (number);
  'dramReservedBytes': (number);
  'ssdUsedBytes': (number);
  'cpu': (number);
  'bytesIn': (number);
  'bytesOut': (number);
  'connections': (number);
}
