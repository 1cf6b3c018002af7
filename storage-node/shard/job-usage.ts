import { type Tier, tiers, type UsageTotals } from '@satchel/proto/core';

/** Index of a tier; a table by name would be looked up by a slow path on every command. */
function indexOf(tier: Tier): number {
  return tier === 'dram' ? 0 : tier === 'ssd' ? 1 : 2;
}

/** Where a job's cells have what; the last three for each tier. Times are milliseconds since the Unix epoch. */
const cell = {
  bytesIn: 0,
  bytesOut: 1,
  requests: 2,
  localReads: 3,
  localBytes: 4,
  peakBytes: 5,
  persistedBytes: 6,
  objectRequests: 7,
  bytes: 8,
  byteMs: 11,
  sinceMs: 14,
} as const;

/** Cells that a job's counters take. */
export const usageCells = cell.sinceMs + tiers.length;

/**
 * What a job used of this shard since the shard started. Bytes in tiers are charges (see objectCharge), integrated over time as
 * they change. Everything is kept in cells, which may lie in memory that outlives the process: what is counted is there at once.
 */
export class JobUsage {
  /** Bytes held now, all tiers together. */
  heldBytes = 0;
  /** Requests to the object store to copy objects to the namespace; those of the job's own objects the store counts. */
  persistRequests = 0;
  /** Since when what is found in slower tiers at the start was not counted; 0: it is counted from the start on. */
  keptSinceMs = 0;
  readonly #cells: Float64Array;

  constructor(cells: Float64Array = new Float64Array(usageCells)) {
    this.#cells = cells;
  }

  /** Value bytes stored by clients; the job counts them. */
  get bytesIn(): number {
    return this.#cells[cell.bytesIn] as number;
  }

  set bytesIn(count: number) {
    this.#cells[cell.bytesIn] = count;
  }

  /** Value bytes returned to clients; the job counts them. */
  get bytesOut(): number {
    return this.#cells[cell.bytesOut] as number;
  }

  set bytesOut(count: number) {
    this.#cells[cell.bytesOut] = count;
  }

  /** Commands; dispatch counts them. */
  get requests(): number {
    return this.#cells[cell.requests] as number;
  }

  set requests(count: number) {
    this.#cells[cell.requests] = count;
  }

  /** Reads that clients made from shared memory, as they reported them. */
  get localReads(): number {
    return this.#cells[cell.localReads] as number;
  }

  set localReads(count: number) {
    this.#cells[cell.localReads] = count;
  }

  /** Bytes of those. */
  get localBytes(): number {
    return this.#cells[cell.localBytes] as number;
  }

  set localBytes(count: number) {
    this.#cells[cell.localBytes] = count;
  }

  /** Most bytes held at one time, all tiers together. */
  get peakBytes(): number {
    return this.#cells[cell.peakBytes] as number;
  }

  /** Charge of what was copied to the namespace. */
  get persistedBytes(): number {
    return this.#cells[cell.persistedBytes] as number;
  }

  set persistedBytes(bytes: number) {
    this.#cells[cell.persistedBytes] = bytes;
  }

  /** Requests made to the object store. */
  get objectRequests(): number {
    return this.#cells[cell.objectRequests] as number;
  }

  set objectRequests(count: number) {
    this.#cells[cell.objectRequests] = count;
  }

  /** Bytes held now in a tier. */
  bytes(tier: Tier): number {
    return this.#cells[cell.bytes + indexOf(tier)] as number;
  }

  /** Notes that a tier holds `delta` bytes more (or less) from `nowMs` on. */
  change(tier: Tier, delta: number, nowMs: number): void {
    const index = indexOf(tier);
    const cells = this.#cells;
    this.#integrate(index, nowMs);
    cells[cell.bytes + index] = (cells[cell.bytes + index] as number) + delta;
    this.heldBytes += delta;
    if (this.heldBytes > (cells[cell.peakBytes] as number)) cells[cell.peakBytes] = this.heldBytes;
  }

  /** Notes that a tier was found to hold bytes when the shard started; they were held while it was away. */
  found(tier: Tier, bytes: number, nowMs: number): void {
    this.change(tier, bytes, this.keptSinceMs > 0 ? Math.min(this.keptSinceMs, nowMs) : nowMs);
  }

  /** The counters at `nowMs`. */
  totals(nowMs: number, objects: number): UsageTotals {
    return usageOfCells(this.#cells, nowMs, objects);
  }

  #integrate(index: number, nowMs: number): void {
    const cells = this.#cells;
    const elapsedMs = nowMs - (cells[cell.sinceMs + index] as number);
    // A clock set back must not take byte-seconds away.
    if (elapsedMs > 0) {
      cells[cell.byteMs + index] = (cells[cell.byteMs + index] as number) + (cells[cell.bytes + index] as number) * elapsedMs;
    }
    cells[cell.sinceMs + index] = nowMs;
  }
}

/** What a job's cells say at `nowMs`; bytes that are held go on counting. */
export function usageOfCells(cells: Float64Array, nowMs: number, objects: number): UsageTotals {
  const at = (index: number) => cells[index] as number;
  const byteSeconds = (index: number) =>
    (at(cell.byteMs + index) + at(cell.bytes + index) * Math.max(0, nowMs - at(cell.sinceMs + index))) / 1000;
  return {
    dramBytes: at(cell.bytes),
    ssdBytes: at(cell.bytes + 1),
    objectBytes: at(cell.bytes + 2),
    dramByteSeconds: byteSeconds(0),
    ssdByteSeconds: byteSeconds(1),
    objectByteSeconds: byteSeconds(2),
    bytesIn: at(cell.bytesIn),
    bytesOut: at(cell.bytesOut),
    requests: at(cell.requests),
    localReads: at(cell.localReads),
    localBytes: at(cell.localBytes),
    peakBytes: at(cell.peakBytes),
    objects,
    objectRequests: at(cell.objectRequests),
    persistedBytes: at(cell.persistedBytes),
  };
}
