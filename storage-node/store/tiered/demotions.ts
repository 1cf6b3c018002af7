import type { Tier } from '@satchel/proto/core';
import type { Key } from '../key.js';
import type { ObjectMetadata, StoredObject, TierStore } from '../tier-store.js';

/** Values up to this are copied through one buffer that is used again. */
const scratchBytes = 64 * 1024;

/**
 * Moves single objects of one job from dram to its slower tiers. The copy there is shown and the one in dram dropped in the same turn; until then
 * dram answers. If no tier takes the object it stays where it is.
 */
export class Demotions {
  readonly #dram: TierStore;
  readonly #slower: readonly TierStore[];
  #scratch: Buffer | undefined;

  constructor(dram: TierStore, slower: readonly TierStore[]) {
    this.#dram = dram;
    this.#slower = slower;
  }

  /** As {@link TierStore.scan}, of what is in dram. */
  scan(position: number, count: number, visit: (key: Key, object: StoredObject) => void): number {
    return this.#dram.scan(position, count, visit);
  }

  /**
   * Moves one object; answers where it is then, or undefined if it is still in dram or gone. While a promise is pending the key may be read, and
   * nothing stored there. Throws or rejects if a device fails: the object is then still in dram.
   */
  demote(key: Key): Tier | undefined | Promise<Tier | undefined> {
    const object = this.#dram.find(key);
    if (object === undefined) return undefined;
    const length = object.valueLength;
    const metadata = metadataOf(object);
    const value = this.#bufferFor(length);
    // In dram a read is done when it returns.
    void object.read(0, length, value, 0);
    for (const store of this.#slower) {
      const taken = store.put(key, value, 0, length, { ...metadata });
      if (taken === false) continue;
      if (taken !== true) return this.#later(key.copy(), store, taken, length);
      this.#dram.delete(key);
      return store.tier;
    }
    return undefined;
  }

  async #later(key: Key, taker: TierStore, taken: Promise<boolean>, length: number): Promise<Tier | undefined> {
    if (!(await taken)) return undefined;
    const object = this.#dram.find(key);
    if (object === undefined || object.valueLength !== length) {
      // It was removed meanwhile, and must not come back.
      taker.delete(key);
      return undefined;
    }
    taker.updateMetadata(key, metadataOf(object));
    this.#dram.delete(key);
    return taker.tier;
  }

  #bufferFor(length: number): Buffer {
    if (length > scratchBytes) return Buffer.allocUnsafeSlow(length);
    this.#scratch ??= Buffer.allocUnsafeSlow(scratchBytes);
    return this.#scratch;
  }
}

function metadataOf({ createdMs, expiresAtMs, readsLeft, attempt, persist, manifest }: StoredObject): ObjectMetadata {
  return { createdMs, expiresAtMs, readsLeft, attempt, persist, manifest };
}
