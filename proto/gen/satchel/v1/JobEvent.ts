// Original file: satchel/v1/control.proto

import type { Reclaimed as _satchel_v1_Reclaimed, Reclaimed__Output as _satchel_v1_Reclaimed__Output } from '../../satchel/v1/Reclaimed.js';

export interface JobEvent {
  'job'?: (string);
  'atMs'?: (number | string);
  'kind'?: (string);
  'stage'?: (string);
  'expiresAtMs'?: (number | string);
  'reason'?: (string);
  'epoch'?: (number);
  'reclaimed'?: (_satchel_v1_Reclaimed | null);
}

export interface JobEvent__Output {
  'job': (string);
  'atMs': (number);
  'kind': (string);
  'stage': (string);
  'expiresAtMs': (number);
  'reason': (string);
  'epoch': (number);
  'reclaimed': (_satchel_v1_Reclaimed__Output | null);
}
