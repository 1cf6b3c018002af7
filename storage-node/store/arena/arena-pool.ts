import { type Reservation, Reservations } from '../reservations.js';
import type { ChargeAccount } from './arena-contents.js';
import { ArenaStore } from './arena-store.js';
import { Geometry } from './geometry.js';
import { JobMemory } from './job-memory.js';
import { PrivateSegmentSource, type SegmentSource } from './segment-source.js';

export interface ArenaPoolOptions {
  /** Bytes of segments all jobs together may reserve, index included. */
  readonly budgetBytes: number;
  /** Largest segment, a power of two; default {@link defaultSegmentBytes}. */
  readonly segmentBytes?: number;
  /** Smallest span a job takes for anything, a power of two; default 8 KiB. */
  readonly unitBytes?: number;
  /** Where segments come from; default: this process's own memory. */
  readonly source?: SegmentSource;
}

export interface ArenaPoolUsage {
  /** Bytes lent to jobs. */
  readonly reservedBytes: number;
  readonly budgetBytes: number;
  /** Segments lent to jobs, roots and directories of indexes included. */
  readonly segments: number;
  /** Stores opened and not yet destroyed. */
  readonly stores: number;
}

const defaultUnitBytes = 8192;
/** Each segment is a mapping of its own, of which a process may have some 65,000: a pool has up to this many of full size. */
const mostSegments = 4096;

/** A shard's DRAM: lends segments to its jobs' stores within one budget. */
export class ArenaPool {
  readonly budgetBytes: number;
  /** What jobs have reserved. */
  readonly reservations = new Reservations();
  private readonly geometry: Geometry;
  private readonly source: SegmentSource;
  private reservedBytes = 0;
  private chargedBytes = 0;
  private segments = 0;
  private stores = 0;

  constructor({ budgetBytes, segmentBytes, unitBytes = defaultUnitBytes, source }: ArenaPoolOptions) {
    this.budgetBytes = budgetBytes;
    this.geometry = new Geometry({ unitBytes, segmentBytes: segmentBytes ?? defaultSegmentBytes(budgetBytes, unitBytes) });
    this.source = source ?? new PrivateSegmentSource(this.geometry.segmentBytes);
    this.source.available?.(this.availableBytes);
  }

  get usage(): ArenaPoolUsage {
    const { reservedBytes, budgetBytes, segments, stores } = this;
    return { reservedBytes, budgetBytes, segments, stores };
  }

  get availableBytes(): number {
    return this.budgetBytes - this.reservedBytes;
  }

  /** What is promised to those who reserved it and is not free, as memory or as charge: others hold it. */
  get missingBytes(): number {
    const { budgetBytes, reservedBytes, chargedBytes } = this;
    return Math.max(0, this.reservations.promisedBytes - budgetBytes + Math.max(reservedBytes, chargedBytes));
  }

  /** A store for one job; destroying it gives back all it took. One with the job's name may be shared with other processes. */
  open(job?: string): ArenaStore {
    this.stores++;
    const reservation = this.reservations.open();
    const lend = () => this.lend(job, reservation);
    return new ArenaStore(this.geometry, lend, reservation, () => this.stores--);
  }

  private lend(job: string | undefined, reservation: Reservation): ChargeAccount {
    return new JobMemory(this, this.source.open(job), reservation);
  }

  /** For jobs' memory: changes what is lent. */
  account(bytes: number, segments: number): void {
    this.reservedBytes += bytes;
    this.segments += segments;
    this.source.available?.(this.availableBytes);
  }

  /** For stores: keeps the sum of objects' charges within the budget too, since tiny objects take less than they are charged. */
  charge(bytes: number): boolean {
    if (bytes > 0 && this.chargedBytes + bytes > this.budgetBytes) return false;
    this.chargedBytes += bytes;
    return true;
  }
}

const mebibyte = 1024 * 1024;

/**
 * 2 MiB, which is a large page; half of that for a budget below 128 MiB, of which a few segments of slack are much, and about 1/16 of one below
 * 16 MiB; more for a budget of many segments.
 */
export function defaultSegmentBytes(budgetBytes: number, unitBytes = defaultUnitBytes): number {
  const sixteenth = 2 ** Math.floor(Math.log2(Math.max(1, budgetBytes / 16)));
  const share = 2 ** Math.ceil(Math.log2(Math.max(1, budgetBytes / mostSegments)));
  return Math.max(unitBytes * 8, share, Math.min((budgetBytes < 128 * mebibyte ? 1 : 2) * mebibyte, sixteenth));
}
