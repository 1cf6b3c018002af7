import { formatBytes, type Hints, limits, type Tier } from '@satchel/proto/core';
import type { Reason } from './model.js';

const MiB = 2 ** 20;

/**
 * What one function moves when it runs for longer than a second: AWS Lambda sustains 78 MB/s each way once its burst
 * is spent (hpides/skyrise, measurements of 2024-03-28 and 2025-03-23, p10 77, p90 78.5).
 */
export const functionBytesPerSecond = 78_000_000;

/** What one shard, a single thread, is relied on to move; a node may announce less or more. */
export const shardBytesPerSecond = 500 * MiB;

/** When nothing says how fast a job is, it gets one shard for each of these many bytes of capacity: a small job stays on one. */
export const bytesPerShardUnhinted = 256 * MiB;

/** Shards of a job that says nothing about itself, and the most a job gets by its capacity alone. */
export const shardsUnhinted = 16;

/** What a job needs, by its hints alone. */
export interface Demand {
  /** Bytes to reserve and the quota; undefined: reserve nothing, no quota. */
  readonly capacityBytes: number | undefined;
  /** Bytes per second to reserve; undefined: unknown, reserve none. */
  readonly throughputBytesPerSecond: number | undefined;
  /** Order in which a put tries them. */
  readonly tiers: readonly Tier[];
  /** Shards it should span if the fleet has as many. */
  readonly shards: number;
}

/** Hints → demand, with the reason of each number. Pure; hints are valid. */
export function demandOf(hints: Hints): { demand: Demand; reasons: Reason[] } {
  const throughput = throughputOf(hints);
  const shards = shardsOf(hints, throughput.bytesPerSecond);
  const tiers = tiersOf(hints);
  return {
    demand: {
      capacityBytes: hints.capacity,
      throughputBytesPerSecond: throughput.bytesPerSecond,
      tiers: tiers.order,
      shards: shards.count,
    },
    reasons: [quotaReason(hints), throughput.reason, tiers.reason, shards.reason],
  };
}

function quotaReason(hints: Hints): Reason {
  if (hints.capacity === undefined)
    return { field: 'quota', value: 'none', because: 'no capacity hint: reserves nothing, uses what is free' };
  const cache = hints.evict === 'lru' ? '; being a cache, it then drops what was used least recently' : '';
  return { field: 'quota', value: formatBytes(hints.capacity), because: `hint capacity${cache}` };
}

function throughputOf(hints: Hints): { bytesPerSecond: number | undefined; reason: Reason } {
  const reason = (bytesPerSecond: number | undefined, because: string) => ({
    bytesPerSecond,
    reason: {
      field: 'throughput',
      value: bytesPerSecond === undefined ? 'unknown' : `${formatBytes(bytesPerSecond)}/s`,
      because,
    },
  });
  if (hints.throughput !== undefined) return reason(hints.throughput, 'hint throughput');
  if (hints.functions === undefined) return reason(undefined, 'no hint throughput or functions: reserves none');
  return reason(
    hints.functions * functionBytesPerSecond,
    `${hints.functions} functions × ${functionBytesPerSecond / 1e6} MB/s, what one function sustains`,
  );
}

function tiersOf(hints: Hints): { order: readonly Tier[]; reason: Reason } {
  const reason = (order: readonly Tier[], because: string) => ({
    order,
    reason: { field: 'tiers', value: order.join(', '), because },
  });
  if (hints.latencySensitive === false) {
    return reason(
      ['ssd', 'object'],
      'not latency sensitive: cheapest first; object takes any amount, so dram stays with those who need it',
    );
  }
  const because = hints.latencySensitive ? 'latency sensitive' : 'latency sensitivity unknown, taken as sensitive';
  return reason(['dram', 'ssd', 'object'], `${because}: fastest first, the rest spills`);
}

function shardsOf(hints: Hints, bytesPerSecond: number | undefined): { count: number; reason: Reason } {
  const reason = (wanted: number, because: string) => {
    const count = Math.min(wanted, limits.jobShards);
    return { count, reason: { field: 'shards wanted', value: String(count), because } };
  };
  if (bytesPerSecond !== undefined) {
    const count = Math.ceil(bytesPerSecond / shardBytesPerSecond);
    return reason(count, `throughput / ${formatBytes(shardBytesPerSecond)}/s that one shard moves`);
  }
  if (hints.capacity !== undefined) {
    const count = Math.min(shardsUnhinted, Math.ceil(hints.capacity / bytesPerShardUnhinted));
    return reason(
      count,
      `throughput unknown: one shard per ${formatBytes(bytesPerShardUnhinted)} of capacity, at most ${shardsUnhinted}`,
    );
  }
  return reason(shardsUnhinted, `size and throughput unknown: every shard of the fleet, at most ${shardsUnhinted}`);
}
