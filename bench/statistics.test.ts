import { expect, test } from 'vitest';
import { median, percentilesOfMs } from './statistics.js';

test('the median is the middle, or the mean of the two in the middle', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(median([])).toBeNaN();
});

test('percentiles are those of the values, within a thousandth', () => {
  const values = Array.from({ length: 1000 }, (_, index) => index + 1);
  const { count, p50, p99, max } = percentilesOfMs(values);
  expect(count).toBe(1000);
  expect(p50 / 500).toBeCloseTo(1, 2);
  expect(p99 / 990).toBeCloseTo(1, 2);
  expect(max / 1000).toBeCloseTo(1, 2);
});
