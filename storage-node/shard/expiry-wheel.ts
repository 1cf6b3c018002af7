import type { Clock } from '@satchel/proto/core';
import { type Deadline, Deadlines } from './deadlines.js';
import { inSlices } from './slices.js';

/** Expired objects give their bytes back about this long after their time if nobody asks for them. */
const bucketMs = 500;

interface Bucket extends Deadline {
  /** Number of objects by key hash. */
  readonly hashes: Map<number, number>;
}

/**
 * When objects expire, in buckets of half a second that hold key hashes only: some 20 bytes per object, and nothing runs
 * when no object has a time to live.
 */
export class ExpiryWheel {
  readonly #buckets = new Map<number, Bucket>();
  readonly #deadlines: Deadlines;
  readonly #clock: Clock;
  readonly #expire: (hash: number) => void;
  #stopped = false;

  /** `expire` removes what has expired among the keys of a hash. */
  constructor(clock: Clock, expire: (hash: number) => void) {
    this.#clock = clock;
    this.#deadlines = new Deadlines(clock);
    this.#expire = expire;
  }

  /** Buckets that wait for their time. */
  get size(): number {
    return this.#buckets.size;
  }

  /** An object of this key hash expires then. */
  add(hash: number, expiresAtMs: number): void {
    const number = Math.ceil(expiresAtMs / bucketMs);
    const bucket = this.#buckets.get(number) ?? this.#open(number);
    bucket.hashes.set(hash | 0, (bucket.hashes.get(hash | 0) ?? 0) + 1);
  }

  /** Takes back an `add`. */
  remove(hash: number, expiresAtMs: number): void {
    const number = Math.ceil(expiresAtMs / bucketMs);
    const bucket = this.#buckets.get(number);
    const objects = bucket?.hashes.get(hash | 0);
    if (bucket === undefined || objects === undefined) return;
    if (objects > 1) bucket.hashes.set(hash | 0, objects - 1);
    else bucket.hashes.delete(hash | 0);
    if (bucket.hashes.size > 0) return;
    this.#buckets.delete(number);
    this.#deadlines.remove(bucket);
  }

  /** Tries again later: an expired object is in use. */
  postpone(hash: number): void {
    this.add(hash, this.#clock.now() + bucketMs);
  }

  /** Forgets everything. */
  clear(): void {
    this.#buckets.clear();
    this.#deadlines.clear();
  }

  /** Forgets everything and sweeps no more. */
  stop(): void {
    this.#stopped = true;
    this.clear();
  }

  #open(number: number): Bucket {
    const bucket: Bucket = {
      hashes: new Map(),
      atMs: number * bucketMs,
      place: -1,
      due: () => {
        this.#buckets.delete(number);
        this.#sweep(bucket.hashes);
      },
    };
    this.#buckets.set(number, bucket);
    this.#deadlines.add(bucket);
    return bucket;
  }

  #sweep(hashes: Map<number, number>): void {
    const remaining = hashes.keys();
    void inSlices(() => {
      const next = remaining.next();
      if (next.done || this.#stopped) return true;
      this.#expireOrPostpone(next.value >>> 0);
      return false;
    });
  }

  #expireOrPostpone(hash: number): void {
    try {
      this.#expire(hash);
    } catch {
      // A disk that fails now fails the commands that need it; here the only loss is time.
      this.postpone(hash);
    }
  }
}
