import { rangesFromWeights, type SlotRange, slotCount, slotMapProblem, slotsPerShard } from '@satchel/proto/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reassign, type SlotWeight } from './reassign.js';
import { movesBetween, slotsMoved } from './segments.js';

const weights = (shards: number): fc.Arbitrary<SlotWeight[]> =>
  fc.uniqueArray(fc.record({ shard: fc.nat(shards), weight: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 1000 })) }), {
    minLength: 1,
    maxLength: shards,
    selector: ({ shard }) => shard,
  });
const histories = (shards: number, longest: number) => fc.array(weights(shards), { minLength: 2, maxLength: longest });

function inTurn(history: readonly SlotWeight[][], check: (before: SlotRange[], after: SlotRange[], to: SlotWeight[]) => void) {
  let ranges = rangesFromWeights(history[0] as SlotWeight[]);
  for (const to of history.slice(1)) {
    const after = reassign(ranges, to);
    check(ranges, after, to);
    ranges = after;
  }
}

/** What each shard has in excess of its part, and what it lacks, in whole slots at least. */
function excess(ranges: readonly SlotRange[], to: readonly SlotWeight[]): number {
  const total = to.reduce((sum, { weight }) => sum + weight, 0);
  const parts = new Map(to.map(({ shard, weight }) => [shard, (weight / total) * slotCount]));
  const over = [...slotsPerShard(ranges)].map(([shard, slots]) => Math.max(0, slots - Math.ceil(parts.get(shard) ?? 0)));
  const counts = slotsPerShard(ranges);
  const under = [...parts].map(([shard, part]) => Math.max(0, Math.floor(part) - (counts.get(shard) ?? 0)));
  return Math.max(sum(over), sum(under));
}
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

describe('slots dealt anew', () => {
  it('are in proportion to the weights to within one slot', () => {
    fc.assert(
      fc.property(histories(20, 8), (history) =>
        inTurn(history, (_, after, to) => {
          expect(slotMapProblem(after)).toBeUndefined();
          const counts = slotsPerShard(after);
          const total = sum(to.map(({ weight }) => weight));
          for (const { shard, weight } of to) {
            expect(Math.abs((counts.get(shard) ?? 0) - (weight / total) * slotCount)).toBeLessThan(1);
          }
          expect(sum([...counts.values()])).toBe(slotCount);
          expect([...counts.keys()].every((shard) => to.some((one) => one.shard === shard))).toBe(true);
        }),
      ),
    );
  });

  it('move no more than must move', () => {
    fc.assert(
      fc.property(histories(20, 8), (history) =>
        inTurn(history, (before, after, to) => expect(slotsMoved(movesBetween(before, after))).toBe(excess(before, to))),
      ),
    );
  });

  it('stay where they are when the weights do', () => {
    fc.assert(
      fc.property(histories(20, 5), (history) =>
        inTurn(history, (_, after, to) => {
          expect(reassign(after, to)).toEqual(after);
          expect(reassign(after, to.map(({ shard, weight }) => ({ shard, weight: weight * 3 })).reverse())).toEqual(after);
        }),
      ),
    );
  });

  it('lie in few ranges, however often they were dealt', () => {
    fc.assert(
      fc.property(histories(24, 60), (history) =>
        inTurn(history, (_, after) => {
          expect(after.every((range, index) => range.shard !== after[index - 1]?.shard)).toBe(true);
          expect(after.length).toBeLessThanOrEqual(24 * 4);
        }),
      ),
      { numRuns: 50 },
    );
  });
});

const even = (...shards: number[]): SlotWeight[] => shards.map((shard) => ({ shard, weight: 1 }));
const cases: [string, SlotWeight[], SlotWeight[], [number, number][]][] = [
  [
    'one shard more',
    even(1),
    even(1, 2),
    [
      [0, 1],
      [8192, 2],
    ],
  ],
  [
    'two more',
    even(1),
    even(1, 2, 3),
    [
      [0, 1],
      [5462, 2],
      [10_923, 3],
    ],
  ],
  [
    'a third between two',
    even(1, 2),
    even(1, 2, 3),
    [
      [0, 1],
      [5462, 3],
      [10_923, 2],
    ],
  ],
  ['back to one', even(1, 2, 3), even(1), [[0, 1]]],
  [
    'the middle one gone',
    even(1, 2, 3),
    even(1, 3),
    [
      [0, 1],
      [8192, 3],
    ],
  ],
  [
    'other shards altogether',
    even(1, 2),
    even(3, 4),
    [
      [0, 3],
      [8192, 4],
    ],
  ],
  [
    'more weight for one',
    even(1, 2),
    [
      { shard: 1, weight: 3 },
      { shard: 2, weight: 1 },
    ],
    [
      [0, 1],
      [12_288, 2],
    ],
  ],
  [
    'a weight of nothing',
    even(1, 2),
    [
      { shard: 1, weight: 3 },
      { shard: 2, weight: 0 },
    ],
    [[0, 1]],
  ],
];
it.each(cases)('%s', (_, before, after, expected) => {
  const ranges = reassign(rangesFromWeights(before), after);
  expect(ranges).toEqual(expected.map(([start, shard]) => ({ start, shard })));
});
