import type { Tier } from '@satchel/proto/core';
import type { Key } from '../key.js';
import type { ObjectMetadata, StoredObject, TierStore } from '../tier-store.js';

/** From here on values are moved from where they lie. */
const pinnedBytes = 256 * 1024;

/**
 * Moves single objects of one job from a tier to its slower ones. The copy there is shown and the one here dropped in the same turn; until then this
 * tier answers. If no tier takes the object it stays where it is.
 */
export class Demotions {
  readonly #from: TierStore;
  readonly #slower: readonly TierStore[];

  constructor(from: TierStore, slower: readonly TierStore[]) {
    this.#from = from;
    this.#slower = slower;
  }

  get tier(): Tier {
    return this.#from.tier;
  }

  /** As {@link TierStore.scan}, of what is in this tier. */
  scan(position: number, count: number, visit: (key: Key, object: StoredObject) => void): number {
    return this.#from.scan(position, count, visit);
  }

  /**
   * Moves one object; answers where it is then, or undefined if it is still here or gone. While a promise is pending the key may be read, and
   * nothing stored there. Throws or rejects if a device fails: the object is then still here.
   */
  demote(key: Key): Tier | undefined | Promise<Tier | undefined> {
    const object = this.#from.find(key);
    if (object === undefined) return undefined;
    const length = object.valueLength;
    const own = key.copy();
    const pinned = length >= pinnedBytes ? object.pin?.(0, length) : undefined;
    if (pinned !== undefined) {
      const moved = this.#offer(own, pinned.pieces, length);
      if (moved instanceof Promise) return moved.finally(() => pinned.unpin());
      pinned.unpin();
      return moved;
    }
    const value = Buffer.allocUnsafe(length);
    const reading = object.read(0, length, value, 0);
    return reading === undefined ? this.#offer(own, [value], length) : reading.then(() => this.#offer(own, [value], length));
  }

  #offer(key: Key, pieces: readonly Buffer[], length: number): Tier | undefined | Promise<Tier | undefined> {
    // It may be removed meanwhile, and must not come back then.
    const still = (): ObjectMetadata | undefined => {
      const object = this.#from.find(key);
      return object?.valueLength === length ? metadataOf(object) : undefined;
    };
    for (const store of this.#slower) {
      const taken = store.move?.(key, pieces, length, still) ?? false;
      if (taken === true) return this.#moved(key, store);
      if (taken !== false) return taken.then((shown) => (shown ? this.#moved(key, store) : undefined));
    }
    return undefined;
  }

  #moved(key: Key, taker: TierStore): Tier {
    this.#from.delete(key);
    return taker.tier;
  }
}

function metadataOf({ createdMs, expiresAtMs, readsLeft, attempt, persist, manifest }: StoredObject): ObjectMetadata {
  return { createdMs, expiresAtMs, readsLeft, attempt, persist, manifest };
}
