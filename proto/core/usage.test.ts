import { expect, test } from 'vitest';
import { addUsage, extrapolateUsage, heldBytes, noUsage, withoutHeld } from './usage.js';

test('uses add up field by field', () => {
  const sum = addUsage({ ...noUsage, requests: 1, ssdBytes: 5 }, { ...noUsage, requests: 2, dramBytes: 3 });
  expect(sum).toEqual({ ...noUsage, requests: 3, ssdBytes: 5, dramBytes: 3 });
  expect(heldBytes(sum)).toBe(8);
});

test('what is held goes on costing while nothing is done, and time that goes back takes nothing away', () => {
  const usage = { ...noUsage, dramBytes: 100, dramByteSeconds: 7, objectBytes: 1 };
  expect(extrapolateUsage(usage, 2000)).toEqual({ ...usage, dramByteSeconds: 207, objectByteSeconds: 2 });
  expect(extrapolateUsage(usage, -5)).toEqual(usage);
});

test('a use without what is held keeps its counters', () => {
  expect(withoutHeld({ ...noUsage, dramBytes: 1, objects: 2, requests: 3, peakBytes: 4 })).toEqual({
    ...noUsage,
    requests: 3,
    peakBytes: 4,
  });
});
