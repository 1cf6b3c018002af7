// Original file: satchel/v1/control.proto

import type { SlotRange as _satchel_v1_SlotRange, SlotRange__Output as _satchel_v1_SlotRange__Output } from '../../satchel/v1/SlotRange.js';
import type { Shard as _satchel_v1_Shard, Shard__Output as _satchel_v1_Shard__Output } from '../../satchel/v1/Shard.js';

export interface SlotMap {
  'job'?: (string);
  'epoch'?: (number);
  'ranges'?: (_satchel_v1_SlotRange)[];
  'shards'?: (_satchel_v1_Shard)[];
}

export interface SlotMap__Output {
  'job': (string);
  'epoch': (number);
  'ranges': (_satchel_v1_SlotRange__Output)[];
  'shards': (_satchel_v1_Shard__Output)[];
}
