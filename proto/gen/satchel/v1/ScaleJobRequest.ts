// Original file: satchel/v1/control.proto

import type { Hints as _satchel_v1_Hints, Hints__Output as _satchel_v1_Hints__Output } from '../../satchel/v1/Hints.js';

export interface ScaleJobRequest {
  'job'?: (string);
  'hints'?: (_satchel_v1_Hints | null);
}

export interface ScaleJobRequest__Output {
  'job': (string);
  'hints': (_satchel_v1_Hints__Output | null);
}
