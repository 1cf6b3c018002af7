// Original file: satchel/v1/control.proto

import type { SlotSpan as _satchel_v1_SlotSpan, SlotSpan__Output as _satchel_v1_SlotSpan__Output } from '../../satchel/v1/SlotSpan.js';

export interface SlotsEmptied {
  'job'?: (string);
  'shard'?: (number);
  'epoch'?: (number);
  'spans'?: (_satchel_v1_SlotSpan)[];
}

export interface SlotsEmptied__Output {
  'job': (string);
  'shard': (number);
  'epoch': (number);
  'spans': (_satchel_v1_SlotSpan__Output)[];
}
