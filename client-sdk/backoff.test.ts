import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs } from './backoff.js';

test('delays double from 20 ms to a second, and half of each is random', () => {
  expect([1, 2, 3, 7, 100].map((attempt) => backoffMs(attempt, 0))).toEqual([20, 40, 80, 1000, 1000]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, random) => {
      const delay = backoffMs(attempt, random);
      expect(delay).toBeGreaterThanOrEqual(backoffMs(attempt, 0) / 2);
      expect(delay).toBeLessThanOrEqual(1000);
    }),
  );
});
