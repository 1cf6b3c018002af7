// Original file: satchel/v1/control.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ControllerMessage as _satchel_v1_ControllerMessage, ControllerMessage__Output as _satchel_v1_ControllerMessage__Output } from '../../satchel/v1/ControllerMessage.js';
import type { DrainNodeRequest as _satchel_v1_DrainNodeRequest, DrainNodeRequest__Output as _satchel_v1_DrainNodeRequest__Output } from '../../satchel/v1/DrainNodeRequest.js';
import type { GetPublicKeyRequest as _satchel_v1_GetPublicKeyRequest, GetPublicKeyRequest__Output as _satchel_v1_GetPublicKeyRequest__Output } from '../../satchel/v1/GetPublicKeyRequest.js';
import type { ListDecisionsRequest as _satchel_v1_ListDecisionsRequest, ListDecisionsRequest__Output as _satchel_v1_ListDecisionsRequest__Output } from '../../satchel/v1/ListDecisionsRequest.js';
import type { ListDecisionsResponse as _satchel_v1_ListDecisionsResponse, ListDecisionsResponse__Output as _satchel_v1_ListDecisionsResponse__Output } from '../../satchel/v1/ListDecisionsResponse.js';
import type { ListNodesRequest as _satchel_v1_ListNodesRequest, ListNodesRequest__Output as _satchel_v1_ListNodesRequest__Output } from '../../satchel/v1/ListNodesRequest.js';
import type { ListNodesResponse as _satchel_v1_ListNodesResponse, ListNodesResponse__Output as _satchel_v1_ListNodesResponse__Output } from '../../satchel/v1/ListNodesResponse.js';
import type { Node as _satchel_v1_Node, Node__Output as _satchel_v1_Node__Output } from '../../satchel/v1/Node.js';
import type { NodeMessage as _satchel_v1_NodeMessage, NodeMessage__Output as _satchel_v1_NodeMessage__Output } from '../../satchel/v1/NodeMessage.js';
import type { PublicKey as _satchel_v1_PublicKey, PublicKey__Output as _satchel_v1_PublicKey__Output } from '../../satchel/v1/PublicKey.js';
import type { RemoveNodeRequest as _satchel_v1_RemoveNodeRequest, RemoveNodeRequest__Output as _satchel_v1_RemoveNodeRequest__Output } from '../../satchel/v1/RemoveNodeRequest.js';

export interface FleetClient extends grpc.Client {
  DrainNode(argument: _satchel_v1_DrainNodeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Node__Output>): grpc.ClientUnaryCall;
  DrainNode(argument: _satchel_v1_DrainNodeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_Node__Output>): grpc.ClientUnaryCall;
  DrainNode(argument: _satchel_v1_DrainNodeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Node__Output>): grpc.ClientUnaryCall;
  DrainNode(argument: _satchel_v1_DrainNodeRequest, callback: grpc.requestCallback<_satchel_v1_Node__Output>): grpc.ClientUnaryCall;
  drainNode(argument: _satchel_v1_DrainNodeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Node__Output>): grpc.ClientUnaryCall;
  drainNode(argument: _satchel_v1_DrainNodeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_Node__Output>): grpc.ClientUnaryCall;
  drainNode(argument: _satchel_v1_DrainNodeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Node__Output>): grpc.ClientUnaryCall;
  drainNode(argument: _satchel_v1_DrainNodeRequest, callback: grpc.requestCallback<_satchel_v1_Node__Output>): grpc.ClientUnaryCall;
  
  GetPublicKey(argument: _satchel_v1_GetPublicKeyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_PublicKey__Output>): grpc.ClientUnaryCall;
  GetPublicKey(argument: _satchel_v1_GetPublicKeyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_PublicKey__Output>): grpc.ClientUnaryCall;
  GetPublicKey(argument: _satchel_v1_GetPublicKeyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_PublicKey__Output>): grpc.ClientUnaryCall;
  GetPublicKey(argument: _satchel_v1_GetPublicKeyRequest, callback: grpc.requestCallback<_satchel_v1_PublicKey__Output>): grpc.ClientUnaryCall;
  getPublicKey(argument: _satchel_v1_GetPublicKeyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_PublicKey__Output>): grpc.ClientUnaryCall;
  getPublicKey(argument: _satchel_v1_GetPublicKeyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_PublicKey__Output>): grpc.ClientUnaryCall;
  getPublicKey(argument: _satchel_v1_GetPublicKeyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_PublicKey__Output>): grpc.ClientUnaryCall;
  getPublicKey(argument: _satchel_v1_GetPublicKeyRequest, callback: grpc.requestCallback<_satchel_v1_PublicKey__Output>): grpc.ClientUnaryCall;
  
  Join(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_satchel_v1_NodeMessage, _satchel_v1_ControllerMessage__Output>;
  Join(options?: grpc.CallOptions): grpc.ClientDuplexStream<_satchel_v1_NodeMessage, _satchel_v1_ControllerMessage__Output>;
  join(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_satchel_v1_NodeMessage, _satchel_v1_ControllerMessage__Output>;
  join(options?: grpc.CallOptions): grpc.ClientDuplexStream<_satchel_v1_NodeMessage, _satchel_v1_ControllerMessage__Output>;
  
  ListDecisions(argument: _satchel_v1_ListDecisionsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_ListDecisionsResponse__Output>): grpc.ClientUnaryCall;
  ListDecisions(argument: _satchel_v1_ListDecisionsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_ListDecisionsResponse__Output>): grpc.ClientUnaryCall;
  ListDecisions(argument: _satchel_v1_ListDecisionsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_ListDecisionsResponse__Output>): grpc.ClientUnaryCall;
  ListDecisions(argument: _satchel_v1_ListDecisionsRequest, callback: grpc.requestCallback<_satchel_v1_ListDecisionsResponse__Output>): grpc.ClientUnaryCall;
  listDecisions(argument: _satchel_v1_ListDecisionsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_ListDecisionsResponse__Output>): grpc.ClientUnaryCall;
  listDecisions(argument: _satchel_v1_ListDecisionsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_ListDecisionsResponse__Output>): grpc.ClientUnaryCall;
  listDecisions(argument: _satchel_v1_ListDecisionsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_ListDecisionsResponse__Output>): grpc.ClientUnaryCall;
  listDecisions(argument: _satchel_v1_ListDecisionsRequest, callback: grpc.requestCallback<_satchel_v1_ListDecisionsResponse__Output>): grpc.ClientUnaryCall;
  
  ListNodes(argument: _satchel_v1_ListNodesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_ListNodesResponse__Output>): grpc.ClientUnaryCall;
  ListNodes(argument: _satchel_v1_ListNodesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_ListNodesResponse__Output>): grpc.ClientUnaryCall;
  ListNodes(argument: _satchel_v1_ListNodesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_ListNodesResponse__Output>): grpc.ClientUnaryCall;
  ListNodes(argument: _satchel_v1_ListNodesRequest, callback: grpc.requestCallback<_satchel_v1_ListNodesResponse__Output>): grpc.ClientUnaryCall;
  listNodes(argument: _satchel_v1_ListNodesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_ListNodesResponse__Output>): grpc.ClientUnaryCall;
  listNodes(argument: _satchel_v1_ListNodesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_ListNodesResponse__Output>): grpc.ClientUnaryCall;
  listNodes(argument: _satchel_v1_ListNodesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_ListNodesResponse__Output>): grpc.ClientUnaryCall;
  listNodes(argument: _satchel_v1_ListNodesRequest, callback: grpc.requestCallback<_satchel_v1_ListNodesResponse__Output>): grpc.ClientUnaryCall;
  
  RemoveNode(argument: _satchel_v1_RemoveNodeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Node__Output>): grpc.ClientUnaryCall;
  RemoveNode(argument: _satchel_v1_RemoveNodeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_Node__Output>): grpc.ClientUnaryCall;
  RemoveNode(argument: _satchel_v1_RemoveNodeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Node__Output>): grpc.ClientUnaryCall;
  RemoveNode(argument: _satchel_v1_RemoveNodeRequest, callback: grpc.requestCallback<_satchel_v1_Node__Output>): grpc.ClientUnaryCall;
  removeNode(argument: _satchel_v1_RemoveNodeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Node__Output>): grpc.ClientUnaryCall;
  removeNode(argument: _satchel_v1_RemoveNodeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_Node__Output>): grpc.ClientUnaryCall;
  removeNode(argument: _satchel_v1_RemoveNodeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Node__Output>): grpc.ClientUnaryCall;
  removeNode(argument: _satchel_v1_RemoveNodeRequest, callback: grpc.requestCallback<_satchel_v1_Node__Output>): grpc.ClientUnaryCall;
  
  UndrainNode(argument: _satchel_v1_DrainNodeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Node__Output>): grpc.ClientUnaryCall;
  UndrainNode(argument: _satchel_v1_DrainNodeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_Node__Output>): grpc.ClientUnaryCall;
  UndrainNode(argument: _satchel_v1_DrainNodeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Node__Output>): grpc.ClientUnaryCall;
  UndrainNode(argument: _satchel_v1_DrainNodeRequest, callback: grpc.requestCallback<_satchel_v1_Node__Output>): grpc.ClientUnaryCall;
  undrainNode(argument: _satchel_v1_DrainNodeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Node__Output>): grpc.ClientUnaryCall;
  undrainNode(argument: _satchel_v1_DrainNodeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_satchel_v1_Node__Output>): grpc.ClientUnaryCall;
  undrainNode(argument: _satchel_v1_DrainNodeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_satchel_v1_Node__Output>): grpc.ClientUnaryCall;
  undrainNode(argument: _satchel_v1_DrainNodeRequest, callback: grpc.requestCallback<_satchel_v1_Node__Output>): grpc.ClientUnaryCall;
  
}

export interface FleetHandlers extends grpc.UntypedServiceImplementation {
  DrainNode: grpc.handleUnaryCall<_satchel_v1_DrainNodeRequest__Output, _satchel_v1_Node>;
  
  GetPublicKey: grpc.handleUnaryCall<_satchel_v1_GetPublicKeyRequest__Output, _satchel_v1_PublicKey>;
  
  Join: grpc.handleBidiStreamingCall<_satchel_v1_NodeMessage__Output, _satchel_v1_ControllerMessage>;
  
  ListDecisions: grpc.handleUnaryCall<_satchel_v1_ListDecisionsRequest__Output, _satchel_v1_ListDecisionsResponse>;
  
  ListNodes: grpc.handleUnaryCall<_satchel_v1_ListNodesRequest__Output, _satchel_v1_ListNodesResponse>;
  
  RemoveNode: grpc.handleUnaryCall<_satchel_v1_RemoveNodeRequest__Output, _satchel_v1_Node>;
  
  UndrainNode: grpc.handleUnaryCall<_satchel_v1_DrainNodeRequest__Output, _satchel_v1_Node>;
  
}

export interface FleetDefinition extends grpc.ServiceDefinition {
  DrainNode: MethodDefinition<_satchel_v1_DrainNodeRequest, _satchel_v1_Node, _satchel_v1_DrainNodeRequest__Output, _satchel_v1_Node__Output>
  GetPublicKey: MethodDefinition<_satchel_v1_GetPublicKeyRequest, _satchel_v1_PublicKey, _satchel_v1_GetPublicKeyRequest__Output, _satchel_v1_PublicKey__Output>
  Join: MethodDefinition<_satchel_v1_NodeMessage, _satchel_v1_ControllerMessage, _satchel_v1_NodeMessage__Output, _satchel_v1_ControllerMessage__Output>
  ListDecisions: MethodDefinition<_satchel_v1_ListDecisionsRequest, _satchel_v1_ListDecisionsResponse, _satchel_v1_ListDecisionsRequest__Output, _satchel_v1_ListDecisionsResponse__Output>
  ListNodes: MethodDefinition<_satchel_v1_ListNodesRequest, _satchel_v1_ListNodesResponse, _satchel_v1_ListNodesRequest__Output, _satchel_v1_ListNodesResponse__Output>
  RemoveNode: MethodDefinition<_satchel_v1_RemoveNodeRequest, _satchel_v1_Node, _satchel_v1_RemoveNodeRequest__Output, _satchel_v1_Node__Output>
  UndrainNode: MethodDefinition<_satchel_v1_DrainNodeRequest, _satchel_v1_Node, _satchel_v1_DrainNodeRequest__Output, _satchel_v1_Node__Output>
}
