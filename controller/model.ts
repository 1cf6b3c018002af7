import type { Hints, SlotRange, Tier, UsageTotals, Verb } from '@satchel/proto/core';
import type { PreviousOwner } from './slots/previous-owners.js';
import type { EndedPrefix } from './stages/ended-prefixes.js';
import type { Reclaimed } from './stages/stage-record.js';
import type { Rates } from './usage/pace.js';

/** A number the controller decided, and where it came from. */
export interface Reason {
  readonly field: string;
  readonly value: string;
  readonly because: string;
}

/** What one shard holds for a job. */
export interface ShardShare {
  readonly shard: number;
  readonly node: string;
  readonly slots: number;
  readonly dramBytes: number;
  readonly ssdBytes: number;
  readonly throughputBytesPerSecond: number;
}

/** What a job is granted. Bytes are reserved bytes; a job without capacity hint reserves none and uses what is free. */
export interface Allocation {
  readonly dramBytes: number;
  readonly ssdBytes: number;
  readonly objectBytes: number;
  readonly throughputBytesPerSecond: number;
  /** Order in which a put tries them. */
  readonly tiers: readonly Tier[];
  /** 0: no quota. */
  readonly quotaBytes: number;
  readonly dollarsPerHour: number;
  readonly shares: readonly ShardShare[];
}

export type EndReason = 'ended' | 'lease-lapsed';

/**
 * A job's life. `ending` lasts until every node in `awaiting` has said that it purged the job; tokens of a job that is
 * ending or ended are refused by nodes until `refuseUntilMs`, when the last of them has expired.
 */
export type JobState =
  | { readonly kind: 'active' }
  | {
      readonly kind: 'ending';
      readonly reason: EndReason;
      readonly sinceMs: number;
      readonly refuseUntilMs: number;
      readonly awaiting: readonly string[];
    }
  | { readonly kind: 'ended'; readonly reason: EndReason; readonly endedMs: number; readonly refuseUntilMs: number };

/** A shard that had slots of a job, and its node. */
export interface FormerShard {
  readonly shard: number;
  readonly node: string;
}

/** What a job is short of, by what it wanted. */
export interface Deficit {
  readonly shards: number;
  /** Bytes that are in a slower tier than the one they were wanted in. */
  readonly bytes: number;
  /** Of them, those that were wanted in dram, and those on ssd. */
  readonly dramBytes: number;
  readonly ssdBytes: number;
  readonly throughputBytesPerSecond: number;
}

/** What a running job's reservation was corrected to, because what is seen contradicts what the job said. Its quota stays. */
export interface Corrected {
  /** Undefined: not corrected. */
  readonly capacityBytes: number | undefined;
  readonly throughputBytesPerSecond: number | undefined;
  /** Shards that a job is seen to need that reserves nothing; absent: not corrected. */
  readonly shards?: number;
  /** What was reserved before the first correction. */
  readonly askedBytes: number;
  readonly askedBytesPerSecond: number;
  /** Of the last correction. */
  readonly atMs: number;
  readonly because: string;
}

/** A job as it is remembered. Values are replaced, never changed in place. */
export interface JobRecord {
  readonly job: string;
  /** What its registration was called by the caller. */
  readonly requestId?: string | undefined;
  readonly name: string;
  readonly namespace: string;
  readonly hints: Hints;
  readonly verbs: readonly Verb[];
  readonly leaseMs: number;
  readonly createdMs: number;
  readonly allocation: Allocation;
  readonly reasons: readonly Reason[];
  /** Grows when slots get other owners. */
  readonly epoch: number;
  /** Grows with every change of what nodes are told of the job, grants aside. */
  readonly revision: number;
  readonly ranges: readonly SlotRange[];
  /** Who had slots before, and may still hold objects of them. */
  readonly previous: readonly PreviousOwner[];
  /** Shards that had slots and have none now: their nodes are told of the job until it ends, so that none takes it for its own. */
  readonly former: readonly FormerShard[];
  /** The shard that the job's URL names: its node is needed until the job ends. Undefined once it is lost. */
  readonly endpoint?: FormerShard | undefined;
  /** Under which nothing may be written any more; undefined if no stage of the job has ended. */
  readonly endedPrefixes?: readonly EndedPrefix[] | undefined;
  /** What the job wanted and did not get; undefined if nothing. */
  readonly deficit?: Deficit | undefined;
  /** Undefined: it has what it said it needs. */
  readonly corrected?: Corrected | undefined;
  readonly state: JobState;
}

/** One place of a shard on a node; its fleet-wide id stays with (node, index) for ever. */
export interface NodeShard {
  readonly index: number;
  readonly shard: number;
  readonly endpointPort: number;
  readonly directPort: number;
  readonly socket: string;
  /** Names what its folder holds: another one once the folder is new or was emptied. Empty: the node does not say. */
  readonly contents?: string | undefined;
}

/** A node as it is remembered. `up`: it was connected, or had just been, when this was written. */
export interface NodeRecord {
  readonly node: string;
  readonly host: string;
  readonly shards: readonly NodeShard[];
  readonly dramBytes: number;
  readonly ssdBytes: number;
  readonly throughputBytesPerSecond: number;
  readonly version: string;
  readonly http: string;
  readonly draining: boolean;
  /** Who drains it: what the autoscaler drains it may take back, what an operator drains it may not. */
  readonly drainedBy?: DrainedBy | undefined;
  readonly up: boolean;
}

export type DrainedBy = 'operator' | 'autoscaler';

/** What belongs to the fleet as a whole. */
export interface FleetRecord {
  /** Of the state's layout; a controller refuses one it does not know. */
  readonly format: number;
  /** JSON text of the Ed25519 private key that signs tokens. */
  readonly privateKeyJwk: string;
  /** The next shard id to give out. */
  readonly nextShard: number;
}

/** Bytes of a job's quota that a shard may hold without asking; the version grows with each change by the controller. */
export interface ShardGrant {
  readonly shard: number;
  readonly bytes: number;
  readonly version: number;
}

export interface GrantRecord {
  readonly job: string;
  readonly quotaBytes: number;
  readonly grants: readonly ShardGrant[];
}

/** Counters of one shard begin at 0 in each incarnation; those of earlier ones are kept in `settled`. */
export interface ShardUsage {
  readonly shard: number;
  readonly incarnation: number;
  readonly usage: UsageTotals;
  readonly settled: UsageTotals;
}

export interface UsageRecord {
  readonly job: string;
  readonly namespace: string;
  readonly shards: readonly ShardUsage[];
  /** Most bytes and requests in one second, over all shards. */
  readonly peakRates: Rates;
  /** What was held when the job ended. */
  readonly reclaimed?: Reclaimed;
}

/** A number that led to a decision; the name ends in its unit, unless it is a count or a part of 1. */
export interface Figure {
  readonly name: string;
  readonly value: number;
}

/** Something the controller decided by itself, with the figures it went by. */
export interface DecisionRecord {
  /** Grows by one with each decision. */
  readonly sequence: number;
  readonly atMs: number;
  readonly kind: string;
  /** A node, a shape of nodes, a job, or `fleet`. */
  readonly subject: string;
  readonly figures: readonly Figure[];
  readonly because: string;
}

/** What all jobs of a namespace used in a month; without what they hold and their peaks. */
export interface NamespaceUsageRecord {
  readonly namespace: string;
  /** YYYY-MM, in UTC. */
  readonly month: string;
  readonly usage: UsageTotals;
}

/** What a job has reserved in all tiers. */
export function reservedBytes({
  dramBytes,
  ssdBytes,
  objectBytes,
}: Pick<Allocation, 'dramBytes' | 'ssdBytes' | 'objectBytes'>): number {
  return dramBytes + ssdBytes + objectBytes;
}

/** When a job stopped being active; 0 while it is. */
export function finishedMs({ state }: JobRecord): number {
  if (state.kind === 'active') return 0;
  return state.kind === 'ending' ? state.sinceMs : state.endedMs;
}

/** What one run of a job needed at most, and did in all. */
export interface RunPeaks {
  readonly endedMs: number;
  readonly durationMs: number;
  readonly peakBytes: number;
  readonly peakBytesPerSecond: number;
  readonly peakRequestsPerSecond: number;
  readonly movedBytes: number;
  readonly requests: number;
}

/** What is remembered of the runs of a name, the latest last. */
export interface HistoryRecord {
  readonly namespace: string;
  readonly name: string;
  readonly runs: number;
  readonly recent: readonly RunPeaks[];
}
