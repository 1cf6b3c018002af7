// Original file: satchel/v1/control.proto

import type { Hints as _satchel_v1_Hints, Hints__Output as _satchel_v1_Hints__Output } from '../../satchel/v1/Hints.js';
import type { Allocation as _satchel_v1_Allocation, Allocation__Output as _satchel_v1_Allocation__Output } from '../../satchel/v1/Allocation.js';
import type { Reason as _satchel_v1_Reason, Reason__Output as _satchel_v1_Reason__Output } from '../../satchel/v1/Reason.js';
import type { SlotMap as _satchel_v1_SlotMap, SlotMap__Output as _satchel_v1_SlotMap__Output } from '../../satchel/v1/SlotMap.js';
import type { Usage as _satchel_v1_Usage, Usage__Output as _satchel_v1_Usage__Output } from '../../satchel/v1/Usage.js';
import type { Reclaimed as _satchel_v1_Reclaimed, Reclaimed__Output as _satchel_v1_Reclaimed__Output } from '../../satchel/v1/Reclaimed.js';
import type { PreviousOwner as _satchel_v1_PreviousOwner, PreviousOwner__Output as _satchel_v1_PreviousOwner__Output } from '../../satchel/v1/PreviousOwner.js';
import type { Deficit as _satchel_v1_Deficit, Deficit__Output as _satchel_v1_Deficit__Output } from '../../satchel/v1/Deficit.js';
import type { Long } from '@grpc/proto-loader';

export interface Job {
  'job'?: (string);
  'name'?: (string);
  'namespace'?: (string);
  'state'?: (string);
  'endReason'?: (string);
  'hints'?: (_satchel_v1_Hints | null);
  'allocation'?: (_satchel_v1_Allocation | null);
  'reasons'?: (_satchel_v1_Reason)[];
  'leaseSeconds'?: (number);
  'createdAtMs'?: (number | string);
  'expiresAtMs'?: (number | string);
  'endedAtMs'?: (number | string);
  'slotMap'?: (_satchel_v1_SlotMap | null);
  'usage'?: (_satchel_v1_Usage | null);
  'reclaimed'?: (_satchel_v1_Reclaimed | null);
  'previous'?: (_satchel_v1_PreviousOwner)[];
  'revision'?: (number | string | Long);
  'deficit'?: (_satchel_v1_Deficit | null);
}

export interface Job__Output {
  'job': (string);
  'name': (string);
  'namespace': (string);
  'state': (string);
  'endReason': (string);
  'hints': (_satchel_v1_Hints__Output | null);
  'allocation': (_satchel_v1_Allocation__Output | null);
  'reasons': (_satchel_v1_Reason__Output)[];
  'leaseSeconds': (number);
  'createdAtMs': (number);
  'expiresAtMs': (number);
  'endedAtMs': (number);
  'slotMap': (_satchel_v1_SlotMap__Output | null);
  'usage': (_satchel_v1_Usage__Output | null);
  'reclaimed': (_satchel_v1_Reclaimed__Output | null);
  'previous': (_satchel_v1_PreviousOwner__Output)[];
  'revision': (number);
  'deficit': (_satchel_v1_Deficit__Output | null);
}
