// Original file: satchel/v1/control.proto

import type { Usage as _satchel_v1_Usage, Usage__Output as _satchel_v1_Usage__Output } from '../../satchel/v1/Usage.js';

export interface EndJobResponse {
  'usage'?: (_satchel_v1_Usage | null);
}

export interface EndJobResponse__Output {
  'usage': (_satchel_v1_Usage__Output | null);
}
