import { type JobRecord, movesBetween, slotsMoved as slotsIn } from '@satchel/controller/simulation';
import { shardsOf, slotCount, slotsPerShard } from '@satchel/proto/core';
import { heldBytes, movedBytesPerSecond, type SimulatedJob } from '../workload/job.js';
import type { ShardLoad } from './shard-load.js';

/** What a job holds on one shard. Counters are cumulative. */
export interface Holding {
  readonly place: ShardLoad;
  /** Part of the job's slots; 0: a former owner that still holds objects. */
  weight: number;
  bytes: number;
  dramReservedBytes: number;
  dramBytes: number;
  ssdBytes: number;
  objectBytes: number;
  dramByteSeconds: number;
  ssdByteSeconds: number;
  objectByteSeconds: number;
  bytesIn: number;
  bytesOut: number;
  peakBytes: number;
  objectRequests: number;
  /** As its node last reported it: bytes held, and moved. */
  reportedBytes: number;
  reportedMoved: number;
}

/** A running job's bytes: where its slots are, there it writes; what it has written stays until it is read or the job ends. */
export class HeldJob {
  readonly job: SimulatedJob;
  readonly startedMs: number;
  readonly #ofShard = new Map<number, Holding>();
  /** One for each shard that has, or had, slots of it. */
  readonly holdings: Holding[] = [];
  record: JobRecord;
  /** Whether what it stores may go to memory, and to SSD. */
  inMemory = false;
  onDisk = false;
  /** Part of what it wrote that died with nodes. */
  lostPart = 0;
  wantedBytes = 0;
  bytes = 0;
  /** It crashed: nothing changes any more. */
  frozen = false;

  constructor(job: SimulatedJob, record: JobRecord, startedMs: number, placeOf: (shard: number) => ShardLoad | undefined) {
    this.job = job;
    this.startedMs = startedMs;
    this.record = record;
    this.#takeUp(record, placeOf);
  }

  /** Follows the controller's record. Returns how many slots changed their owner. */
  follow(record: JobRecord, placeOf: (shard: number) => ShardLoad | undefined): number {
    if (record === this.record) return 0;
    const moved = record.ranges === this.record.ranges ? 0 : slotsMoved(this.record, record);
    this.record = record;
    this.#takeUp(record, placeOf);
    return moved;
  }

  /** Brings what is held to what the job wants at this moment, as far as its quota and its shards allow. */
  advance(passedMs: number, stepSeconds: number): void {
    const ageMs = passedMs - this.startedMs;
    if (!this.frozen) this.wantedBytes = heldBytes(this.job, ageMs) * (1 - this.lostPart);
    const quota = this.record.allocation.quotaBytes || Number.POSITIVE_INFINITY;
    const target = Math.min(this.wantedBytes, quota);
    if (target < this.bytes) this.#shrink(this.bytes > 0 ? target / this.bytes : 0);
    else if (target > this.bytes) this.#grow(target - this.bytes);
    if (!this.frozen) this.#move(ageMs, stepSeconds);
  }

  /** What it holds on a shard; undefined: it never had slots there. */
  holding(shard: number): Holding | undefined {
    return this.#ofShard.get(shard);
  }

  /** Everything a shard held is gone, or only what it had in memory. Returns the bytes lost. */
  lose(shard: number, everything: boolean): number {
    const holding = this.#ofShard.get(shard);
    if (holding === undefined || holding.bytes === 0) return 0;
    const lost = Math.min(holding.bytes, everything ? holding.dramBytes + holding.ssdBytes : holding.dramBytes);
    if (this.bytes > 0) this.lostPart += (1 - this.lostPart) * (lost / this.bytes);
    holding.bytes -= lost;
    this.bytes -= lost;
    return lost;
  }

  /** What a former owner held has been taken over by the owners. */
  emptied(shard: number): void {
    const holding = this.#ofShard.get(shard);
    if (holding === undefined || holding.weight > 0) return;
    this.bytes -= holding.bytes;
    const bytes = holding.bytes;
    holding.bytes = 0;
    this.#grow(bytes);
  }

  #takeUp({ ranges, allocation }: JobRecord, placeOf: (shard: number) => ShardLoad | undefined): void {
    for (const holding of this.holdings) {
      holding.weight = 0;
      holding.dramReservedBytes = 0;
    }
    this.inMemory = allocation.tiers.includes('dram');
    this.onDisk = allocation.tiers.includes('ssd');
    const slots = slotsPerShard(ranges);
    for (const shard of shardsOf(ranges)) {
      const holding = this.#holding(shard, placeOf);
      if (holding !== undefined) holding.weight = (slots.get(shard) ?? 0) / slotCount;
    }
    for (const { shard, dramBytes } of allocation.shares) {
      const holding = this.#ofShard.get(shard);
      if (holding !== undefined) holding.dramReservedBytes = dramBytes;
    }
  }

  #holding(shard: number, placeOf: (shard: number) => ShardLoad | undefined): Holding | undefined {
    const known = this.#ofShard.get(shard);
    if (known !== undefined) return known;
    const place = placeOf(shard);
    if (place === undefined) return undefined;
    const holding: Holding = { place, weight: 0, ...nothingHeld };
    this.#ofShard.set(shard, holding);
    this.holdings.push(holding);
    return holding;
  }

  #grow(bytes: number): void {
    let weights = 0;
    for (const { weight, place } of this.holdings) if (place.up) weights += weight;
    if (weights === 0) return;
    for (const holding of this.holdings) {
      if (holding.place.up) holding.bytes += (bytes * holding.weight) / weights;
    }
    this.bytes += bytes;
  }

  #shrink(factor: number): void {
    for (const holding of this.holdings) holding.bytes *= factor;
    this.bytes *= factor;
  }

  #move(ageMs: number, stepSeconds: number): void {
    const rate = movedBytesPerSecond(this.job, ageMs);
    if (rate === 0) return;
    const writes = ageMs < this.job.curve.ramp * this.job.lifeMs;
    for (const holding of this.holdings) {
      if (holding.weight === 0 || !holding.place.up) continue;
      const share = rate * holding.weight;
      holding.place.bytesPerSecond += share;
      const bytes = share * stepSeconds;
      if (writes) {
        holding.bytesIn += bytes;
        holding.place.bytesIn += bytes;
      } else {
        holding.bytesOut += bytes;
        holding.place.bytesOut += bytes;
      }
    }
  }
}

const nothingHeld = {
  bytes: 0,
  dramReservedBytes: 0,
  dramBytes: 0,
  ssdBytes: 0,
  objectBytes: 0,
  dramByteSeconds: 0,
  ssdByteSeconds: 0,
  objectByteSeconds: 0,
  bytesIn: 0,
  bytesOut: 0,
  peakBytes: 0,
  objectRequests: 0,
  reportedBytes: 0,
  reportedMoved: 0,
};

/** Whether it is not as it was last reported, as which it counts from now on. */
export function takeChange(holding: Holding): boolean {
  const moved = holding.bytesIn + holding.bytesOut;
  if (holding.bytes === holding.reportedBytes && moved === holding.reportedMoved) return false;
  holding.reportedBytes = holding.bytes;
  holding.reportedMoved = moved;
  return true;
}

/** Slots that have another owner in the second record than in the first. */
export function slotsMoved(before: Pick<JobRecord, 'ranges'>, after: Pick<JobRecord, 'ranges'>): number {
  return slotsIn(movesBetween(before.ranges, after.ranges));
}
