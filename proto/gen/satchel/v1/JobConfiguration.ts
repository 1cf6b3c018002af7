// Original file: satchel/v1/control.proto

import type { SlotRange as _satchel_v1_SlotRange, SlotRange__Output as _satchel_v1_SlotRange__Output } from '../../satchel/v1/SlotRange.js';
import type { Grant as _satchel_v1_Grant, Grant__Output as _satchel_v1_Grant__Output } from '../../satchel/v1/Grant.js';
import type { PreviousOwner as _satchel_v1_PreviousOwner, PreviousOwner__Output as _satchel_v1_PreviousOwner__Output } from '../../satchel/v1/PreviousOwner.js';
import type { EndedPrefix as _satchel_v1_EndedPrefix, EndedPrefix__Output as _satchel_v1_EndedPrefix__Output } from '../../satchel/v1/EndedPrefix.js';
import type { ShardReservation as _satchel_v1_ShardReservation, ShardReservation__Output as _satchel_v1_ShardReservation__Output } from '../../satchel/v1/ShardReservation.js';
import type { Long } from '@grpc/proto-loader';

export interface JobConfiguration {
  'job'?: (string);
  'namespace'?: (string);
  'epoch'?: (number);
  'ranges'?: (_satchel_v1_SlotRange)[];
  'tiers'?: (string)[];
  'quotaBytes'?: (number | string | Long);
  'grants'?: (_satchel_v1_Grant)[];
  'evict'?: (string);
  'createdAtMs'?: (number | string);
  'revision'?: (number | string | Long);
  'previous'?: (_satchel_v1_PreviousOwner)[];
  'endedPrefixes'?: (_satchel_v1_EndedPrefix)[];
  'reserved'?: (_satchel_v1_ShardReservation)[];
}

export interface JobConfiguration__Output {
  'job': (string);
  'namespace': (string);
  'epoch': (number);
  'ranges': (_satchel_v1_SlotRange__Output)[];
  'tiers': (string)[];
  'quotaBytes': (number);
  'grants': (_satchel_v1_Grant__Output)[];
  'evict': (string);
  'createdAtMs': (number);
  'revision': (number);
  'previous': (_satchel_v1_PreviousOwner__Output)[];
  'endedPrefixes': (_satchel_v1_EndedPrefix__Output)[];
  'reserved': (_satchel_v1_ShardReservation__Output)[];
}
