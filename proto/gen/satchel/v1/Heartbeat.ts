// Original file: satchel/v1/control.proto

import type { NodeUsage as _satchel_v1_NodeUsage, NodeUsage__Output as _satchel_v1_NodeUsage__Output } from '../../satchel/v1/NodeUsage.js';
import type { JobUsage as _satchel_v1_JobUsage, JobUsage__Output as _satchel_v1_JobUsage__Output } from '../../satchel/v1/JobUsage.js';

export interface Heartbeat {
  'atMs'?: (number | string);
  'node'?: (_satchel_v1_NodeUsage | null);
  'jobs'?: (_satchel_v1_JobUsage)[];
}

export interface Heartbeat__Output {
  'atMs': (number);
  'node': (_satchel_v1_NodeUsage__Output | null);
  'jobs': (_satchel_v1_JobUsage__Output)[];
}
