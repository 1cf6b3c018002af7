import type { Clock } from '@satchel/proto/core';
import type { JobConfiguration } from '../job-configuration.js';
import type { HeapSpace } from './collections/heap-space.js';
import type { Grant } from './grant.js';
import type { ShardJob } from './job.js';
import type { OpenStore } from './job-objects-parts.js';
import type { PersistedObjects } from './job-store.js';
import type { JobUsage } from './job-usage.js';
import type { SteeringHooks } from './steering/job-steering.js';
import type { ShardCalls } from './striping/shard-calls.js';
import type { WaitCount } from './waits.js';

/** What a job is made of. */
export interface JobOptions {
  readonly configuration: JobConfiguration;
  /** The fleet-wide id of this shard, and the name of its node. */
  readonly shard: number;
  readonly node: string;
  /** Opens (and creates) the job's store. Called at the first write; at once if `lost`, to find what ssd and object tier kept. */
  readonly openStore: OpenStore;
  readonly persisted: PersistedObjects;
  readonly grant: Grant;
  /** Whether the shard had data of the job before it started and lost what was in DRAM. */
  readonly lost: boolean;
  readonly clock: Clock;
  readonly usage?: JobUsage;
  /** Where lists and sets lie, shared by all jobs of the shard. Default: as much as there is. */
  readonly heap?: HeapSpace;
  /** Shared by all jobs of the shard. */
  readonly shardWaits: WaitCount;
  /** How the job's other shards are reached, asked for anew each time. Default: not at all. */
  readonly calls?: () => ShardCalls;
  /** Called when the job changes for the first time since its last `flush`. */
  readonly onDirty?: (job: ShardJob) => void;
  /** What slots that move have to do with the rest of the shard. Default: nothing. */
  readonly steering?: SteeringHooks;
}
