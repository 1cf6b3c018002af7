/** What a simulation of the controller drives: its own classes, on a clock, a store and nodes of the caller's. */
export type { Environment } from './environment.js';
export { Jobs } from './jobs.js';
export type { FleetRecord, JobRecord, ShardShare } from './model.js';
export type { NodeLink } from './node-session.js';
export { NodeStream } from './node-stream.js';
export { Fleet, heartbeatMs } from './nodes.js';
export type { NodeProvider, NodeShape, ProvidedNode } from './providers/node-provider.js';
export { type Change, type Collection, type Collections, collections, type StateStore } from './state/state-store.js';
export type { Tokens } from './tokens.js';
