// Original file: satchel/v1/control.proto

import type { Decision as _satchel_v1_Decision, Decision__Output as _satchel_v1_Decision__Output } from '../../satchel/v1/Decision.js';

export interface ListDecisionsResponse {
  'decisions'?: (_satchel_v1_Decision)[];
}

export interface ListDecisionsResponse__Output {
  'decisions': (_satchel_v1_Decision__Output)[];
}
