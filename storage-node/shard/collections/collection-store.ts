import type { Key } from '../../store/key.js';
import { type ObjectMetadata, type StoredObject, type StoreUsage, scanEnd, type TierStore } from '../../store/tier-store.js';
import type { Collection } from './collection.js';
import type { HeapSpace } from './heap-space.js';

const bucketBits = 12;
const bucketWidth = 2 ** (32 - bucketBits);

/**
 * The lists and sets of one job on one shard, by key and in order of key hash: a tier that takes no strings. What is removed gives
 * back its heap space.
 */
export class CollectionStore implements TierStore {
  readonly tier = 'dram';
  readonly #byKey = new Map<string, Collection>();
  /** By the first bits of the key's hash, for `scan`. */
  readonly #buckets: (Set<Collection> | undefined)[] = new Array(2 ** bucketBits).fill(undefined);
  readonly #heap: HeapSpace;
  #usedBytes = 0;

  constructor(heap: HeapSpace) {
    this.#heap = heap;
  }

  get size(): number {
    return this.#byKey.size;
  }

  get usage(): StoreUsage {
    return { objects: this.#byKey.size, usedBytes: this.#usedBytes, reservedBytes: this.#usedBytes };
  }

  put(): boolean {
    return false;
  }

  find(key: Key): Collection | undefined {
    return this.#byKey.size === 0 ? undefined : this.#byKey.get(key.toString());
  }

  /** Takes up a collection whose heap space was taken. */
  add(collection: Collection): void {
    this.#byKey.set(collection.key.toString(), collection);
    const bucket = Math.floor(collection.key.hash / bucketWidth);
    this.#buckets[bucket] ??= new Set();
    this.#buckets[bucket].add(collection);
    this.#usedBytes += collection.charge;
  }

  /** Notes that a collection is charged more or, with its heap space given back, less. */
  resized(collection: Collection, deltaBytes: number): void {
    collection.elementBytes += deltaBytes;
    this.#usedBytes += deltaBytes;
    if (deltaBytes < 0) this.#heap.release(-deltaBytes);
  }

  /** Removes a collection, but not its heap space. */
  detach(collection: Collection): void {
    this.#byKey.delete(collection.key.toString());
    const bucket = Math.floor(collection.key.hash / bucketWidth);
    const members = this.#buckets[bucket];
    members?.delete(collection);
    if (members?.size === 0) this.#buckets[bucket] = undefined;
    this.#usedBytes -= collection.charge;
  }

  delete(key: Key): boolean {
    const collection = this.find(key);
    if (collection === undefined) return false;
    this.detach(collection);
    this.#heap.release(collection.charge);
    return true;
  }

  updateMetadata(key: Key, changes: Partial<ObjectMetadata>): boolean {
    const collection = this.find(key);
    collection?.change(changes);
    return collection !== undefined;
  }

  scan(position: number, count: number, visit: (key: Key, object: StoredObject) => void): number {
    if (this.#byKey.size === 0) return scanEnd;
    let visited = 0;
    for (let bucket = Math.floor(position / bucketWidth); bucket < this.#buckets.length; bucket++) {
      const found = [...(this.#buckets[bucket] ?? [])].filter(({ key }) => key.hash >= position);
      found.sort((left, right) => left.key.hash - right.key.hash);
      for (const [index, collection] of found.entries()) {
        const { hash } = collection.key;
        if (visited >= count && found[index - 1]?.key.hash !== hash) return hash;
        visited++;
        visit(collection.key, collection);
      }
    }
    return scanEnd;
  }

  flush(): void {}

  async destroy(): Promise<void> {
    this.clear();
  }

  clear(): void {
    this.#heap.release(this.#usedBytes);
    this.#usedBytes = 0;
    this.#byKey.clear();
    this.#buckets.fill(undefined);
  }
}
