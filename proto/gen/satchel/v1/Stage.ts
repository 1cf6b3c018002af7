// Original file: satchel/v1/control.proto

import type { Reclaimed as _satchel_v1_Reclaimed, Reclaimed__Output as _satchel_v1_Reclaimed__Output } from '../../satchel/v1/Reclaimed.js';

export interface Stage {
  'job'?: (string);
  'stage'?: (string);
  'name'?: (string);
  'prefix'?: (string);
  'parent'?: (string);
  'leaseMs'?: (number);
  'state'?: (string);
  'endReason'?: (string);
  'createdAtMs'?: (number | string);
  'expiresAtMs'?: (number | string);
  'endedAtMs'?: (number | string);
  'reclaimed'?: (_satchel_v1_Reclaimed | null);
}

export interface Stage__Output {
  'job': (string);
  'stage': (string);
  'name': (string);
  'prefix': (string);
  'parent': (string);
  'leaseMs': (number);
  'state': (string);
  'endReason': (string);
  'createdAtMs': (number);
  'expiresAtMs': (number);
  'endedAtMs': (number);
  'reclaimed': (_satchel_v1_Reclaimed__Output | null);
}
