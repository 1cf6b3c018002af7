// Original file: satchel/v1/control.proto

import type { TierUsage as _satchel_v1_TierUsage, TierUsage__Output as _satchel_v1_TierUsage__Output } from '../../satchel/v1/TierUsage.js';
import type { Long } from '@grpc/proto-loader';

export interface Usage {
  'dram'?: (_satchel_v1_TierUsage | null);
  'ssd'?: (_satchel_v1_TierUsage | null);
  'object'?: (_satchel_v1_TierUsage | null);
  'bytesIn'?: (number | string | Long);
  'bytesOut'?: (number | string | Long);
  'requests'?: (number | string | Long);
  'localReads'?: (number | string | Long);
  'peakBytes'?: (number | string | Long);
  'objects'?: (number | string | Long);
  'dollars'?: (number | string);
  'objectRequests'?: (number | string | Long);
  'persistedBytes'?: (number | string | Long);
  'localBytes'?: (number | string | Long);
}

export interface Usage__Output {
  'dram': (_satchel_v1_TierUsage__Output | null);
  'ssd': (_satchel_v1_TierUsage__Output | null);
  'object': (_satchel_v1_TierUsage__Output | null);
  'bytesIn': (number);
  'bytesOut': (number);
  'requests': (number);
  'localReads': (number);
  'peakBytes': (number);
  'objects': (number);
  'dollars': (number);
  'objectRequests': (number);
  'persistedBytes': (number);
  'localBytes': (number);
}
