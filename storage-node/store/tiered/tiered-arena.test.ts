import { expect, test } from 'vitest';
import { ArenaPool } from '../arena/arena-pool.js';
import { Key } from '../key.js';
import { MapStore } from '../testing/map-store.js';
import { readWhole, sampleMetadata, sampleValue } from '../testing/samples.js';
import { objectCharge } from '../tier-store.js';
import { TieredStore } from './tiered-store.js';

const MiB = 1024 * 1024;

function put(store: TieredStore, index: number, bytes: number): unknown {
  return store.put(Key.of(`key-${index}`), sampleValue(bytes, index), 0, bytes, sampleMetadata());
}

test('a cache in the arena keeps taking objects of all sizes, and what it lets go is told', async () => {
  const evicted: number[] = [];
  const store = new TieredStore({
    tiers: [new ArenaPool({ budgetBytes: 4 * MiB }).open(), new MapStore('ssd', 64 * MiB)],
    evict: 'lru',
    onEvicted: (key, object) => evicted.push(objectCharge(key.length, object.valueLength)),
  });
  const sizes = [100, 1000, 20_000, 150_000];
  let charged = 0;
  for (let index = 0; index < 2000; index++) {
    const bytes = sizes[index % sizes.length] as number;
    expect(put(store, index, bytes)).toBe('dram');
    charged += objectCharge(`key-${index}`.length, bytes);
    const object = store.find(Key.of(`key-${index}`));
    expect(object && (await readWhole(object)).equals(sampleValue(bytes, index))).toBe(true);
  }
  expect(store.usage.usedBytes).toBe(charged - evicted.reduce((sum, charge) => sum + charge, 0));
  expect(store.usageOf('ssd').objects).toBe(0);
  await store.destroy();
});

test('a full arena spills to the next tier, and takes objects again once there is room', async () => {
  const store = new TieredStore({ tiers: [new ArenaPool({ budgetBytes: 2 * MiB }).open(), new MapStore('ssd', 64 * MiB)] });
  const taken = Array.from({ length: 40 }, (_, index) => put(store, index, 100_000));
  expect(taken[0]).toBe('dram');
  expect(taken.at(-1)).toBe('ssd');
  for (let index = 0; index < 40; index++) {
    const object = store.find(Key.of(`key-${index}`));
    expect(object && (await readWhole(object)).equals(sampleValue(100_000, index))).toBe(true);
  }
  for (let index = 0; index < 10; index++) expect(store.delete(Key.of(`key-${index}`))).toBe(true);
  expect(put(store, 39, 1000)).toBe('dram');
  expect(store.find(Key.of('key-39'))?.tier).toBe('dram');
  expect(store.usage.objects).toBe(30);
  await store.destroy();
});
