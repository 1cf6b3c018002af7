import { type Tier, tiers } from './tiers.js';

/** What a job used, on one shard or on all. Bytes of tiers and `objects` are now; everything else only grows. */
export interface UsageTotals {
  /** Charges held now: keys, values and a header for each object. */
  readonly dramBytes: number;
  readonly ssdBytes: number;
  readonly objectBytes: number;
  /** Those over time. */
  readonly dramByteSeconds: number;
  readonly ssdByteSeconds: number;
  readonly objectByteSeconds: number;
  /** Value bytes that clients stored, and were given. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Commands carried out. */
  readonly requests: number;
  /** Reads that clients made from shared memory, as they reported them, and their bytes. */
  readonly localReads: number;
  readonly localBytes: number;
  /** Most bytes held at once, all tiers. */
  readonly peakBytes: number;
  /** Objects now. */
  readonly objects: number;
  /** Requests made to the object store. */
  readonly objectRequests: number;
  /** Charge of what was copied to the namespace. */
  readonly persistedBytes: number;
}

export type UsageField = keyof UsageTotals;

/** Usage of a job that did nothing. */
export const noUsage: UsageTotals = {
  dramBytes: 0,
  ssdBytes: 0,
  objectBytes: 0,
  dramByteSeconds: 0,
  ssdByteSeconds: 0,
  objectByteSeconds: 0,
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

/** Every field, in the order of the interface. */
export const usageFields = Object.keys(noUsage) as readonly UsageField[];

/** Names of a tier's two fields. */
export const tierFields = {
  dram: { bytes: 'dramBytes', byteSeconds: 'dramByteSeconds' },
  ssd: { bytes: 'ssdBytes', byteSeconds: 'ssdByteSeconds' },
  object: { bytes: 'objectBytes', byteSeconds: 'objectByteSeconds' },
} as const satisfies Record<Tier, { bytes: UsageField; byteSeconds: UsageField }>;

/** Field by field; spelled out because controllers do this for every job of every heartbeat. */
export function combineUsage(a: UsageTotals, b: UsageTotals, combine: (a: number, b: number) => number): UsageTotals {
  return {
    dramBytes: combine(a.dramBytes, b.dramBytes),
    ssdBytes: combine(a.ssdBytes, b.ssdBytes),
    objectBytes: combine(a.objectBytes, b.objectBytes),
    dramByteSeconds: combine(a.dramByteSeconds, b.dramByteSeconds),
    ssdByteSeconds: combine(a.ssdByteSeconds, b.ssdByteSeconds),
    objectByteSeconds: combine(a.objectByteSeconds, b.objectByteSeconds),
    bytesIn: combine(a.bytesIn, b.bytesIn),
    bytesOut: combine(a.bytesOut, b.bytesOut),
    requests: combine(a.requests, b.requests),
    localReads: combine(a.localReads, b.localReads),
    localBytes: combine(a.localBytes, b.localBytes),
    peakBytes: combine(a.peakBytes, b.peakBytes),
    objects: combine(a.objects, b.objects),
    objectRequests: combine(a.objectRequests, b.objectRequests),
    persistedBytes: combine(a.persistedBytes, b.persistedBytes),
  };
}

/** The sum of two uses. Peaks add up too: an upper bound, exact if they were at the same time. */
export function addUsage(a: UsageTotals, b: UsageTotals): UsageTotals {
  return combineUsage(a, b, (x, y) => x + y);
}

/** The same use by one that holds nothing any more. */
export function withoutHeld(usage: UsageTotals): UsageTotals {
  return { ...usage, dramBytes: 0, ssdBytes: 0, objectBytes: 0, objects: 0 };
}

/** The use `elapsedMs` later if nothing but time changed: what is held goes on costing. */
export function extrapolateUsage(usage: UsageTotals, elapsedMs: number): UsageTotals {
  if (elapsedMs <= 0) return usage;
  const later: Record<UsageField, number> = { ...usage };
  for (const tier of tiers) later[tierFields[tier].byteSeconds] += (usage[tierFields[tier].bytes] * elapsedMs) / 1000;
  return later;
}

/** Bytes held now, all tiers. */
export function heldBytes(usage: UsageTotals): number {
  return usage.dramBytes + usage.ssdBytes + usage.objectBytes;
}
