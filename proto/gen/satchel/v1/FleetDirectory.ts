// Original file: satchel/v1/control.proto

import type { Shard as _satchel_v1_Shard, Shard__Output as _satchel_v1_Shard__Output } from '../../satchel/v1/Shard.js';

export interface FleetDirectory {
  'version'?: (number);
  'shards'?: (_satchel_v1_Shard)[];
  'since'?: (number);
  'heartbeatMs'?: (number);
}

export interface FleetDirectory__Output {
  'version': (number);
  'shards': (_satchel_v1_Shard__Output)[];
  'since': (number);
  'heartbeatMs': (number);
}
