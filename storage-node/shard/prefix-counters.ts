import type { Key } from '../store/key.js';
import { scanEnd } from '../store/tier-store.js';
import { inSlices } from './slices.js';

/** Number of objects under a prefix, kept up to date from when it was opened until it is closed. */
export interface PrefixCounter {
  /** One latin1 character per byte. */
  readonly prefix: string;
  /** Right once `ready` has settled. */
  readonly count: number;
  /** Nothing if the objects that were there are counted already. Rejects if they cannot be. */
  readonly ready: void | Promise<void>;
  /** Called after each change of the count, once it is ready. Returns what unregisters. */
  onChange(listener: () => void): () => void;
}

/**
 * Visits keys from `position` (a key hash) on, in ascending order of hash and all of one hash together; returns the position to
 * go on from, or scanEnd.
 */
export type VisitKeys = (position: number, visit: (key: Key) => void) => number;

class Counter implements PrefixCounter {
  count = 0;
  /** Keys of smaller hash are in the count, and changes to them count; the others will be visited. */
  position = 0;
  users = 1;
  ready: void | Promise<void> = undefined;
  readonly prefix: string;
  readonly prefixBytes: Buffer;
  readonly listeners = new Set<() => void>();

  constructor(prefix: string) {
    this.prefix = prefix;
    this.prefixBytes = Buffer.from(prefix, 'latin1');
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  change(delta: number): void {
    this.count += delta;
    if (this.position < scanEnd) return;
    for (const listener of [...this.listeners]) listener();
  }
}

/**
 * Counts objects by prefix: the objects there at first in slices, in order of key hash, and meanwhile and afterwards by what is
 * created and removed. So a count is exact at every moment once it is ready, and nobody polls.
 */
export class PrefixCounters {
  readonly #counters = new Map<string, Counter>();
  /** How many counters have a prefix of each length: a change looks up one prefix per length. */
  readonly #lengths = new Map<number, number>();
  readonly #visitKeys: VisitKeys;
  /** Whether a key does not count. */
  readonly #hides: (key: Key) => boolean;

  constructor(visitKeys: VisitKeys, hides: (key: Key) => boolean = () => false) {
    this.#visitKeys = visitKeys;
    this.#hides = hides;
  }

  /** Zero: changes need not be reported. */
  get size(): number {
    return this.#counters.size;
  }

  /** Begins to count; to be given back by `close`. */
  open(prefix: string): PrefixCounter {
    const present = this.#counters.get(prefix);
    if (present !== undefined) {
      present.users++;
      return present;
    }
    const counter = new Counter(prefix);
    this.#counters.set(prefix, counter);
    this.#lengths.set(prefix.length, (this.#lengths.get(prefix.length) ?? 0) + 1);
    counter.ready = inSlices(() => this.#visitSome(counter));
    return counter;
  }

  close(opened: PrefixCounter): void {
    const counter = this.#counters.get(opened.prefix);
    if (counter === undefined || counter !== opened || --counter.users > 0) return;
    this.#counters.delete(counter.prefix);
    const sameLength = (this.#lengths.get(counter.prefix.length) ?? 0) - 1;
    if (sameLength === 0) this.#lengths.delete(counter.prefix.length);
    else this.#lengths.set(counter.prefix.length, sameLength);
  }

  /** Other keys count from now on: who wants to go on has to open a counter anew. */
  forget(): void {
    this.#counters.clear();
    this.#lengths.clear();
  }

  /** An object was created (1) or removed (-1). */
  changed(key: Key, delta: 1 | -1): void {
    if (this.#hides(key)) return;
    const text = key.toString();
    for (const length of [...this.#lengths.keys()]) {
      if (length > text.length) continue;
      const counter = this.#counters.get(text.slice(0, length));
      if (counter !== undefined && key.hash < counter.position) counter.change(delta);
    }
  }

  /** Every object was removed. */
  cleared(): void {
    for (const counter of [...this.#counters.values()]) counter.change(-counter.count);
  }

  #visitSome(counter: Counter): boolean {
    if (counter.users === 0) return true;
    counter.position = this.#visitKeys(counter.position, (key) => {
      if (key.hasPrefix(counter.prefixBytes)) counter.count++;
    });
    return counter.position >= scanEnd;
  }
}
