import { formatBytes, formatDuration, type Hints, limits } from '@satchel/proto/core';
import type { Corrected, Reason } from '../model.js';
import type { RecordedPeaks } from './history.js';
import {
  assumedTurnoverMs,
  assumedValueBytes,
  coreRequestsPerSecond,
  functionBytesPerSecond,
  shardBytesPerSecond,
} from './tier-facts.js';

const MiB = 2 ** 20;

/** When nothing says how fast a job is, it gets one shard for each of these many bytes of capacity: a small job stays on one. */
export const bytesPerShardUnhinted = 256 * MiB;

/** The most shards that a job gets by its capacity alone. */
export const shardsByCapacity = 16;

/** Shards of a job of which nothing is known: each holds the node it is on. It gets more once it is seen to need them. */
export const shardsUnhinted = 2;

/** As the hint itself: the product of two others is no more. */
const mostBytesPerSecond = 2 ** 50;

/** What a job is thought to move, for the price of requests to an object store; in part assumed. Half of it are puts. */
export interface Traffic {
  readonly bytesPerSecond: number;
  readonly requestsPerSecond: number;
  readonly valueBytes: number;
}

/** What a job needs, by its hints and what runs of its name needed before. */
export interface Demand {
  /** Bytes the job may hold; undefined: no quota. Only a hint makes one: what was recorded is no promise. */
  readonly quotaBytes: number | undefined;
  /** Bytes to reserve; undefined: reserve none. */
  readonly capacityBytes: number | undefined;
  /** Bytes per second to reserve; undefined: unknown, reserve none. */
  readonly throughputBytesPerSecond: number | undefined;
  readonly requestsPerSecond: number | undefined;
  /** `unknown` is served as `sensitive`. */
  readonly latency: 'sensitive' | 'tolerant' | 'unknown';
  /** What does not fit is dropped instead of spilled. */
  readonly cache: boolean;
  readonly functions: number | undefined;
  readonly lifetimeMs: number | undefined;
  readonly traffic: Traffic;
  /** Shards it should span if the fleet has as many. */
  readonly shards: number;
}

/** Hints, and what a running job's reservation was corrected to. */
export type SizedHints = Hints & { readonly corrected?: Corrected | undefined };

/** A demand and the reason of each number in it. */
export interface SizedDemand {
  readonly demand: Demand;
  readonly reasons: readonly Reason[];
  /** Of what is thought to be moved; matters where an object store comes into question. */
  readonly trafficReasons: readonly Reason[];
}

/** A number and where it came from. */
interface Derived<Value> {
  readonly value: Value;
  readonly because: string;
}

type Maybe = Derived<number | undefined>;

/**
 * Hints, and peaks recorded of earlier runs of the name → demand, with the reason of each number. A given value beats a derived one,
 * a hint beats a record. Pure; hints are valid.
 */
export function demandOf(hints: SizedHints, recorded?: RecordedPeaks): SizedDemand {
  const { corrected } = hints;
  const capacity = orCorrected(capacityOf(hints, recorded), corrected?.capacityBytes, corrected, formatBytes);
  const throughput = orCorrected(throughputOf(hints, recorded), corrected?.throughputBytesPerSecond, corrected, rate);
  const requests = requestsOf(hints, throughput.value, recorded);
  const valueBytes = valueBytesOf(hints, recorded);
  const lifetime = lifetimeOf(hints, recorded);
  const moved = movedOf(hints, capacity.value, throughput, lifetime.value, recorded);
  const shards = shardsOf(capacity.value, throughput.value, requests.value, corrected);
  const traffic: Traffic = {
    bytesPerSecond: moved.value,
    requestsPerSecond: hints.requests ?? moved.value / valueBytes.value,
    valueBytes: valueBytes.value,
  };
  const demand: Demand = {
    quotaBytes: hints.capacity,
    capacityBytes: capacity.value,
    throughputBytesPerSecond: throughput.value,
    requestsPerSecond: requests.value,
    latency: hints.latencySensitive === undefined ? 'unknown' : hints.latencySensitive ? 'sensitive' : 'tolerant',
    cache: hints.evict === 'lru',
    functions: hints.functions,
    lifetimeMs: lifetime.value,
    traffic,
    shards: shards.value,
  };
  const reason = ({ value, because }: Maybe, field: string, text: (value: number) => string, none: string): Reason => ({
    field,
    value: value === undefined ? none : text(value),
    because,
  });
  return {
    demand,
    reasons: [
      quotaReason(hints),
      reason(capacity, 'capacity', formatBytes, 'unknown'),
      reason(throughput, 'throughput', rate, 'unknown'),
      ...(requests.value === undefined ? [] : [reason(requests, 'requests', (value) => `${Math.round(value)}/s`, '')]),
      ...(lifetime.value === undefined ? [] : [reason(lifetime, 'lifetime', formatDuration, '')]),
      latencyReason(demand),
      reason(shards, 'shards wanted', String, 'unknown'),
    ],
    trafficReasons: [reason(valueBytes, 'value size', formatBytes, ''), reason(moved, 'moved', rate, '')],
  };
}

const rate = (bytesPerSecond: number): string => `${formatBytes(bytesPerSecond)}/s`;

/** What is seen of a running job beats what it said and what was recorded. */
function orCorrected(
  said: Maybe,
  value: number | undefined,
  corrected: Corrected | undefined,
  text: (value: number) => string,
): Maybe {
  if (value === undefined || corrected === undefined) return said;
  const was = said.value === undefined ? '' : `; before, ${text(Math.round(said.value))}: ${said.because}`;
  return { value, because: `corrected: ${corrected.because}${was}` };
}

function quotaReason({ capacity, evict }: Hints): Reason {
  if (capacity === undefined) return { field: 'quota', value: 'none', because: 'no hint capacity: the job uses what is free' };
  const cache = evict === 'lru' ? '; being a cache, it then drops what was used least recently' : '';
  return { field: 'quota', value: formatBytes(capacity), because: `hint capacity${cache}` };
}

function capacityOf(hints: Hints, recorded: RecordedPeaks | undefined): Maybe {
  if (hints.capacity !== undefined) return { value: hints.capacity, because: 'hint capacity' };
  if (recorded !== undefined) return { value: recorded.bytes, because: recorded.because };
  return { value: undefined, because: 'no hint capacity and no earlier run: reserves nothing, uses what is free' };
}

function throughputOf({ throughput, requests, valueSize, functions }: Hints, recorded: RecordedPeaks | undefined): Maybe {
  if (throughput !== undefined) return { value: throughput, because: 'hint throughput' };
  if (requests !== undefined && valueSize !== undefined) {
    return {
      value: Math.min(mostBytesPerSecond, requests * valueSize),
      because: `hints requests × value size: ${requests}/s × ${formatBytes(valueSize)}`,
    };
  }
  if (functions !== undefined) {
    return {
      value: functions * functionBytesPerSecond,
      because: `${functions} functions × ${functionBytesPerSecond / 1e6} MB/s, what one function sustains`,
    };
  }
  if (recorded !== undefined) return { value: recorded.bytesPerSecond, because: recorded.because };
  return { value: undefined, because: 'no hint throughput, functions, or requests with value size: reserves none' };
}

function requestsOf({ requests, valueSize }: Hints, throughput: number | undefined, recorded: RecordedPeaks | undefined): Maybe {
  if (requests !== undefined) return { value: requests, because: 'hint requests' };
  if (throughput !== undefined && valueSize !== undefined) {
    return { value: throughput / valueSize, because: `throughput / hint value size, ${formatBytes(valueSize)}` };
  }
  if (recorded !== undefined) return { value: recorded.requestsPerSecond, because: recorded.because };
  return { value: undefined, because: 'no hint requests, or throughput with value size' };
}

function valueBytesOf({ valueSize, throughput, requests }: Hints, recorded: RecordedPeaks | undefined): Derived<number> {
  if (valueSize !== undefined) return { value: valueSize, because: 'hint value size' };
  if (throughput !== undefined && requests !== undefined) {
    return { value: Math.max(1, throughput / requests), because: 'hints throughput / requests' };
  }
  if (recorded !== undefined) return { value: recorded.valueBytes, because: 'mean of the runs recorded of this name' };
  return { value: assumedValueBytes, because: 'assumed: between the medians of functions’ blobs and of shuffle files' };
}

function lifetimeOf({ lifetimeSeconds }: Hints, recorded: RecordedPeaks | undefined): Maybe {
  if (lifetimeSeconds !== undefined) return { value: lifetimeSeconds * 1000, because: 'hint lifetime' };
  if (recorded !== undefined) return { value: recorded.durationMs, because: 'longest of the runs recorded of this name' };
  return { value: undefined, because: 'no hint lifetime and no earlier run' };
}

/** What the job moves over time, not at its peak if that is known; requests to an object store are reckoned by it. */
function movedOf(
  hints: Hints,
  capacity: number | undefined,
  throughput: Maybe,
  lifetimeMs: number | undefined,
  recorded: RecordedPeaks | undefined,
): Derived<number> {
  const hinted = hints.throughput !== undefined || hints.requests !== undefined || hints.functions !== undefined;
  if (recorded !== undefined && !hinted) {
    return { value: recorded.meanBytesPerSecond, because: 'mean of the runs recorded of this name' };
  }
  if (throughput.value !== undefined) return { value: throughput.value, because: 'the throughput, as if kept up all the time' };
  if (capacity === undefined) return { value: 0, because: 'neither capacity nor throughput is known' };
  if (lifetimeMs !== undefined) {
    return { value: (2 * capacity * 1000) / lifetimeMs, because: 'the capacity, written once and read once in the lifetime' };
  }
  const turnover = formatDuration(assumedTurnoverMs);
  return {
    value: (2 * capacity * 1000) / assumedTurnoverMs,
    because: `assumed: the capacity, written and read once every ${turnover}`,
  };
}

function latencyReason({ latency, cache }: Demand): Reason {
  const because = {
    sensitive: 'hint latency sensitive',
    tolerant: 'hint: not latency sensitive',
    unknown: 'no hint: taken as sensitive',
  };
  const only = cache ? '; only dram knows what was used least recently, which a cache drops' : '';
  return { field: 'latency', value: latency, because: `${because[latency]}${only}` };
}

/** Enough for the throughput and the requests; if neither is known, by capacity. */
function shardsOf(
  capacity: number | undefined,
  bytesPerSecond: number | undefined,
  requests: number | undefined,
  corrected: Corrected | undefined,
): Derived<number> {
  const bounded = (wanted: number, because: string) => ({
    value: Math.max(1, Math.min(Math.ceil(wanted), limits.jobShards)),
    because,
  });
  const forBytes = (bytesPerSecond ?? 0) / shardBytesPerSecond;
  const forRequests = (requests ?? 0) / coreRequestsPerSecond.dram;
  if (forRequests > forBytes) return bounded(forRequests, `requests / ${coreRequestsPerSecond.dram}/s that one shard serves`);
  if (bytesPerSecond !== undefined) {
    return bounded(forBytes, `throughput / ${formatBytes(shardBytesPerSecond)}/s that one shard moves`);
  }
  if (capacity !== undefined) {
    const because = `throughput unknown: one shard per ${formatBytes(bytesPerShardUnhinted)} of capacity, at most ${shardsByCapacity}`;
    return bounded(Math.min(shardsByCapacity, capacity / bytesPerShardUnhinted), because);
  }
  if (corrected?.shards !== undefined) return bounded(corrected.shards, `corrected: ${corrected.because}`);
  return bounded(shardsUnhinted, 'size and throughput unknown: few, until it is seen to need more');
}
