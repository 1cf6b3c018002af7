// Original file: satchel/v1/control.proto

import type { ShardReservation as _satchel_v1_ShardReservation, ShardReservation__Output as _satchel_v1_ShardReservation__Output } from '../../satchel/v1/ShardReservation.js';
import type { Long } from '@grpc/proto-loader';

export interface EndJobOnNode {
  'job'?: (string);
  'sequence'?: (number | string | Long);
  'refuseUntilMs'?: (number | string);
  'reserved'?: (_satchel_v1_ShardReservation)[];
}

export interface EndJobOnNode__Output {
  'job': (string);
  'sequence': (number);
  'refuseUntilMs': (number);
  'reserved': (_satchel_v1_ShardReservation__Output)[];
}
