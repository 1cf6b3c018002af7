import type { ChargeAccount } from './arena-contents.js';
import { ArenaStore } from './arena-store.js';
import { Geometry } from './geometry.js';
import { PrivateSegmentSource, type Segment, type SegmentSource } from './segment-source.js';

export interface ArenaPoolOptions {
  /** Bytes of segments all jobs together may reserve, index included. */
  readonly budgetBytes: number;
  /** Largest segment, a power of two; default 1 MiB, or about 1/16 of a budget below 16 MiB. */
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
  /** Segments lent to jobs, directories of indexes included. */
  readonly segments: number;
  /** Stores opened and not yet destroyed. */
  readonly stores: number;
}

/** A shard's DRAM: lends segments to its jobs' stores within one budget. */
export class ArenaPool implements ChargeAccount {
  readonly budgetBytes: number;
  private readonly geometry: Geometry;
  private readonly source: SegmentSource;
  private reservedBytes = 0;
  private chargedBytes = 0;
  private segments = 0;
  private stores = 0;

  constructor({ budgetBytes, segmentBytes, unitBytes = 8192, source }: ArenaPoolOptions) {
    this.budgetBytes = budgetBytes;
    this.geometry = new Geometry({ unitBytes, segmentBytes: segmentBytes ?? defaultSegmentBytes(budgetBytes, unitBytes) });
    this.source = source ?? new PrivateSegmentSource(this.geometry.segmentBytes);
  }

  get usage(): ArenaPoolUsage {
    const { reservedBytes, budgetBytes, segments, stores } = this;
    return { reservedBytes, budgetBytes, segments, stores };
  }

  get availableBytes(): number {
    return this.budgetBytes - this.reservedBytes;
  }

  /** A store for one job; destroying it gives back all it took. */
  open(): ArenaStore {
    this.stores++;
    return new ArenaStore(this.geometry, this, () => this.stores--);
  }

  /** For stores: a segment within the budget, or undefined. */
  take(bytes: number): Segment | undefined {
    const segment = bytes <= this.availableBytes ? this.source.take(bytes) : undefined;
    if (segment) {
      this.reservedBytes += bytes;
      this.segments++;
    }
    return segment;
  }

  /** For stores: gives a segment back. */
  release(segment: Segment): void {
    this.reservedBytes -= segment.memory.byteLength;
    this.segments--;
    this.source.release(segment);
  }

  /** For stores: keeps the sum of objects' charges within the budget too, since tiny objects take less than they are charged. */
  charge(bytes: number): boolean {
    if (bytes > 0 && this.chargedBytes + bytes > this.budgetBytes) return false;
    this.chargedBytes += bytes;
    return true;
  }
}

function defaultSegmentBytes(budgetBytes: number, unitBytes: number): number {
  const sixteenth = 2 ** Math.floor(Math.log2(Math.max(1, budgetBytes / 16)));
  return Math.max(unitBytes * 8, Math.min(1024 * 1024, sixteenth));
}
