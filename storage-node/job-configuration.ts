import type { SlotRange, Tier } from '@satchel/proto/core';

/** What a shard needs to know to serve a job; kept on the node's disk so that it outlives controller and processes. */
export interface JobConfiguration {
  readonly job: string;
  readonly namespace: string;
  /** Grows with each change of the ranges. */
  readonly epoch: number;
  readonly ranges: readonly SlotRange[];
  /** Order in which a put tries them. */
  readonly tiers: readonly Tier[];
  /** Bytes the whole job may hold; 0: no quota. */
  readonly quotaBytes: number;
  /** `lru`: a full job drops what was used least recently. */
  readonly evict: 'lru' | '';
  readonly createdMs: number;
  /** Grows with each change of anything here, grants aside; an older one is ignored. 0 or absent: known by a token alone. */
  readonly revision?: number;
  /** Whom the owners of slots that moved ask for what they do not hold. */
  readonly previous?: readonly PreviousOwner[];
  /** Of stages that have ended. */
  readonly endedPrefixes?: readonly EndedPrefix[];
  /** Of this node's shards. */
  readonly reserved?: readonly ShardReservation[];
}

/** Bytes of a shard that are kept free for a job, what it holds included. */
export interface ShardReservation {
  readonly shard: number;
  readonly dramBytes: number;
  readonly ssdBytes: number;
}

/** Nothing may be written under the prefix any more. */
export interface EndedPrefix {
  /** Within the job. */
  readonly serial: number;
  readonly prefix: string;
  /** The controller waits to hear that shards of this node have deleted what was there. */
  readonly pending: boolean;
}

/** Slots from `start` up to `end` were another shard's, which may still hold objects of them. Of several entries for a slot the highest epoch is the latest. */
export interface PreviousOwner {
  readonly start: number;
  readonly end: number;
  readonly shard: number;
  /** The first in which the slots were not the shard's any more. */
  readonly epoch: number;
  /** The shard is gone for good: what was not written since is lost. */
  readonly lost: boolean;
}

/** Whether a configuration is to take the place of another. */
export function supersedes(arrived: JobConfiguration, before: JobConfiguration): boolean {
  if (arrived.epoch !== before.epoch) return arrived.epoch > before.epoch;
  return (arrived.revision ?? 0) >= (before.revision ?? 0);
}

/** One shard of the fleet as others reach it. */
export interface ShardAddress {
  readonly shard: number;
  readonly node: string;
  readonly host: string;
  readonly endpointPort: number;
  readonly directPort: number;
  readonly socket: string;
}
