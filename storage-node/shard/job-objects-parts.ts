import type { Clock } from '@satchel/proto/core';
import type { Key } from '../store/key.js';
import type { StoredObject } from '../store/tier-store.js';
import type { JobSpace } from './job-space.js';
import type { JobStore } from './job-store.js';
import type { JobUsage } from './job-usage.js';
import type { KeyGate } from './key-gate.js';
import type { Account } from './object-accounts.js';
import type { ObjectListener } from './object-listener.js';
import type { StripeListener } from './striping/job-striping.js';

/** Opens a job's store; `onEvicted` is to be called for each object that the store drops by itself, before it does. */
export type OpenStore = (onEvicted: (key: Key, object: StoredObject) => void) => JobStore;

/** What the objects of a job are made of. */
export interface JobObjectsParts {
  readonly openStore: OpenStore;
  readonly space: JobSpace;
  readonly usage: JobUsage;
  readonly gate: KeyGate;
  readonly clock: Clock;
  readonly listener: ObjectListener;
  /** Whether the job is a cache, whose store drops objects by itself. */
  readonly evicts: boolean;
  readonly stripes: StripeListener;
}

/** What a put replaces. */
export interface Before extends Account {
  /** It was dropped to make room for its successor: gone although the put is not done. */
  evicted: boolean;
}
