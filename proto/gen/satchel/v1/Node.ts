// Original file: satchel/v1/control.proto

import type { Shard as _satchel_v1_Shard, Shard__Output as _satchel_v1_Shard__Output } from '../../satchel/v1/Shard.js';
import type { NodeUsage as _satchel_v1_NodeUsage, NodeUsage__Output as _satchel_v1_NodeUsage__Output } from '../../satchel/v1/NodeUsage.js';
import type { Long } from '@grpc/proto-loader';

export interface Node {
  'node'?: (string);
  'host'?: (string);
  'state'?: (string);
  'shards'?: (_satchel_v1_Shard)[];
  'dramBytes'?: (number | string | Long);
  'ssdBytes'?: (number | string | Long);
  'usage'?: (_satchel_v1_NodeUsage | null);
  'lastHeartbeatMs'?: (number | string);
  'jobs'?: (number);
  'dramAllocatedBytes'?: (number | string | Long);
  'http'?: (string);
  'version'?: (string);
}

export interface Node__Output {
  'node': (string);
  'host': (string);
  'state': (string);
  'shards': (_satchel_v1_Shard__Output)[];
  'dramBytes': (number);
  'ssdBytes': (number);
  'usage': (_satchel_v1_NodeUsage__Output | null);
  'lastHeartbeatMs': (number);
  'jobs': (number);
  'dramAllocatedBytes': (number);
  'http': (string);
  'version': (string);
}
