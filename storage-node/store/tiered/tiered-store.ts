import { assert, SatchelError, type Tier, tiers } from '@satchel/proto/core';
import type { JobStore } from '../../shard/job-store.js';
import type { Published } from '../arena/segment-source.js';
import type { Key } from '../key.js';
import {
  type ObjectMetadata,
  objectCharge,
  type StoredObject,
  type StoreUsage,
  scanEnd,
  type TierStore,
  type ValueWriter,
} from '../tier-store.js';
import { Demotions } from './demotions.js';
import { mergedScan } from './merged-scan.js';

/** A tier that can name what was used least recently. */
export interface EvictingStore extends TierStore {
  /** The coldest of `samples` objects drawn at random; valid until the next call. Undefined if there are none. */
  coldest(samples: number): Key | undefined;
}

export interface TieredStoreOptions {
  /** The tiers of one job in the order in which a put tries them; ssd and object tier share one environment. */
  readonly tiers: readonly TierStore[];
  /** `lru`: where a tier can name its coldest objects, they are dropped until a put fits, instead of going on to the next tier. */
  readonly evict?: 'lru' | '';
  /** Called for each object before it is dropped. */
  readonly onEvicted?: (key: Key, object: StoredObject) => void;
  /** Called when a put was taken by a slower tier because the job's first one had no room. */
  readonly onSpilled?: () => void;
  /**
   * Whether what the job has in dram is in the way of those who reserved it: puts then go there only if no other tier takes them. Not asked
   * of caches.
   */
  readonly yields?: () => boolean;
}

/** As many as Redis samples for its own approximated LRU at its most precise usual setting. */
const evictionSamples = 10;
const noUsage: StoreUsage = { objects: 0, usedBytes: 0, reservedBytes: 0 };

/**
 * All tiers of one job. A key has one copy, in one tier. A put shows the new copy before it removes the old one of another tier, in the
 * same turn of the event loop; both are committed together or the new one was in dram, which a crash takes away, and the old one
 * comes back only if the put was never acknowledged. A tier that holds nothing answers without looking. Judges no expiry.
 */
export class TieredStore implements JobStore {
  readonly #demotions: readonly Demotions[];
  readonly #inPutOrder: readonly TierStore[];
  /** Fastest first. */
  readonly #inFindOrder: TierStore[];
  readonly #evict: boolean;
  readonly #onEvicted: ((key: Key, object: StoredObject) => void) | undefined;
  readonly #onSpilled: (() => void) | undefined;
  readonly #yields: (() => boolean) | undefined;

  constructor(options: TieredStoreOptions) {
    assert(options.tiers.length > 0, 'a job has at least one tier');
    this.#inPutOrder = options.tiers;
    this.#inFindOrder = options.tiers.toSorted((left, right) => tiers.indexOf(left.tier) - tiers.indexOf(right.tier));
    this.#evict = options.evict === 'lru';
    this.#onEvicted = options.onEvicted;
    this.#onSpilled = options.onSpilled;
    // Of a cache only dram is of use.
    this.#demotions = this.#evict
      ? []
      : options.tiers.slice(0, -1).map((from, index) => new Demotions(from, options.tiers.slice(index + 1)));
    this.#yields = this.demotionsFrom('dram') === undefined ? undefined : options.yields;
  }

  demotionsFrom(tier: Tier): Demotions | undefined {
    return this.#demotions.find((one) => one.tier === tier);
  }

  /** The sum over all tiers. */
  get usage(): StoreUsage {
    const sum = { objects: 0, usedBytes: 0, reservedBytes: 0 };
    for (const { usage } of this.#inFindOrder) {
      sum.objects += usage.objects;
      sum.usedBytes += usage.usedBytes;
      sum.reservedBytes += usage.reservedBytes;
    }
    return sum;
  }

  usageOf(tier: Tier): StoreUsage {
    const [usage = noUsage, more] = this.#inFindOrder.filter((store) => store.tier === tier).map((store) => store.usage);
    if (more === undefined) return usage;
    return {
      objects: usage.objects + more.objects,
      usedBytes: usage.usedBytes + more.usedBytes,
      reservedBytes: usage.reservedBytes + more.reservedBytes,
    };
  }

  share(): Published | undefined {
    return this.#inFindOrder.find((store) => store.share !== undefined)?.share?.();
  }

  attach(store: TierStore): void {
    this.#inFindOrder.push(store);
  }

  find(key: Key): StoredObject | undefined {
    const stores = this.#inFindOrder;
    for (let index = 0; index < stores.length; index++) {
      const object = (stores[index] as TierStore).find(key);
      if (object !== undefined) return object;
    }
    return undefined;
  }

  /**
   * Without `tier` begins with the job's first tier; with it, there, or if the job does not have it at the next slower one it has.
   * Synchronous unless the tier that takes it has to wait for a device. Rejects with `unavailable` if that fails; the old
   * object is then unchanged.
   */
  put(
    key: Key,
    value: Buffer,
    start: number,
    end: number,
    metadata: ObjectMetadata,
    tier?: Tier,
  ): Tier | undefined | Promise<Tier | undefined> {
    const first = tier === undefined ? 0 : this.#startIndex(tier);
    if (first === 0 && this.#yields?.()) {
      const taken = this.#putPastDram(key, value, start, end, metadata, tier);
      if (taken !== undefined) return taken;
    }
    return this.#putFrom(first, key, value, start, end, metadata, tier);
  }

  /** A device that fails is no reason to refuse what dram can take. */
  #putPastDram(
    key: Key,
    value: Buffer,
    start: number,
    end: number,
    metadata: ObjectMetadata,
    tier: Tier | undefined,
  ): Tier | undefined | Promise<Tier | undefined> {
    const taken = this.#putFrom(1, key, value, start, end, metadata, tier);
    if (!(taken instanceof Promise)) return taken;
    const [ownKey, own, given] = [key.copy(), Buffer.from(value.subarray(start, end)), { ...metadata }];
    return taken.catch((error: unknown) => {
      const dram = this.#inPutOrder[0] as TierStore;
      if (dram.put(ownKey, own, 0, own.length, given) !== true) throw error;
      return this.#settle(ownKey, dram);
    });
  }

  #putFrom(
    first: number,
    key: Key,
    value: Buffer,
    start: number,
    end: number,
    metadata: ObjectMetadata,
    tier: Tier | undefined,
  ): Tier | undefined | Promise<Tier | undefined> {
    for (let index = first; index < this.#inPutOrder.length; index++) {
      const store = this.#inPutOrder[index] as TierStore;
      let taken = store.put(key, value, start, end, metadata);
      if (taken === false && this.#evict && isEvicting(store)) {
        taken = this.#putEvicting(store, key, value, start, end, metadata);
        if (taken === false) return undefined;
      }
      if (taken !== false && index > 0 && tier === undefined) this.#onSpilled?.();
      if (taken === true) return this.#settle(key, store);
      if (taken !== false) return this.#settleLater(key.copy(), store, taken);
    }
    return undefined;
  }

  begin(key: Key, valueLength: number, metadata: ObjectMetadata): ValueWriter | undefined {
    const [first] = this.#inPutOrder;
    const writer =
      first?.tier === 'dram' && !this.#evict && !this.#yields?.() ? first.begin?.(key, valueLength, metadata) : undefined;
    if (first === undefined || writer === undefined) return undefined;
    const own = key.copy();
    return {
      get written() {
        return writer.written;
      },
      write: (source, start, end) => writer.write(source, start, end),
      read: (target) => writer.read(target),
      commit: () => writer.commit() && this.#settle(own, first) === first.tier,
      abort: () => writer.abort(),
    };
  }

  updateMetadata(key: Key, changes: Partial<ObjectMetadata>): boolean {
    return this.#inFindOrder.some((store) => store.updateMetadata(key, changes));
  }

  delete(key: Key): boolean {
    return this.#inFindOrder.some((store) => store.delete(key));
  }

  scan(position: number, count: number, visit: (key: Key, object: StoredObject) => void): number {
    const used = this.#inFindOrder.filter((store) => store.usage.objects > 0);
    const [only] = used;
    if (only === undefined) return scanEnd;
    return used.length === 1 ? only.scan(position, count, visit) : mergedScan(used, position, count, visit);
  }

  /** Of a cache: drops an object that was not used for long, in the first tier that can tell; false if there is none. */
  evictColdest(): boolean {
    if (!this.#evict) return false;
    return this.#inPutOrder.some((store) => isEvicting(store) && this.#dropColdest(store));
  }

  clear(): void {
    for (const store of this.#inFindOrder) store.clear();
  }

  flush(): void {
    for (const store of this.#inFindOrder) store.flush();
  }

  async destroy(): Promise<void> {
    await Promise.all(this.#inFindOrder.map((store) => store.destroy()));
  }

  #startIndex(tier: Tier): number {
    const wanted = tiers.indexOf(tier);
    const index = this.#inPutOrder.findIndex((store) => tiers.indexOf(store.tier) >= wanted);
    return index < 0 ? this.#inPutOrder.length - 1 : index;
  }

  /** Drops copies of a key in other tiers than the one that has taken the new one. */
  #settle(key: Key, taker: TierStore): Tier {
    const stores = this.#inFindOrder;
    for (let index = 0; index < stores.length; index++) {
      const store = stores[index] as TierStore;
      if (store !== taker) store.delete(key);
    }
    return taker.tier;
  }

  async #settleLater(key: Key, taker: TierStore, taken: boolean | Promise<boolean>): Promise<Tier> {
    // The value was only borrowed for the call, so it cannot be offered to another tier any more.
    if (await taken) return this.#settle(key, taker);
    throw new SatchelError('unavailable', `the ${taker.tier} tier ran full while it took the object; repeat the put`);
  }

  #putEvicting(
    store: EvictingStore,
    key: Key,
    value: Buffer,
    start: number,
    end: number,
    metadata: ObjectMetadata,
  ): boolean | Promise<boolean> {
    if (objectCharge(key.length, end - start) > store.usage.reservedBytes) return false;
    while (this.#dropColdest(store)) {
      const taken = store.put(key, value, start, end, metadata);
      if (taken !== false) return taken;
    }
    return false;
  }

  #dropColdest(store: EvictingStore): boolean {
    const victim = store.coldest(evictionSamples)?.copy();
    if (victim === undefined) return false;
    const object = store.find(victim);
    if (object !== undefined) this.#onEvicted?.(victim, object);
    store.delete(victim);
    return true;
  }
}

function isEvicting(store: TierStore): store is EvictingStore {
  return 'coldest' in store;
}
