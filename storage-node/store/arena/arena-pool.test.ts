import { expect, test } from 'vitest';
import { Key } from '../key.js';
import { objectCharge, plainMetadata } from '../tier-store.js';
import { ArenaPool } from './arena-pool.js';
import type { ArenaStore } from './arena-store.js';
import type { SegmentSource } from './segment-source.js';

const MiB = 2 ** 20;

function put(store: ArenaStore, name: string, bytes: number): boolean {
  return store.put(Key.of(name), Buffer.alloc(bytes, name), 0, bytes, plainMetadata(1));
}

test('an opened store takes nothing until its first put', () => {
  const pool = new ArenaPool({ budgetBytes: 64 * MiB });
  const stores = Array.from({ length: 5000 }, () => pool.open());
  for (const store of stores) expect(store.find(Key.of('key'))).toBeUndefined();
  expect(pool.usage).toEqual({ budgetBytes: 64 * MiB, reservedBytes: 0, segments: 0, stores: 5000 });
});

test('a thousand small jobs fit a pool of 128 MiB', () => {
  const pool = new ArenaPool({ budgetBytes: 128 * MiB });
  for (let job = 0; job < 1000; job++) {
    const store = pool.open();
    for (const bytes of [10, 100, 1000, 3000]) expect(put(store, `value-${bytes}`, bytes)).toBe(true);
  }
});

test('jobs share the budget, and one that ends gives back every byte', async () => {
  const pool = new ArenaPool({ budgetBytes: 8 * MiB });
  const first = pool.open();
  const second = pool.open();
  let stored = 0;
  while (put(first, `key-${stored}`, 10_000)) stored++;
  expect(pool.usage.reservedBytes).toBeLessThanOrEqual(8 * MiB);
  expect(first.usage.usedBytes).toBeGreaterThan(7 * MiB);
  expect(put(second, 'key', 10_000)).toBe(false);
  await first.destroy();
  expect(pool.usage).toMatchObject({ stores: 1, reservedBytes: second.usage.reservedBytes });
  expect(put(second, 'key', 10_000)).toBe(true);
  expect(put(first, 'key', 10)).toBe(false);
  await second.destroy();
  await second.destroy();
  expect(pool.usage).toEqual({ budgetBytes: 8 * MiB, reservedBytes: 0, segments: 0, stores: 0 });
});

test('a value that does not fit leaves reserved memory as it was', () => {
  const pool = new ArenaPool({ budgetBytes: 4 * MiB });
  const store = pool.open();
  put(store, 'key', 100_000);
  const { reservedBytes } = pool.usage;
  expect(put(store, 'key', 4 * MiB)).toBe(false);
  expect(put(store, 'large', 4_060_000)).toBe(false);
  expect(store.find(Key.of('key'))?.valueLength).toBe(100_000);
  expect(pool.usage.reservedBytes).toBe(reservedBytes);
  expect(store.audit()).toEqual([]);
});

test.each([MiB, 4 * MiB, 16 * MiB])('a pool of %i bytes can be filled by two thirds and more', (budgetBytes) => {
  for (const bytes of [20, 1000, 5000, 40_000]) {
    const store = new ArenaPool({ budgetBytes }).open();
    let stored = 0;
    while (put(store, `key-${stored}`, bytes)) stored++;
    expect(stored * objectCharge(6, bytes), `values of ${bytes} bytes`).toBeGreaterThan(budgetBytes * (2 / 3));
  }
});

test('a value that needs list blocks is stored, read and freed', { timeout: 60_000 }, () => {
  const bytes = 150 * MiB - 1;
  const store = new ArenaPool({ budgetBytes: 160 * MiB }).open();
  const value = Buffer.alloc(bytes, 'satchel');
  expect(store.put(Key.of('key'), value, 0, bytes, plainMetadata(1))).toBe(true);
  const target = Buffer.alloc(7000);
  for (const from of [0, 70_000_000, bytes - 7000]) {
    store.find(Key.of('key'))?.read(from, from + 7000, target, 0);
    expect(target.equals(value.subarray(from, from + 7000))).toBe(true);
  }
  expect(store.usage.reservedBytes).toBeLessThan(bytes + 3 * MiB);
  expect(store.delete(Key.of('key'))).toBe(true);
  expect(store.usage.reservedBytes).toBeLessThan(MiB);
});

test('a source without memory is a full tier', () => {
  let left = 4;
  const take = (bytes: number) => (left-- > 0 ? { memory: new ArrayBuffer(bytes), serial: 0 } : undefined);
  const source: SegmentSource = {
    open: () => ({
      published: { reason: '' },
      take,
      takeRoot: take,
      growRoot: () => undefined,
      release: () => {},
      end: () => {},
    }),
  };
  const pool = new ArenaPool({ budgetBytes: 64 * MiB, source });
  const store = pool.open();
  let stored = 0;
  while (put(store, `key-${stored}`, 1000)) stored++;
  expect(stored).toBeGreaterThan(50);
  expect(store.audit()).toEqual([]);
  expect(put(pool.open(), 'key', 1)).toBe(false);
});

test('the coldest of many sampled keys is one not used for long', () => {
  const store = new ArenaPool({ budgetBytes: 64 * MiB }).open();
  expect(store.coldest(5)).toBeUndefined();
  for (let index = 0; index < 2000; index++) put(store, `key-${index}`, 10);
  for (let round = 0; round < 3; round++) for (let index = 1000; index < 2000; index++) store.find(Key.of(`key-${index}`));
  for (let victim = 0; victim < 500; victim++) {
    const key = store.coldest(16);
    expect(Number(key?.toString().slice(4))).toBeLessThan(1000);
    if (key) expect(store.delete(key)).toBe(true);
  }
});
