// Public.
export { type ErrorCode, type Hints, type HintsInput, SatchelError, type Tier } from '@satchel/proto/core';
export type { CallOptions, ObjectKey } from './call.js';
export {
  attachJob,
  type HoldOptions,
  Job,
  type JobAllocation,
  type JobEvent,
  type JobReason,
  type JobSlotMap,
  type JobUsage,
  type RegisterJobOptions,
  registerJob,
} from './job.js';
export type { LocalAskReason, LocalReadStatistics } from './local/local-reads.js';
export type { ObjectStat } from './object-stat.js';
export type { ConnectOptions } from './options.js';
export type { PutOptions, PutStreamOptions } from './put-command.js';
export { type Reclaimed, Stage, type StageOptions } from './stage.js';
export { connect, type GetOptions, type ListOptions, Store } from './store.js';
export type { StreamOptions } from './streams.js';
export type { StripeOptions } from './striping/stripe-store.js';
