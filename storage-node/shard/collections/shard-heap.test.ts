import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ArenaPool } from '../../store/arena/arena-pool.js';
import { ShardHeap } from './shard-heap.js';

const MiB = 1024 * 1024;

test('what lists and sets take is taken of the budget that arenas share, and all of it comes back', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(300_000)), { maxLength: 100 }), (steps) => {
      const pool = new ArenaPool({ budgetBytes: 4 * MiB });
      const heap = new ShardHeap(pool, 3 * MiB);
      const taken: number[] = [];
      for (const [give, bytes] of steps) {
        if (give) heap.release(taken.pop() ?? 0);
        else if (heap.take(bytes)) taken.push(bytes);
        const sum = taken.reduce((total, one) => total + one, 0);
        expect(heap.usedBytes).toBe(sum);
        expect(pool.usage.reservedBytes).toBeGreaterThanOrEqual(sum);
        expect(pool.usage.reservedBytes).toBeLessThanOrEqual(sum + 2 * 64 * 1024);
      }
      for (const bytes of taken) heap.release(bytes);
      expect(pool.usage.reservedBytes).toBe(0);
    }),
  );
});

test('no more is taken than the limit, nor than arenas leave', () => {
  const pool = new ArenaPool({ budgetBytes: 4 * MiB });
  const heap = new ShardHeap(pool, 3 * MiB);
  expect(heap.take(3 * MiB + 1)).toBe(false);
  expect(heap.take(3 * MiB)).toBe(true);
  expect(heap.take(1)).toBe(false);
  heap.release(3 * MiB);
  pool.account(3 * MiB, 1);
  expect(heap.take(2 * MiB)).toBe(false);
  expect(heap.take(MiB)).toBe(true);
});
