import type { Tier } from '@satchel/proto/core';
import type { Key } from '../../store/key.js';
import { MapStore } from '../../store/testing/map-store.js';
import type { ObjectMetadata, StoredObject, StoreUsage, TierStore } from '../../store/tier-store.js';

/** A tier that waits for a device: puts and reads settle when the test says, or in a later turn. */
export class SlowStore implements TierStore {
  readonly tier: Tier = 'object';
  readonly #map: MapStore;
  #held: (() => void)[] | undefined;
  /** The next puts and reads reject with this. */
  failure: Error | undefined;

  constructor(budgetBytes: number) {
    this.#map = new MapStore('object', budgetBytes);
  }

  /** From now on operations wait for `release`. */
  hold(): void {
    this.#held ??= [];
  }

  /** Lets the operations held, and later ones, go on. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const go of held) go();
  }

  /** Operations that wait for `release`. */
  get heldOperations(): number {
    return this.#held?.length ?? 0;
  }

  get usage(): StoreUsage {
    return this.#map.usage;
  }

  find(key: Key): StoredObject | undefined {
    const object = this.#map.find(key);
    if (object === undefined) return undefined;
    const read = async (from: number, to: number, target: Buffer, targetStart: number): Promise<void> => {
      await this.#device();
      object.read(from, to, target, targetStart);
    };
    return { ...object, read };
  }

  async put(key: Key, value: Buffer, start: number, end: number, metadata: ObjectMetadata): Promise<boolean> {
    const own = { key: key.copy(), value: Buffer.from(value.subarray(start, end)) };
    await this.#device();
    return this.#map.put(own.key, own.value, 0, own.value.length, metadata);
  }

  async move(
    key: Key,
    pieces: readonly Buffer[],
    valueLength: number,
    metadata: () => ObjectMetadata | undefined,
  ): Promise<boolean> {
    const own = key.copy();
    await this.#device();
    return this.#map.move(own, pieces, valueLength, metadata);
  }

  updateMetadata(key: Key, changes: Partial<ObjectMetadata>): boolean {
    return this.#map.updateMetadata(key, changes);
  }

  delete(key: Key): boolean {
    return this.#map.delete(key);
  }

  scan(position: number, count: number, visit: (key: Key, object: StoredObject) => void): number {
    return this.#map.scan(position, count, visit);
  }

  clear(): void {
    this.#map.clear();
  }

  flush(): void {}

  destroy(): Promise<void> {
    return this.#map.destroy();
  }

  async #device(): Promise<void> {
    const held = this.#held;
    await new Promise<void>((resolve) => (held === undefined ? setImmediate(resolve) : held.push(resolve)));
    if (this.failure !== undefined) throw this.failure;
  }
}
