// Original file: satchel/v1/control.proto

import type { Hints as _satchel_v1_Hints, Hints__Output as _satchel_v1_Hints__Output } from '../../satchel/v1/Hints.js';

export interface PlanJobRequest {
  'name'?: (string);
  'namespace'?: (string);
  'hints'?: (_satchel_v1_Hints | null);
}

export interface PlanJobRequest__Output {
  'name': (string);
  'namespace': (string);
  'hints': (_satchel_v1_Hints__Output | null);
}
