import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
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

describe('what is reserved', () => {
  const fill = (store: ArenaStore, prefix: string, most = Number.POSITIVE_INFINITY): number => {
    let stored = 0;
    while (stored < most && put(store, `${prefix}-${stored}`, 10_000)) stored++;
    return stored;
  };

  test('stays free for its job, whatever others put', () => {
    const pool = new ArenaPool({ budgetBytes: 16 * MiB });
    const reserving = pool.open();
    reserving.setReservedBytes(8 * MiB);
    const others = [pool.open(), pool.open()];
    for (const other of others) fill(other, 'other');
    const held = others.reduce((sum, { usage }) => sum + usage.reservedBytes, 0);
    expect(held).toBeLessThanOrEqual(8 * MiB);
    expect(held).toBeGreaterThan(7 * MiB);
    expect(fill(reserving, 'own') * 10_000).toBeGreaterThan(7 * MiB);
  });

  test('is kept for jobs that are not open yet, by what the controller counts', () => {
    const pool = new ArenaPool({ budgetBytes: 16 * MiB });
    pool.reservations.setTotal(12 * MiB);
    const other = pool.open();
    fill(other, 'other');
    expect(other.usage.reservedBytes).toBeLessThanOrEqual(4 * MiB);
    pool.reservations.setTotal(0);
    expect(fill(other, 'more')).toBeGreaterThan(1000);
  });

  test('limits nobody who reserved it: beyond it the job takes what is free', () => {
    const pool = new ArenaPool({ budgetBytes: 16 * MiB });
    const reserving = pool.open();
    reserving.setReservedBytes(MiB);
    expect(fill(reserving, 'own') * 10_000).toBeGreaterThan(15 * MiB);
  });

  test('is free again when its job ends or reserves less', async () => {
    const pool = new ArenaPool({ budgetBytes: 16 * MiB });
    const reserving = pool.open();
    const other = pool.open();
    reserving.setReservedBytes(12 * MiB);
    put(reserving, 'key', 10_000);
    fill(other, 'a');
    const before = other.usage.reservedBytes;
    reserving.setReservedBytes(8 * MiB);
    fill(other, 'b');
    expect(other.usage.reservedBytes).toBeGreaterThan(before + 3 * MiB);
    await reserving.destroy();
    fill(other, 'c');
    expect(other.usage.reservedBytes).toBeGreaterThan(15 * MiB);
    expect(pool.reservations.promisedBytes).toBe(0);
  });

  test('is never given away: random jobs that reserve, put, delete and end', async () => {
    const action = fc.record({
      job: fc.nat(4),
      kind: fc.constantFrom('reserve', 'put', 'put', 'put', 'delete', 'end'),
      amount: fc.nat(100),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 120 }), async (actions) => {
        const pool = new ArenaPool({ budgetBytes: 4 * MiB });
        const jobs = Array.from({ length: 5 }, () => ({ store: pool.open(), reserved: 0 }));
        for (const { job, kind, amount } of actions) {
          const one = jobs[job] as { store: ArenaStore; reserved: number };
          if (kind === 'reserve') {
            // As the controller does it: the sum of what is reserved and what others hold beyond theirs fits.
            const taken = jobs.reduce((sum, { store, reserved }) => sum + Math.max(reserved, store.usage.reservedBytes), 0);
            const free = 4 * MiB - taken + Math.max(one.reserved, one.store.usage.reservedBytes);
            one.reserved = Math.floor((free * amount) / 100);
            one.store.setReservedBytes(one.reserved);
          }
          if (kind === 'put') fill(one.store, `key-${amount}`, amount);
          if (kind === 'delete') one.store.clear();
          if (kind === 'end') {
            await one.store.destroy();
            jobs[job] = { store: pool.open(), reserved: 0 };
          }
          const promised = jobs.reduce((sum, { store, reserved }) => sum + Math.max(0, reserved - store.usage.reservedBytes), 0);
          expect(pool.reservations.promisedBytes).toBe(promised);
          expect(pool.availableBytes).toBeGreaterThanOrEqual(promised);
        }
      }),
      { numRuns: 50 },
    );
  });
});
