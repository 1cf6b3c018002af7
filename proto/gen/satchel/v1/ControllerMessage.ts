// Original file: satchel/v1/control.proto

import type { Welcome as _satchel_v1_Welcome, Welcome__Output as _satchel_v1_Welcome__Output } from '../../satchel/v1/Welcome.js';
import type { ConfigureJobs as _satchel_v1_ConfigureJobs, ConfigureJobs__Output as _satchel_v1_ConfigureJobs__Output } from '../../satchel/v1/ConfigureJobs.js';
import type { EndJobOnNode as _satchel_v1_EndJobOnNode, EndJobOnNode__Output as _satchel_v1_EndJobOnNode__Output } from '../../satchel/v1/EndJobOnNode.js';
import type { FleetDirectory as _satchel_v1_FleetDirectory, FleetDirectory__Output as _satchel_v1_FleetDirectory__Output } from '../../satchel/v1/FleetDirectory.js';
import type { GrantReclaim as _satchel_v1_GrantReclaim, GrantReclaim__Output as _satchel_v1_GrantReclaim__Output } from '../../satchel/v1/GrantReclaim.js';
import type { Drain as _satchel_v1_Drain, Drain__Output as _satchel_v1_Drain__Output } from '../../satchel/v1/Drain.js';
import type { Rejected as _satchel_v1_Rejected, Rejected__Output as _satchel_v1_Rejected__Output } from '../../satchel/v1/Rejected.js';

export interface ControllerMessage {
  'welcome'?: (_satchel_v1_Welcome | null);
  'configure'?: (_satchel_v1_ConfigureJobs | null);
  'end'?: (_satchel_v1_EndJobOnNode | null);
  'directory'?: (_satchel_v1_FleetDirectory | null);
  'reclaim'?: (_satchel_v1_GrantReclaim | null);
  'drain'?: (_satchel_v1_Drain | null);
  'rejected'?: (_satchel_v1_Rejected | null);
  'message'?: "welcome"|"configure"|"end"|"directory"|"reclaim"|"drain"|"rejected";
}

export interface ControllerMessage__Output {
  'welcome'?: (_satchel_v1_Welcome__Output | null);
  'configure'?: (_satchel_v1_ConfigureJobs__Output | null);
  'end'?: (_satchel_v1_EndJobOnNode__Output | null);
  'directory'?: (_satchel_v1_FleetDirectory__Output | null);
  'reclaim'?: (_satchel_v1_GrantReclaim__Output | null);
  'drain'?: (_satchel_v1_Drain__Output | null);
  'rejected'?: (_satchel_v1_Rejected__Output | null);
  'message'?: "welcome"|"configure"|"end"|"directory"|"reclaim"|"drain"|"rejected";
}
