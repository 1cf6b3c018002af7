import { SatchelError } from '@satchel/proto/core';
import type { Key } from '../store/key.js';
import { objectCharge } from '../store/tier-store.js';

/** Failed keys a job may have on one shard. */
export const failuresPerJob = 100_000;

/** Keys that SATCHEL.FAIL marked, with the reason their readers get. The job charges each like an object. */
export class Failures {
  readonly #reasons = new Map<string, string>();

  get size(): number {
    return this.#reasons.size;
  }

  get full(): boolean {
    return this.#reasons.size >= failuresPerJob;
  }

  /** The error that readers of the key get, if it failed. */
  errorOf(key: Key): SatchelError | undefined {
    const reason = this.#reasons.get(key.toString());
    return reason === undefined ? undefined : new SatchelError('failed', reason);
  }

  /** The failed keys, as one latin1 character per byte. */
  keys(): Iterable<string> {
    return this.#reasons.keys();
  }

  /** What the key's failure is charged; 0 if it has none. */
  chargeOf(key: Key): number {
    const reason = this.#reasons.get(key.toString());
    return reason === undefined ? 0 : failureCharge(key, reason);
  }

  set(key: Key, reason: string): void {
    this.#reasons.set(key.toString(), reason);
  }

  /** Forgets the failure of a key; returns the charge that is freed. */
  delete(key: Key): number {
    const charge = this.chargeOf(key);
    if (charge > 0) this.#reasons.delete(key.toString());
    return charge;
  }

  /** Forgets the failures of all keys under a prefix (one latin1 character per byte); returns the charge that is freed. */
  deletePrefix(prefix: string): number {
    let freed = 0;
    for (const [key, reason] of this.#reasons) {
      if (!key.startsWith(prefix)) continue;
      freed += objectCharge(key.length, Buffer.byteLength(reason));
      this.#reasons.delete(key);
    }
    return freed;
  }
}

/** What a failure counts against the quota. */
export function failureCharge(key: Key, reason: string): number {
  return objectCharge(key.length, Buffer.byteLength(reason));
}
