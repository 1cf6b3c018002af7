import { type Tier, tiers } from '@satchel/proto/core';

/** Bytes of one tier now, and how long bytes were kept. */
export interface TierCounters {
  readonly bytes: number;
  readonly byteSeconds: number;
}

/** What a job used on one shard; everything but `bytes` and `objects` only grows. */
export interface UsageCounters {
  readonly tiers: Readonly<Record<Tier, TierCounters>>;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly requests: number;
  readonly localReads: number;
  /** Value bytes that clients read from shared memory. */
  readonly localBytes: number;
  /** Most bytes held at once, all tiers. */
  readonly peakBytes: number;
  /** Objects now. */
  readonly objects: number;
  readonly objectRequests: number;
  readonly persistedBytes: number;
}

const noTier: TierCounters = { bytes: 0, byteSeconds: 0 };

/** Usage of a job that did nothing. */
export const noUsage: UsageCounters = {
  tiers: { dram: noTier, ssd: noTier, object: noTier },
  bytesIn: 0,
  bytesOut: 0,
  requests: 0,
  localReads: 0,
  localBytes: 0,
  peakBytes: 0,
  objects: 0,
  objectRequests: 0,
  persistedBytes: 0,
};

/** Usage of two shards, or of two incarnations of one. */
export function addUsage(a: UsageCounters, b: UsageCounters): UsageCounters {
  const tier = (name: Tier): TierCounters => ({
    bytes: a.tiers[name].bytes + b.tiers[name].bytes,
    byteSeconds: a.tiers[name].byteSeconds + b.tiers[name].byteSeconds,
  });
  return {
    tiers: { dram: tier('dram'), ssd: tier('ssd'), object: tier('object') },
    bytesIn: a.bytesIn + b.bytesIn,
    bytesOut: a.bytesOut + b.bytesOut,
    requests: a.requests + b.requests,
    localReads: a.localReads + b.localReads,
    localBytes: a.localBytes + b.localBytes,
    peakBytes: a.peakBytes + b.peakBytes,
    objects: a.objects + b.objects,
    objectRequests: a.objectRequests + b.objectRequests,
    persistedBytes: a.persistedBytes + b.persistedBytes,
  };
}

/** The same usage of shards whose data is gone: nothing is held now. */
export function withoutBytes(usage: UsageCounters): UsageCounters {
  const emptied = (tier: Tier): TierCounters => ({ bytes: 0, byteSeconds: usage.tiers[tier].byteSeconds });
  return { ...usage, objects: 0, tiers: { dram: emptied('dram'), ssd: emptied('ssd'), object: emptied('object') } };
}

/** The usage `elapsedMs` later if nothing but time changed: what is held goes on costing. */
export function extrapolate(usage: UsageCounters, elapsedMs: number): UsageCounters {
  const later = (tier: Tier): TierCounters => {
    const { bytes, byteSeconds } = usage.tiers[tier];
    return { bytes, byteSeconds: byteSeconds + (bytes * Math.max(0, elapsedMs)) / 1000 };
  };
  return { ...usage, tiers: { dram: later('dram'), ssd: later('ssd'), object: later('object') } };
}

/** Whether anything is held now. */
export function holdsBytes(usage: UsageCounters): boolean {
  return tiers.some((tier) => usage.tiers[tier].bytes > 0);
}
