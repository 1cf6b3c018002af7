// Original file: satchel/v1/control.proto

import type { Hello as _satchel_v1_Hello, Hello__Output as _satchel_v1_Hello__Output } from '../../satchel/v1/Hello.js';
import type { Heartbeat as _satchel_v1_Heartbeat, Heartbeat__Output as _satchel_v1_Heartbeat__Output } from '../../satchel/v1/Heartbeat.js';
import type { ConfigurationApplied as _satchel_v1_ConfigurationApplied, ConfigurationApplied__Output as _satchel_v1_ConfigurationApplied__Output } from '../../satchel/v1/ConfigurationApplied.js';
import type { GrantRequest as _satchel_v1_GrantRequest, GrantRequest__Output as _satchel_v1_GrantRequest__Output } from '../../satchel/v1/GrantRequest.js';
import type { GrantReturn as _satchel_v1_GrantReturn, GrantReturn__Output as _satchel_v1_GrantReturn__Output } from '../../satchel/v1/GrantReturn.js';
import type { JobPurged as _satchel_v1_JobPurged, JobPurged__Output as _satchel_v1_JobPurged__Output } from '../../satchel/v1/JobPurged.js';
import type { ShardChanged as _satchel_v1_ShardChanged, ShardChanged__Output as _satchel_v1_ShardChanged__Output } from '../../satchel/v1/ShardChanged.js';
import type { Left as _satchel_v1_Left, Left__Output as _satchel_v1_Left__Output } from '../../satchel/v1/Left.js';
import type { SlotsEmptied as _satchel_v1_SlotsEmptied, SlotsEmptied__Output as _satchel_v1_SlotsEmptied__Output } from '../../satchel/v1/SlotsEmptied.js';
import type { PrefixEmptied as _satchel_v1_PrefixEmptied, PrefixEmptied__Output as _satchel_v1_PrefixEmptied__Output } from '../../satchel/v1/PrefixEmptied.js';

export interface NodeMessage {
  'hello'?: (_satchel_v1_Hello | null);
  'heartbeat'?: (_satchel_v1_Heartbeat | null);
  'applied'?: (_satchel_v1_ConfigurationApplied | null);
  'grantRequest'?: (_satchel_v1_GrantRequest | null);
  'grantReturn'?: (_satchel_v1_GrantReturn | null);
  'purged'?: (_satchel_v1_JobPurged | null);
  'shardChanged'?: (_satchel_v1_ShardChanged | null);
  'left'?: (_satchel_v1_Left | null);
  'emptied'?: (_satchel_v1_SlotsEmptied | null);
  'prefixEmptied'?: (_satchel_v1_PrefixEmptied | null);
  'message'?: "hello"|"heartbeat"|"applied"|"grantRequest"|"grantReturn"|"purged"|"shardChanged"|"left"|"emptied"|"prefixEmptied";
}

export interface NodeMessage__Output {
  'hello'?: (_satchel_v1_Hello__Output | null);
  'heartbeat'?: (_satchel_v1_Heartbeat__Output | null);
  'applied'?: (_satchel_v1_ConfigurationApplied__Output | null);
  'grantRequest'?: (_satchel_v1_GrantRequest__Output | null);
  'grantReturn'?: (_satchel_v1_GrantReturn__Output | null);
  'purged'?: (_satchel_v1_JobPurged__Output | null);
  'shardChanged'?: (_satchel_v1_ShardChanged__Output | null);
  'left'?: (_satchel_v1_Left__Output | null);
  'emptied'?: (_satchel_v1_SlotsEmptied__Output | null);
  'prefixEmptied'?: (_satchel_v1_PrefixEmptied__Output | null);
  'message'?: "hello"|"heartbeat"|"applied"|"grantRequest"|"grantReturn"|"purged"|"shardChanged"|"left"|"emptied"|"prefixEmptied";
}
