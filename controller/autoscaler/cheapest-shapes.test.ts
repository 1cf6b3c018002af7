import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { NodeShape } from '../providers/node-provider.js';
import { type Amounts, dimensions, noAmounts, sumAmounts, timesAmounts } from './amounts.js';
import { cheapestShapes, type ShapeCount, type ShapeRoom } from './cheapest-shapes.js';
import { capacityOf } from './snapshot.js';

const shape = (name: string, dram: number, ssd: number, dollarsPerHour: number, room = 100): ShapeRoom => ({
  shape: { name, shards: 1, dramBytes: dram, ssdBytes: ssd, throughputBytesPerSecond: 1, dollarsPerHour, most: room },
  room,
});
const need = (dram: number, ssd = 0): Amounts => ({ ...noAmounts, dram, ssd });
const counts = (plan: readonly ShapeCount[]) => Object.fromEntries(plan.map((each) => [each.shape.name, each.count]));

test.each([
  ['the cheaper of two that are alike', need(25), [shape('dear', 10, 0, 2), shape('cheap', 10, 0, 1)], { cheap: 3 }],
  [
    'the larger one if it is cheaper for what is needed',
    need(25),
    [shape('small', 10, 0, 1), shape('large', 30, 0, 2)],
    { large: 1 },
  ],
  ['small ones if they do', need(5), [shape('small', 10, 0, 1), shape('large', 30, 0, 2)], { small: 1 }],
  ['of each what it is good at', need(20, 200), [shape('memory', 20, 0, 1), shape('disk', 1, 200, 1)], { memory: 1, disk: 1 }],
  [
    'another shape when there may be no more of the cheapest',
    need(25),
    [shape('cheap', 10, 0, 1, 1), shape('dear', 10, 0, 2)],
    { cheap: 1, dear: 2 },
  ],
  ['nothing where nothing helps', need(0, 10), [shape('memory', 10, 0, 1)], {}],
  ['nothing for no need', noAmounts, [shape('memory', 10, 0, 1)], {}],
] as const)('starts %s', (_name, needed, rooms, expected) => {
  expect(counts(cheapestShapes(needed, rooms, 100))).toEqual(expected);
});

test('what is started meets the need or as much as may be, within room and bound', () => {
  const rooms = fc.array(
    fc.record({ dram: fc.nat(50), ssd: fc.nat(50), dollars: fc.integer({ min: 1, max: 9 }), room: fc.nat(5) }),
    { minLength: 1, maxLength: 4 },
  );
  fc.assert(
    fc.property(rooms, fc.nat(200), fc.nat(200), fc.nat(12), (given, dram, ssd, most) => {
      const shapes = given.map((each, index) => shape(`s${index}`, each.dram, each.ssd, each.dollars, each.room));
      const needed = need(dram, ssd);
      const plan = cheapestShapes(needed, shapes, most);
      expect(plan.reduce((sum, { count }) => sum + count, 0)).toBeLessThanOrEqual(most);
      for (const { shape: started, count } of plan) {
        expect(count).toBeLessThanOrEqual(shapes.find((each) => each.shape === started)?.room ?? 0);
      }
      const brings = (counted: readonly { shape: NodeShape; count: number }[]) =>
        sumAmounts(counted.map((each) => timesAmounts(capacityOf(each.shape), each.count)));
      const meets = (amounts: Amounts) => dimensions.every((dimension) => amounts[dimension] >= needed[dimension]);
      // One shape alone that would meet it within bounds: then the plan meets it, at no higher price.
      for (const { shape: alone, room } of shapes) {
        const count = Math.max(
          alone.dramBytes > 0 ? Math.ceil(dram / alone.dramBytes) : dram > 0 ? Number.POSITIVE_INFINITY : 0,
          alone.ssdBytes > 0 ? Math.ceil(ssd / alone.ssdBytes) : ssd > 0 ? Number.POSITIVE_INFINITY : 0,
        );
        if (count > Math.min(room, most)) continue;
        expect(meets(brings(plan))).toBe(true);
        const dollars = plan.reduce((sum, each) => sum + each.count * each.shape.dollarsPerHour, 0);
        expect(dollars).toBeLessThanOrEqual(count * alone.dollarsPerHour);
      }
    }),
  );
});
