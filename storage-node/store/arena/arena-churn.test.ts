import { expect, test } from 'vitest';
import { Key } from '../key.js';
import { sharedPool, sharingProblem } from '../testing/arenas.js';
import { plainMetadata } from '../tier-store.js';
import { ArenaPool } from './arena-pool.js';
import { type ChurnState, churn, mixedSize, slackBytes } from './churn.js';

const MiB = 2 ** 20;
/** The whole claim takes SATCHEL_CHURN_OPERATIONS=10000000. */
const operations = Number(process.env['SATCHEL_CHURN_OPERATIONS'] ?? 300_000);

/** Puts prevail, balance with deletes, deletes prevail, again puts, and almost only deletes at last. */
function waves(progress: number): number {
  return [0.9, 0.5, 0.1, 0.7, 0.02][Math.floor(progress * 5)] ?? 0;
}

function expectBounded(state: ChurnState): void {
  const bound = 1.25 * state.liveBytes + slackBytes;
  expect(state.reservedBytes, JSON.stringify(state)).toBeLessThanOrEqual(bound);
}

test.each([
  ['mixed sizes', mixedSize, 1],
  ['small values', (random: number) => Math.floor(random * 200), 1],
  ['values of a few KiB', (random: number) => Math.floor(random * 6000), 0.5],
  ['large values', (random: number) => Math.floor(random * 300_000), 0.02],
])(
  'puts and deletes of %s keep reserved memory within 1.25 times the live bytes and three segments',
  { timeout: 600_000 },
  (_, sizeOf, share) => {
    const pool = new ArenaPool({ budgetBytes: 4096 * MiB });
    const store = pool.open();
    const count = Math.ceil(operations * share);
    churn(store, { operations: count, keys: Math.ceil(count / 10), sizeOf, putShare: waves, observe: expectBounded });
    expect(store.audit()).toEqual([]);
    store.clear();
    expect(pool.usage).toMatchObject({ reservedBytes: 0, segments: 0 });
  },
);

test.skipIf(sharingProblem)('shared memory follows what is live, too', { timeout: 600_000 }, async () => {
  const pool = sharedPool({ budgetBytes: 1024 * MiB });
  const store = pool.open('job-1');
  const count = Math.ceil(operations / 3);
  churn(store, { operations: count, keys: Math.ceil(count / 10), sizeOf: mixedSize, putShare: waves, observe: expectBounded });
  expect(store.audit()).toEqual([]);
  await store.destroy();
  expect(pool.usage).toMatchObject({ reservedBytes: 0, segments: 0 });
});

test('memory follows when one size gives way to another', () => {
  const store = new ArenaPool({ budgetBytes: 1024 * MiB }).open();
  for (const size of [50, 5000, 500, 40_000]) {
    churn(store, { operations: 40_000, keys: 4000, sizeOf: () => size, putShare: () => 0.8, observe: expectBounded });
  }
  expect(store.audit()).toEqual([]);
});

test('a store emptied one by one down to few objects holds next to nothing', () => {
  const pool = new ArenaPool({ budgetBytes: 256 * MiB });
  const store = pool.open();
  const key = (index: number) => Key.of(`key-${index}`);
  const value = Buffer.alloc(40_000);
  for (let index = 0; index < 50_000; index++) store.put(key(index), value, 0, (index * 37) % 4000, plainMetadata(1));
  for (let index = 0; index < 50_000; index++) if (index % 1000 !== 0) store.delete(key(index));
  expect(store.usage.objects).toBe(50);
  expect(store.usage.reservedBytes).toBeLessThan(slackBytes);
  expect(store.audit()).toEqual([]);
});
