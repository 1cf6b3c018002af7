// Original file: satchel/v1/control.proto

import type { Reclaimed as _satchel_v1_Reclaimed, Reclaimed__Output as _satchel_v1_Reclaimed__Output } from '../../satchel/v1/Reclaimed.js';

export interface PrefixEmptied {
  'job'?: (string);
  'shard'?: (number);
  'serial'?: (number);
  'reclaimed'?: (_satchel_v1_Reclaimed | null);
}

export interface PrefixEmptied__Output {
  'job': (string);
  'shard': (number);
  'serial': (number);
  'reclaimed': (_satchel_v1_Reclaimed__Output | null);
}
