import type { UsageTotals } from '@satchel/proto/core';
import type { ShardAddress } from '../job-configuration.js';
import type { Reclaimed } from './empty-prefix.js';
import type { PauseCounts } from './pauses.js';
import type { SlotSpan } from './steering/slot-set.js';

/** What a shard process is told at its start, complete. */
export interface ShardOptions {
  /** 0, 1, … on the node. */
  readonly index: number;
  readonly node: string;
  /** Absolute path of the shard's folder. */
  readonly dir: string;
  /** Path of the node's job table. */
  readonly jobTable: string;
  /** Address to listen on. */
  readonly listen: string;
  readonly endpointPort: number;
  readonly directPort: number;
  /** Path of the Unix socket. */
  readonly socket: string;
  /** Folder for memory that processes of the host may map; without one memory is private, for this reason. */
  readonly arena?: string;
  readonly arenaProblem?: string;
  readonly dramBytes: number;
  readonly ssdBytes: number;
  /** `file:DIR` or `s3://BUCKET?…`. */
  readonly object: string;
  /** How long a shard polls its clients' rings after their last use; 0: there are no rings. */
  readonly spinMs: number;
  /** Since when the shard was not running, in milliseconds since the Unix epoch; 0: nobody knows. */
  readonly downSinceMs: number;
}

/** The shard's place in the fleet. */
export interface ShardMembership {
  /** Fleet-wide id. */
  readonly shard: number;
  /** Verifies job and link tokens. */
  readonly publicKeyJwk: string;
  /** Presented to other shards. */
  readonly linkToken: string;
}

/** From host to shard. */
export type HostMessage =
  /** First of all. */
  | {
      readonly kind: 'start';
      readonly options: ShardOptions;
      readonly membership?: ShardMembership;
      readonly directory: readonly ShardAddress[];
    }
  | { readonly kind: 'membership'; readonly membership: ShardMembership }
  | { readonly kind: 'directory'; readonly shards: readonly ShardAddress[] }
  /** Entries of the job table changed. */
  | { readonly kind: 'jobs-changed'; readonly jobs: readonly string[] }
  /** Jobs that ended; each is answered with `job-purged`, also by a shard that never heard of it. */
  | { readonly kind: 'jobs-ended'; readonly jobs: readonly string[] }
  /** The controller wants unused grant back; answered with `grant-return`. */
  | { readonly kind: 'grant-reclaim'; readonly job: string }
  /** Whether the controller can be asked for grants. */
  | { readonly kind: 'controller'; readonly reachable: boolean }
  /** What all active jobs together have reserved of the shard. */
  | { readonly kind: 'reserved'; readonly dramBytes: number; readonly ssdBytes: number }
  /** Take no more clients and let those that are connected go; answered by `left`. */
  | { readonly kind: 'leave' }
  | { readonly kind: 'stop' };

/** A job's counters on this shard since it was loaded. */
export interface JobStatistics {
  readonly job: string;
  readonly usage: UsageTotals;
  /** The job was unloaded: if it is loaded again its counters begin at 0. */
  readonly final: boolean;
}

export interface TierStatistics {
  readonly usedBytes: number;
  /** Memory or disk held, slack included. */
  readonly reservedBytes: number;
  /** 0: no limit. */
  readonly budgetBytes: number;
}

/** A shard's own counters; all but the gauges only grow while the process lives. */
export interface ShardStatistics {
  readonly connections: number;
  readonly connectionsTotal: number;
  readonly connectionsRefused: number;
  /** Connections whose bytes go through a ring. */
  readonly rings: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly forwarded: number;
  /** By command name, of known commands only. */
  readonly commands: Readonly<Record<string, number>>;
  readonly errors: number;
  readonly jobsLoaded: number;
  /** Puts that went to a slower tier than the first of their job. */
  readonly spills: number;
  /** Objects taken out of DRAM or off SSD, and their charges, since others had reserved it. */
  readonly demotedObjects: number;
  readonly demotedBytes: number;
  /** Objects that caches dropped for the same reason. */
  readonly droppedToYield: number;
  readonly dram: TierStatistics;
  readonly ssd: TierStatistics;
  readonly object: TierStatistics;
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  /** Longest delay of the event loop in the last interval. */
  readonly eventLoopDelayMs: number;
  /** How long the event loop was late, sampled. */
  readonly eventLoopDelays: PauseCounts;
  readonly gcPauses: PauseCounts;
}

/** From shard to host. */
export type ShardMessage =
  /** The ports are the shard's own; before the node has joined for the first time nobody is served yet. */
  | { readonly kind: 'listening' }
  /** Clients are served. */
  | { readonly kind: 'serving' }
  /** No client is connected any more. */
  | { readonly kind: 'left' }
  /** The shard could not listen and exits. */
  | { readonly kind: 'port-taken'; readonly port: number }
  | { readonly kind: 'grant-request'; readonly job: string; readonly bytes: number }
  | { readonly kind: 'grant-return'; readonly job: string; readonly bytes: number; readonly version: number }
  /** Nothing is left under the prefix of a stage that ended, and nothing comes there any more; what was deleted. May be said again. */
  | {
      readonly kind: 'prefix-emptied';
      readonly job: string;
      readonly serial: number;
      readonly reclaimed: Reclaimed;
    }
  /** Of slots that the job's configuration of that epoch says were this shard's, nothing is left here. */
  | { readonly kind: 'slots-emptied'; readonly job: string; readonly epoch: number; readonly spans: readonly SlotSpan[] }
  /** A job was opened by its token alone. */
  | { readonly kind: 'job-admitted'; readonly job: string }
  | { readonly kind: 'statistics'; readonly shard: ShardStatistics; readonly jobs: readonly JobStatistics[] }
  /** Everything of the job is gone from this shard; its last counters since it was loaded. */
  | { readonly kind: 'job-purged'; readonly job: string; readonly usage: UsageTotals };

/** Narrows what came in over the IPC channel: only the two mains write to it. */
export function isMessage(value: unknown): value is { readonly kind: string } {
  return typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string';
}
