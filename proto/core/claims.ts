import type { SlotRange } from './slot-map.js';
import type { Tier } from './tiers.js';

export const verbs = ['read', 'write'] as const;
export type Verb = (typeof verbs)[number];

/** What a job's token says; enough for a shard to serve a job it has not heard of. */
export interface JobClaims {
  kind: 'job';
  job: string;
  namespace: string;
  verbs: Verb[];
  /** Bytes the job may hold; 0: no quota. */
  quota: number;
  /** Tiers in the order a put tries them. */
  tiers: Tier[];
  /**
   * The slot map of epoch 1 as [start, shard] pairs, so that a shard can admit the job before it heard of it; empty once slots have moved: a shard
   * that did not hear of that would take objects for missing that others still hold.
   */
  slots: [number, number][];
  /** Milliseconds since the Unix epoch. */
  created: number;
  exp: number;
}

/** What a node presents when one of its shards connects to another shard. */
export interface LinkClaims {
  kind: 'link';
  node: string;
}

/** How long a job token is valid; a renewal returns a fresh one. Ended jobs are remembered at least this long. */
export const tokenLifetimeMs = 7 * 24 * 3600 * 1000;

/** The initial slot ranges a job token carries. */
export function rangesOfClaims(claims: JobClaims): SlotRange[] {
  return claims.slots.map(([start, shard]) => ({ start, shard }));
}
