// Original file: satchel/v1/control.proto

import type { Hints as _satchel_v1_Hints, Hints__Output as _satchel_v1_Hints__Output } from '../../satchel/v1/Hints.js';

export interface RegisterJobRequest {
  'name'?: (string);
  'namespace'?: (string);
  'hints'?: (_satchel_v1_Hints | null);
  'leaseSeconds'?: (number);
  'verbs'?: (string)[];
  'requestId'?: (string);
}

export interface RegisterJobRequest__Output {
  'name': (string);
  'namespace': (string);
  'hints': (_satchel_v1_Hints__Output | null);
  'leaseSeconds': (number);
  'verbs': (string)[];
  'requestId': (string);
}
