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
