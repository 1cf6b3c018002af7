import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rangesFromWeights, shardOfSlot, slotMapProblem, slotsPerShard } from './slot-map.js';
import { slotCount } from './slots.js';

const weights = fc.uniqueArray(fc.record({ shard: fc.nat(1000), weight: fc.integer({ min: 1, max: 100 }) }), {
  minLength: 1,
  maxLength: 50,
  selector: (share) => share.shard,
});

test('slots are dealt whole and in proportion to the weights', () => {
  fc.assert(
    fc.property(weights, (shares) => {
      const ranges = rangesFromWeights(shares);
      expect(slotMapProblem(ranges)).toBeUndefined();
      const counts = slotsPerShard(ranges);
      const total = shares.reduce((sum, { weight }) => sum + weight, 0);
      expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(slotCount);
      for (const { shard, weight } of shares) {
        expect(Math.abs((counts.get(shard) ?? 0) - (weight / total) * slotCount)).toBeLessThanOrEqual(1);
      }
    }),
  );
});

test('each slot is found at the shard whose range holds it', () => {
  fc.assert(
    fc.property(weights, fc.nat(slotCount - 1), (shares, slot) => {
      const ranges = rangesFromWeights(shares);
      const expected = ranges.findLast((range) => range.start <= slot)?.shard;
      expect(shardOfSlot({ epoch: 1, ranges }, slot)).toBe(expected);
    }),
  );
});

test.each([
  [[], 'at least one range'],
  [[{ start: 5, shard: 1 }], 'not at 0'],
  [
    [
      { start: 0, shard: 1 },
      { start: 0, shard: 2 },
    ],
    'not after',
  ],
  [
    [
      { start: 0, shard: 1 },
      { start: 16_384, shard: 2 },
    ],
    'beyond slot',
  ],
])('an unsound slot map %j is described', (ranges, problem) => {
  expect(slotMapProblem(ranges)).toContain(problem);
});
