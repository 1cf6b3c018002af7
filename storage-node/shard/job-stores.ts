import type { Tier } from '@satchel/proto/core';
import type { JobConfiguration } from '../job-configuration.js';
import type { Published } from '../store/arena/segment-source.js';
import type { Key } from '../store/key.js';
import type { StoredObject } from '../store/tier-store.js';
import type { HeapSpace } from './collections/heap-space.js';
import type { JobStore, PersistedObjects } from './job-store.js';
import type { TierStatistics } from './messages.js';
import type { FenceStore } from './steering/fences.js';

/** A tier that objects can be moved out of, to slower ones. */
export type YieldingTier = Exclude<Tier, 'object'>;

/** A job's part of a shard's DRAM or SSD, in bytes. */
export interface TierShare {
  /** What it has reserved. */
  readonly bytes: number;
  /** What it holds beyond that. */
  readonly excessBytes: number;
}

/** Where the jobs of a shard keep their objects. */
export interface JobStores {
  /** Jobs whose folder was there when the shard started: they had data, and lost what was in DRAM. */
  readonly leftJobs: ReadonlySet<string>;
  /**
   * Opens a job's store and makes its folder, so that the job is known to have had data should the shard die. Objects on ssd and in
   * the object tier are found again. `onEvicted` is called for each object a cache drops by itself. Throws `out-of-memory` or `unavailable` if the disk refuses.
   */
  open(configuration: JobConfiguration, onEvicted: (key: Key, object: StoredObject) => void): JobStore;
  /**
   * Where processes of this host read the objects that an open job has in dram, as a path from the folder of sockets, or why they cannot. Another
   * one after FLUSHALL. Default: they cannot.
   */
  share?(configuration: JobConfiguration): Published;
  /** Has readers in place see the slots of an open job that the configuration gives to this shard, and no others, from now on. */
  setOwnedSlots?(configuration: JobConfiguration, shard: number): void;
  /** Where a job's fences are kept through a restart; absent: nowhere. */
  fences?(job: string): FenceStore;
  /** Where the lists and sets of all jobs lie; absent: without a limit of the shard. */
  readonly heap?: HeapSpace;
  /** The persisted objects of a namespace. */
  persisted(namespace: string): PersistedObjects;
  /** Takes away what a job that is not open left behind; settles after the first attempt to free its space. */
  discard(job: string): Promise<void>;
  /** Requests made to the object store for a job so far. */
  objectRequests(job: string): number;
  /** Puts that went to a slower tier than their job's first. */
  readonly spills: number;
  statistics(tier: Tier): TierStatistics;
  /** Writes what is pending and lets go of files, without taking anything away. */
  close(): Promise<void>;
}
