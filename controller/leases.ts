import type { Clock } from '@satchel/proto/core';
import { MinHeap } from './heap.js';

/** How often lapsed leases are looked for. */
const tickMs = 250;
/** A tick later than this counts as this much: the controller was stopped or starved and could not have heard a renewal. */
const longestStepMs = 1000;
/** A warning is given when this part of the lease is left: who renews after a third of it has missed two renewals by then. */
const warnedPart = 1 / 3;

interface Lease {
  leaseMs: number;
  /** In lived milliseconds. */
  deadline: number;
  warned: boolean;
  /** Key of the lease's entry in the heap that counts; others are left over. */
  queued: number;
}

/** What is told of leases. */
export interface LeaseListener {
  /** A third of the lease is left. Once between two renewals. */
  warned?(key: string, expiresMs: number): void;
  /** The lease was not renewed in time, and is gone. */
  lapsed(key: string): void;
}

/**
 * Leases on one timer, of jobs or of stages. Time is counted only while the controller is there to hear renewals: a process that was
 * stopped, a machine that slept or a clock that jumped lapses nothing.
 *
 * Renewing costs O(1): the heap holds one entry per lease with a time no later than when something is due, corrected when it comes up.
 */
export class LeaseTable {
  readonly #clock: Clock;
  readonly #listener: LeaseListener;
  readonly #leases = new Map<string, Lease>();
  #heap = new MinHeap<string>();
  #livedMs = 0;
  #tickedMs: number;
  #cancel: () => void;

  constructor(clock: Clock, listener: LeaseListener) {
    this.#clock = clock;
    this.#listener = listener;
    this.#tickedMs = clock.now();
    this.#cancel = clock.after(tickMs, this.#tick);
  }

  /** Starts or renews a lease: it lapses `leaseMs` from now. Returns when that is, in milliseconds since the epoch. */
  grant(key: string, leaseMs: number): number {
    const deadline = this.#lived() + leaseMs;
    const lease = this.#leases.get(key);
    if (lease === undefined) this.#queue(key, this.#add(key, leaseMs, deadline));
    else {
      lease.leaseMs = leaseMs;
      lease.deadline = deadline;
      lease.warned = false;
      if (dueAt(lease) < lease.queued) this.#queue(key, lease);
    }
    return this.#clock.now() + leaseMs;
  }

  /** When the lease lapses, in milliseconds since the epoch; undefined if there is none. */
  expiresMs(key: string): number | undefined {
    const lease = this.#leases.get(key);
    return lease === undefined ? undefined : this.#clock.now() + lease.deadline - this.#lived();
  }

  /** Ends a lease without telling anybody. */
  drop(key: string): void {
    this.#leases.delete(key);
    if (this.#heap.size > 2 * this.#leases.size + 1000) this.#compact();
  }

  close(): void {
    this.#cancel();
  }

  #add(key: string, leaseMs: number, deadline: number): Lease {
    const lease = { leaseMs, deadline, warned: false, queued: 0 };
    this.#leases.set(key, lease);
    return lease;
  }

  #queue(key: string, lease: Lease): void {
    lease.queued = dueAt(lease);
    this.#heap.push(lease.queued, key);
  }

  #lived(): number {
    return this.#livedMs + Math.max(0, Math.min(longestStepMs, this.#clock.now() - this.#tickedMs));
  }

  readonly #tick = (): void => {
    this.#livedMs = this.#lived();
    this.#tickedMs = this.#clock.now();
    this.#cancel = this.#clock.after(tickMs, this.#tick);
    for (let key = this.#heap.popUpTo(this.#livedMs); key !== undefined; key = this.#heap.popUpTo(this.#livedMs)) {
      const lease = this.#leases.get(key);
      // An entry of an earlier lease of this key, or of one that was due sooner since.
      if (lease !== undefined && lease.queued <= this.#livedMs) this.#judge(key, lease);
    }
  };

  #judge(key: string, lease: Lease): void {
    if (lease.deadline <= this.#livedMs) {
      this.#leases.delete(key);
      this.#listener.lapsed(key);
      return;
    }
    const warns = !lease.warned && dueAt(lease) <= this.#livedMs;
    if (warns) lease.warned = true;
    this.#queue(key, lease);
    if (warns) this.#listener.warned?.(key, this.#clock.now() + lease.deadline - this.#livedMs);
  }

  /** Leaves out entries of leases that are gone. */
  #compact(): void {
    this.#heap = new MinHeap();
    for (const [key, lease] of this.#leases) this.#queue(key, lease);
  }
}

/** When something is to be done about a lease next: a warning, else its end. */
function dueAt({ leaseMs, deadline, warned }: Lease): number {
  return warned ? deadline : deadline - leaseMs * warnedPart;
}
