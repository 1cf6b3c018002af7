// Original file: satchel/v1/control.proto

import type { Allocation as _satchel_v1_Allocation, Allocation__Output as _satchel_v1_Allocation__Output } from '../../satchel/v1/Allocation.js';
import type { Reason as _satchel_v1_Reason, Reason__Output as _satchel_v1_Reason__Output } from '../../satchel/v1/Reason.js';
import type { Alternative as _satchel_v1_Alternative, Alternative__Output as _satchel_v1_Alternative__Output } from '../../satchel/v1/Alternative.js';

export interface Plan {
  'allocation'?: (_satchel_v1_Allocation | null);
  'reasons'?: (_satchel_v1_Reason)[];
  'alternatives'?: (_satchel_v1_Alternative)[];
  'dollarsPerJob'?: (number | string);
}

export interface Plan__Output {
  'allocation': (_satchel_v1_Allocation__Output | null);
  'reasons': (_satchel_v1_Reason__Output)[];
  'alternatives': (_satchel_v1_Alternative__Output)[];
  'dollarsPerJob': (number);
}
