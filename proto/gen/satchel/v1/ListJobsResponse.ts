// Original file: satchel/v1/control.proto

import type { Job as _satchel_v1_Job, Job__Output as _satchel_v1_Job__Output } from '../../satchel/v1/Job.js';

export interface ListJobsResponse {
  'jobs'?: (_satchel_v1_Job)[];
}

export interface ListJobsResponse__Output {
  'jobs': (_satchel_v1_Job__Output)[];
}
