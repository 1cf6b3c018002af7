import type { Tier } from '@satchel/proto/core';
import { describe, expect, test } from 'vitest';
import { Key } from '../key.js';
import { MapStore } from '../testing/map-store.js';
import { readWhole, sampleMetadata, sampleValue } from '../testing/samples.js';
import { type ObjectMetadata, type StoredObject, type StoreUsage, scanEnd, type TierStore } from '../tier-store.js';
import { TieredStore } from './tiered-store.js';

class EvictingMapStore extends MapStore {
  readonly order: string[] = [];

  override put(key: Key, value: Buffer, start: number, end: number, metadata: ObjectMetadata): boolean {
    const taken = super.put(key, value, start, end, metadata);
    if (taken) this.order.push(key.toString());
    return taken;
  }

  coldest(): Key | undefined {
    const coldest = this.order.shift();
    return coldest === undefined ? undefined : Key.of(coldest);
  }
}

/** A tier whose puts settle later, and are refused then if told so. */
class SlowStore implements TierStore {
  readonly tier = 'object';
  readonly map = new MapStore('object', 1_000_000);
  refusing = false;

  get usage(): StoreUsage {
    return this.map.usage;
  }
  find(key: Key): StoredObject | undefined {
    return this.map.find(key);
  }
  async put(key: Key, value: Buffer, start: number, end: number, metadata: ObjectMetadata): Promise<boolean> {
    const owned = { key: key.copy(), value: Buffer.from(value.subarray(start, end)) };
    await Promise.resolve();
    return !this.refusing && this.map.put(owned.key, owned.value, 0, owned.value.length, metadata);
  }
  updateMetadata(key: Key, changes: Partial<ObjectMetadata>): boolean {
    return this.map.updateMetadata(key, changes);
  }
  delete(key: Key): boolean {
    return this.map.delete(key);
  }
  scan(position: number, count: number, visit: (key: Key, object: StoredObject) => void): number {
    return this.map.scan(position, count, visit);
  }
  clear(): void {
    this.map.clear();
  }
  flush(): void {}
  destroy(): Promise<void> {
    return this.map.destroy();
  }
}

function put(store: TieredStore, key: string, bytes: number, tier?: Tier): Tier | undefined | Promise<Tier | undefined> {
  return store.put(Key.of(key), sampleValue(bytes, bytes), 0, bytes, sampleMetadata(), tier);
}

async function get(store: TieredStore, key: string): Promise<{ tier: Tier; bytes: number } | undefined> {
  const object = store.find(Key.of(key));
  if (object === undefined) return undefined;
  const value = await readWhole(object);
  expect(value.equals(sampleValue(value.length, value.length))).toBe(true);
  return { tier: object.tier, bytes: value.length };
}

/** Some 10, 20 and 1,000 values of 1,000 bytes. */
function threeTiers(): { store: TieredStore; object: SlowStore } {
  const object = new SlowStore();
  const store = new TieredStore({ tiers: [new MapStore('dram', 11_000), new MapStore('ssd', 22_000), object] });
  return { store, object };
}

describe('a job of several tiers', () => {
  test('puts where there is room, in the order of the allocation', async () => {
    const { store } = threeTiers();
    const taken: unknown[] = [];
    for (let index = 0; index < 40; index++) taken.push(await put(store, `key-${index}`, 1000));
    expect(taken.filter((tier) => tier === 'dram')).toHaveLength(10);
    expect(taken.filter((tier) => tier === 'ssd')).toHaveLength(20);
    expect(taken.filter((tier) => tier === 'object')).toHaveLength(10);
    for (let index = 0; index < 40; index++)
      expect(await get(store, `key-${index}`)).toEqual({ tier: taken[index], bytes: 1000 });
    expect(store.usage.objects).toBe(40);
    expect(store.usageOf('ssd').objects).toBe(20);
  });

  test('answers at once as long as no slow tier takes the object, wherever the old copy lay', async () => {
    const { store } = threeTiers();
    expect(await put(store, 'key', 1000, 'object')).toBe('object');
    expect(put(store, 'key', 900, 'ssd')).toBe('ssd');
    expect(put(store, 'key', 800)).toBe('dram');
    expect(await get(store, 'key')).toEqual({ tier: 'dram', bytes: 800 });
    expect(store.usage.objects).toBe(1);
  });

  test('shows the old object until a slow tier has the new one', async () => {
    const { store } = threeTiers();
    put(store, 'key', 500);
    const slow = put(store, 'key', 600, 'object');
    expect(await get(store, 'key')).toEqual({ tier: 'dram', bytes: 500 });
    expect(await slow).toBe('object');
    expect(await get(store, 'key')).toEqual({ tier: 'object', bytes: 600 });
    expect(store.usage.objects).toBe(1);
  });

  test('keeps the old object if a slow tier refuses in the end, and says so', async () => {
    const { store, object } = threeTiers();
    put(store, 'key', 500);
    object.refusing = true;
    await expect(put(store, 'key', 600, 'object')).rejects.toMatchObject({ code: 'unavailable' });
    expect(await get(store, 'key')).toEqual({ tier: 'dram', bytes: 500 });
  });

  test('begins at the next slower tier if the job lacks the one asked for, or with its last', () => {
    const ssd = new MapStore('ssd', 10_000);
    expect(put(new TieredStore({ tiers: [ssd] }), 'key', 1, 'dram')).toBe('ssd');
    expect(put(new TieredStore({ tiers: [ssd] }), 'key', 1, 'object')).toBe('ssd');
  });

  test('is full when every tier is, and keeps what it had', async () => {
    const store = new TieredStore({ tiers: [new MapStore('dram', 1000), new MapStore('ssd', 2000)] });
    put(store, 'a', 900);
    put(store, 'b', 1900);
    expect(put(store, 'a', 5000)).toBeUndefined();
    expect(await get(store, 'a')).toEqual({ tier: 'dram', bytes: 900 });
    expect(await get(store, 'b')).toEqual({ tier: 'ssd', bytes: 1900 });
  });

  test('scans all tiers as one, each object once, in order of hashes', async () => {
    const { store } = threeTiers();
    const keys = Array.from({ length: 100 }, (_, index) => `key-${index}`);
    for (const [index, key] of keys.entries()) await put(store, key, 100, (['dram', 'ssd', 'object'] as const)[index % 3]);
    for (const count of [1, 7, 1000]) {
      const visited: string[] = [];
      let lastHash = -1;
      for (let position = 0; position < scanEnd; ) {
        position = store.scan(position, count, (key, object) => {
          expect(key.hash).toBeGreaterThanOrEqual(lastHash);
          lastHash = key.hash;
          expect(object.valueLength).toBe(100);
          visited.push(key.toString());
        });
      }
      expect(visited.sort()).toEqual(keys.toSorted());
    }
  });

  test('changes metadata and deletes in whichever tier, and clears them all', async () => {
    const { store } = threeTiers();
    for (const tier of ['dram', 'ssd', 'object'] as const) {
      await put(store, tier, 100, tier);
      expect(store.updateMetadata(Key.of(tier), { readsLeft: 3 })).toBe(true);
      expect(store.find(Key.of(tier))).toMatchObject({ tier, readsLeft: 3 });
    }
    expect(store.delete(Key.of('ssd'))).toBe(true);
    expect(store.delete(Key.of('ssd'))).toBe(false);
    expect(store.updateMetadata(Key.of('ssd'), {})).toBe(false);
    store.clear();
    expect(store.usage.objects).toBe(0);
    expect(store.find(Key.of('dram'))).toBeUndefined();
  });

  test('that is a cache drops its coldest objects instead of using a slower tier', async () => {
    const evicted: string[] = [];
    const tiers = [new EvictingMapStore('dram', 3300), new MapStore('ssd', 100_000)];
    const store = new TieredStore({ tiers, evict: 'lru', onEvicted: (key) => evicted.push(key.toString()) });
    for (let index = 0; index < 6; index++) expect(put(store, `key-${index}`, 1000)).toBe('dram');
    expect(evicted).toEqual(['key-0', 'key-1', 'key-2']);
    expect(put(store, 'large', 5000)).toBeUndefined();
    expect(store.usage.objects).toBe(3);
    expect(put(store, 'asked-for', 5000, 'ssd')).toBe('ssd');
  });
});
