import { type Clock, limits, SatchelError, slotOf } from '@satchel/proto/core';
import type { Key } from '../store/key.js';
import { type Deadline, Deadlines } from './deadlines.js';
import type { StripedValue } from './striping/striped-value.js';

/** Counts the waits of all jobs of a shard, so that limits.shardWaits bounds them together. */
export interface WaitCount {
  count: number;
}

/**
 * How a wait ended: the value (shared by several waiters, not to be changed) or, if it is striped, what is needed to fetch it, nothing on
 * time-out, or an error.
 */
export type WaitOutcome = Buffer | StripedValue | undefined | SatchelError;

/** A wait under way. */
export interface Wait {
  /** Ends the wait without an outcome. Idempotent. */
  cancel(): void;
}

class Waiter implements Wait, Deadline {
  place = -1;
  done = false;
  readonly key: string;
  readonly atMs: number;
  readonly #waits: Waits;
  readonly #settle: (outcome: WaitOutcome) => void;

  constructor(waits: Waits, key: string, atMs: number, settle: (outcome: WaitOutcome) => void) {
    this.#waits = waits;
    this.key = key;
    this.atMs = atMs;
    this.#settle = settle;
  }

  due(): void {
    this.end(undefined);
  }

  end(outcome: WaitOutcome): void {
    if (this.done) return;
    this.cancel();
    this.#settle(outcome);
  }

  cancel(): void {
    if (this.done) return;
    this.done = true;
    this.#waits.forget(this);
  }
}

/** The waits for keys of one job. A put hands its value to them; one timer serves all their time-outs. */
export class Waits {
  /** In order of arrival per key. */
  readonly #byKey = new Map<string, Set<Waiter>>();
  readonly #deadlines: Deadlines;
  readonly #clock: Clock;
  readonly #shardWaits: WaitCount;
  /** Waits that are not for a key, such as those for a count: ended with the job and counted, nothing more. */
  readonly #others = new Set<Waiter>();

  constructor(clock: Clock, shardWaits: WaitCount) {
    this.#clock = clock;
    this.#shardWaits = shardWaits;
    this.#deadlines = new Deadlines(clock);
  }

  /** Keys that are waited for; zero: a put need not ask. */
  get size(): number {
    return this.#byKey.size;
  }

  /** Waits under way. */
  get pending(): number {
    return [...this.#byKey.values()].reduce((sum, waiters) => sum + waiters.size, this.#others.size);
  }

  has(key: Key): boolean {
    return this.#byKey.has(key.toString());
  }

  /**
   * Waits for a key until `timeoutMs` have passed (0: for ever). `settle` is called once unless the wait is cancelled. Without a
   * key it waits for nothing but time-out or the job's end. Throws `out-of-memory` at limits.shardWaits.
   */
  add(key: Key | undefined, timeoutMs: number, settle: (outcome: WaitOutcome) => void): Wait {
    if (this.#shardWaits.count >= limits.shardWaits) {
      throw new SatchelError(
        'out-of-memory',
        `the shard has ${limits.shardWaits} waits under way, its limit; wait for fewer keys`,
      );
    }
    const atMs = timeoutMs === 0 ? Number.POSITIVE_INFINITY : this.#clock.now() + timeoutMs;
    const waiter = new Waiter(this, key?.toString() ?? '', atMs, settle);
    this.#shardWaits.count++;
    if (key === undefined) this.#others.add(waiter);
    else this.#waitersOf(waiter.key).add(waiter);
    if (timeoutMs !== 0) this.#deadlines.add(waiter);
    return waiter;
  }

  /** Hands a value to the waiters of its key, first come first served, to `most` of them; returns how many got it. */
  deliver(key: Key, value: Buffer | StripedValue, most: number): number {
    let served = 0;
    for (const waiter of [...(this.#byKey.get(key.toString()) ?? [])]) {
      if (served === most) break;
      // A waiter that was cancelled by what an earlier one did takes nothing.
      if (waiter.done) continue;
      served++;
      waiter.end(value);
    }
    return served;
  }

  /** Ends all waits for a key with an error. */
  fail(key: Key, error: SatchelError): void {
    for (const waiter of [...(this.#byKey.get(key.toString()) ?? [])]) waiter.end(error);
  }

  /** Ends the waits for keys, in latin1, for which `why` names an error. */
  endKeys(why: (key: string) => SatchelError | undefined): void {
    for (const [key, waiters] of [...this.#byKey]) {
      const error = why(key);
      if (error !== undefined) for (const waiter of [...waiters]) waiter.end(error);
    }
  }

  /** Ends the waits for keys of slots for which `why` names an error. */
  endThose(why: (slot: number) => SatchelError | undefined): void {
    this.endKeys((key) => why(slotOf(Buffer.from(key, 'latin1'))));
  }

  /** Ends all waits with an error. */
  end(error: SatchelError): void {
    const all = [...this.#others];
    for (const waiters of this.#byKey.values()) all.push(...waiters);
    for (const waiter of all) waiter.end(error);
    this.#deadlines.clear();
  }

  /** Part of {@link Waiter}. */
  forget(waiter: Waiter): void {
    this.#shardWaits.count--;
    this.#deadlines.remove(waiter);
    if (this.#others.delete(waiter)) return;
    const waiters = this.#byKey.get(waiter.key);
    waiters?.delete(waiter);
    if (waiters?.size === 0) this.#byKey.delete(waiter.key);
  }

  #waitersOf(key: string): Set<Waiter> {
    const present = this.#byKey.get(key);
    if (present !== undefined) return present;
    const waiters = new Set<Waiter>();
    this.#byKey.set(key, waiters);
    return waiters;
  }
}
