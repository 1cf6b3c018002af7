// Original file: satchel/v1/control.proto

import type { ShardListen as _satchel_v1_ShardListen, ShardListen__Output as _satchel_v1_ShardListen__Output } from '../../satchel/v1/ShardListen.js';
import type { GrantReturn as _satchel_v1_GrantReturn, GrantReturn__Output as _satchel_v1_GrantReturn__Output } from '../../satchel/v1/GrantReturn.js';
import type { Long } from '@grpc/proto-loader';

export interface Hello {
  'node'?: (string);
  'host'?: (string);
  'shards'?: (_satchel_v1_ShardListen)[];
  'dramBytes'?: (number | string | Long);
  'ssdBytes'?: (number | string | Long);
  'throughputBytesPerSecond'?: (number | string | Long);
  'version'?: (string);
  'http'?: (string);
  'grants'?: (_satchel_v1_GrantReturn)[];
  'jobs'?: (string)[];
}

export interface Hello__Output {
  'node': (string);
  'host': (string);
  'shards': (_satchel_v1_ShardListen__Output)[];
  'dramBytes': (number);
  'ssdBytes': (number);
  'throughputBytesPerSecond': (number);
  'version': (string);
  'http': (string);
  'grants': (_satchel_v1_GrantReturn__Output)[];
  'jobs': (string)[];
}
