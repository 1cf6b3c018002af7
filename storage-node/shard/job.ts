import type { Clock, Tier } from '@satchel/proto/core';
import type { JobConfiguration } from '../job-configuration.js';
import type { Grant } from './grant.js';
import type { JobStore, PersistedObjects } from './job-store.js';
import { JobUsage } from './job-usage.js';

/** Counts the waits of all jobs of a shard, so that limits.shardWaits bounds them together. */
export interface WaitCount {
  count: number;
}

/** What a job is made of. */
export interface JobOptions {
  readonly configuration: JobConfiguration;
  /** The fleet-wide id of this shard. */
  readonly shard: number;
  /** Opens (and creates) the job's store. Called at the first write; at once if `lost`, to find what ssd and object tier kept. */
  readonly openStore: () => JobStore;
  readonly persist: PersistedObjects;
  readonly grant: Grant;
  /** Whether the shard had data of the job before it started and lost what was in DRAM. */
  readonly lost: boolean;
  readonly clock: Clock;
  /** Shared by all jobs of the shard. */
  readonly shardWaits: WaitCount;
  /** Called when the job changes for the first time since its last `flush`. */
  readonly onDirty?: (job: ShardJob) => void;
}

/** One job on one shard: its objects and everything that is promised about them. */
export class ShardJob {
  /** Replaced when a new epoch arrives. */
  configuration: JobConfiguration;
  readonly usage = new JobUsage();
  readonly shard: number;
  /** Whether something changed since the last `flush`. */
  dirty = false;
  readonly #options: JobOptions;
  #store: JobStore | undefined;
  #ended = false;

  constructor(options: JobOptions) {
    this.#options = options;
    this.configuration = options.configuration;
    this.shard = options.shard;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Live objects on this shard, expired ones that are not swept yet included. */
  get objects(): number {
    let objects = 0;
    for (const tier of ['dram', 'ssd', 'object'] as const) objects += this.#store?.usageOf(tier).objects ?? 0;
    return objects;
  }

  /** The job's share of the quota on this shard. */
  get grant(): Grant {
    return this.#options.grant;
  }

  /** Makes changes survive a crash of the process where the tier can; see TierStore.flush. */
  flush(): void {
    this.dirty = false;
    this.#store?.flush();
  }

  /** Ends the job: waits fail with `no-job`, timers stop and everything it holds is freed. Idempotent. */
  async end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    const store = this.#store;
    this.#store = undefined;
    await store?.destroy();
  }

  /** Bytes held in a tier. */
  bytes(tier: Tier): number {
    return this.usage.bytes(tier);
  }
}
