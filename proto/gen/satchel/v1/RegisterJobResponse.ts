// Original file: satchel/v1/control.proto

import type { Allocation as _satchel_v1_Allocation, Allocation__Output as _satchel_v1_Allocation__Output } from '../../satchel/v1/Allocation.js';
import type { Reason as _satchel_v1_Reason, Reason__Output as _satchel_v1_Reason__Output } from '../../satchel/v1/Reason.js';
import type { SlotMap as _satchel_v1_SlotMap, SlotMap__Output as _satchel_v1_SlotMap__Output } from '../../satchel/v1/SlotMap.js';

export interface RegisterJobResponse {
  'job'?: (string);
  'token'?: (string);
  'url'?: (string);
  'leaseSeconds'?: (number);
  'allocation'?: (_satchel_v1_Allocation | null);
  'reasons'?: (_satchel_v1_Reason)[];
  'slotMap'?: (_satchel_v1_SlotMap | null);
}

export interface RegisterJobResponse__Output {
  'job': (string);
  'token': (string);
  'url': (string);
  'leaseSeconds': (number);
  'allocation': (_satchel_v1_Allocation__Output | null);
  'reasons': (_satchel_v1_Reason__Output)[];
  'slotMap': (_satchel_v1_SlotMap__Output | null);
}
