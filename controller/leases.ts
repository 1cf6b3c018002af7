import type { Clock } from '@satchel/proto/core';
import { MinHeap } from './heap.js';

/** How often lapsed leases are looked for. */
const tickMs = 250;
/** A tick later than this counts as this much: the controller was stopped or starved and could not have heard a renewal. */
const longestStepMs = 1000;

/**
 * Leases of all jobs on one timer. Time is counted only while the controller is there to hear renewals: a process that was
 * stopped, a machine that slept or a clock that jumped lapses nothing.
 *
 * Renewing costs O(1): the heap holds one entry per job with a deadline no later than the true one, corrected when it comes up.
 */
export class LeaseTable {
  readonly #clock: Clock;
  readonly #lapsed: (job: string) => void;
  /** Deadlines in lived milliseconds. */
  readonly #deadlines = new Map<string, number>();
  #heap = new MinHeap<string>();
  #livedMs = 0;
  #tickedMs: number;
  #cancel: () => void;

  /** Calls `lapsed` once for each lease that was not renewed in time; the lease is gone by then. */
  constructor(clock: Clock, lapsed: (job: string) => void) {
    this.#clock = clock;
    this.#lapsed = lapsed;
    this.#tickedMs = clock.now();
    this.#cancel = clock.after(tickMs, this.#tick);
  }

  /** Starts or renews a lease: it lapses `leaseMs` from now. Returns when that is, in milliseconds since the epoch. */
  grant(job: string, leaseMs: number): number {
    const deadline = this.#lived() + leaseMs;
    if (!this.#deadlines.has(job)) this.#heap.push(deadline, job);
    this.#deadlines.set(job, deadline);
    return this.#clock.now() + leaseMs;
  }

  /** When the lease lapses, in milliseconds since the epoch; undefined if the job has none. */
  expiresMs(job: string): number | undefined {
    const deadline = this.#deadlines.get(job);
    return deadline === undefined ? undefined : this.#clock.now() + deadline - this.#lived();
  }

  /** Ends a lease without calling `lapsed`. */
  drop(job: string): void {
    this.#deadlines.delete(job);
    if (this.#heap.size > 2 * this.#deadlines.size + 1000) this.#compact();
  }

  close(): void {
    this.#cancel();
  }

  #lived(): number {
    return this.#livedMs + Math.max(0, Math.min(longestStepMs, this.#clock.now() - this.#tickedMs));
  }

  readonly #tick = (): void => {
    this.#livedMs = this.#lived();
    this.#tickedMs = this.#clock.now();
    this.#cancel = this.#clock.after(tickMs, this.#tick);
    for (let job = this.#heap.popUpTo(this.#livedMs); job !== undefined; job = this.#heap.popUpTo(this.#livedMs)) {
      const deadline = this.#deadlines.get(job);
      if (deadline === undefined) continue;
      if (deadline > this.#livedMs) this.#heap.push(deadline, job);
      else {
        this.#deadlines.delete(job);
        this.#lapsed(job);
      }
    }
  };

  /** Leaves out entries of jobs whose leases are gone. */
  #compact(): void {
    this.#heap = new MinHeap();
    for (const [job, deadline] of this.#deadlines) this.#heap.push(deadline, job);
  }
}
