// Original file: satchel/v1/control.proto

import type { Node as _satchel_v1_Node, Node__Output as _satchel_v1_Node__Output } from '../../satchel/v1/Node.js';

export interface ListNodesResponse {
  'nodes'?: (_satchel_v1_Node)[];
}

export interface ListNodesResponse__Output {
  'nodes': (_satchel_v1_Node__Output)[];
}
