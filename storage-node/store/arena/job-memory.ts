import type { Reservation } from '../reservations.js';
import type { ChargeAccount } from './arena-contents.js';
import type { JobSegments, Published, Segment } from './segment-source.js';

/** The budget of all jobs together. */
export interface Budget {
  readonly availableBytes: number;
  /** Adds to what is lent, or subtracts. */
  account(bytes: number, segments: number): void;
  charge(bytes: number): boolean;
}

/** The memory of one job, within the budget of all. */
export class JobMemory implements ChargeAccount {
  private readonly budget: Budget;
  private readonly segments: JobSegments;
  private readonly reservation: Reservation;
  private lentBytes = 0;
  private lent = 0;

  constructor(budget: Budget, segments: JobSegments, reservation: Reservation) {
    this.budget = budget;
    this.segments = segments;
    this.reservation = reservation;
  }

  get published(): Published {
    return this.segments.published;
  }

  get availableBytes(): number {
    return this.reservation.availableOf(this.budget.availableBytes);
  }

  take(bytes: number): Segment | undefined {
    return bytes <= this.availableBytes ? this.taken(this.segments.take(bytes)) : undefined;
  }

  takeRoot(bytes: number): Segment | undefined {
    return bytes <= this.availableBytes ? this.taken(this.segments.takeRoot(bytes)) : undefined;
  }

  growRoot(root: Segment, bytes: number): Segment | undefined {
    const more = bytes - root.memory.byteLength;
    const grown = more <= this.availableBytes ? this.segments.growRoot(root, bytes) : undefined;
    if (grown) this.account(more, 0);
    return grown;
  }

  release(segment: Segment): void {
    this.account(-segment.memory.byteLength, -1);
    this.segments.release(segment);
  }

  end(): void {
    this.account(-this.lentBytes, -this.lent);
    this.segments.end();
  }

  charge(bytes: number): boolean {
    return this.budget.charge(bytes);
  }

  private taken(segment: Segment | undefined): Segment | undefined {
    if (segment) this.account(segment.memory.byteLength, 1);
    return segment;
  }

  private account(bytes: number, segments: number): void {
    this.lentBytes += bytes;
    this.lent += segments;
    this.reservation.hold(bytes);
    this.budget.account(bytes, segments);
  }
}
