// Original file: satchel/v1/control.proto

import type { JobConfiguration as _satchel_v1_JobConfiguration, JobConfiguration__Output as _satchel_v1_JobConfiguration__Output } from '../../satchel/v1/JobConfiguration.js';
import type { ShardReservation as _satchel_v1_ShardReservation, ShardReservation__Output as _satchel_v1_ShardReservation__Output } from '../../satchel/v1/ShardReservation.js';
import type { Long } from '@grpc/proto-loader';

export interface ConfigureJobs {
  'sequence'?: (number | string | Long);
  'jobs'?: (_satchel_v1_JobConfiguration)[];
  'complete'?: (boolean);
  'reserved'?: (_satchel_v1_ShardReservation)[];
}

export interface ConfigureJobs__Output {
  'sequence': (number);
  'jobs': (_satchel_v1_JobConfiguration__Output)[];
  'complete': (boolean);
  'reserved': (_satchel_v1_ShardReservation__Output)[];
}
