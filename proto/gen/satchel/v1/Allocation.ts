// Original file: satchel/v1/control.proto

import type { ShardShare as _satchel_v1_ShardShare, ShardShare__Output as _satchel_v1_ShardShare__Output } from '../../satchel/v1/ShardShare.js';
import type { Long } from '@grpc/proto-loader';

export interface Allocation {
  'dramBytes'?: (number | string | Long);
  'ssdBytes'?: (number | string | Long);
  'objectBytes'?: (number | string | Long);
  'throughputBytesPerSecond'?: (number | string | Long);
  'tiers'?: (string)[];
  'quotaBytes'?: (number | string | Long);
  'dollarsPerHour'?: (number | string);
  'shares'?: (_satchel_v1_ShardShare)[];
}

export interface Allocation__Output {
  'dramBytes': (number);
  'ssdBytes': (number);
  'objectBytes': (number);
  'throughputBytesPerSecond': (number);
  'tiers': (string)[];
  'quotaBytes': (number);
  'dollarsPerHour': (number);
  'shares': (_satchel_v1_ShardShare__Output)[];
}
