import { createHistogram } from 'node:perf_hooks';
import { expect, test } from 'vitest';
import { Pauses, pauseBoundsMs } from './pauses.js';

test('a pause is counted in the first class that is long enough', () => {
  const pauses = new Pauses();
  for (const milliseconds of [0, 1, 1.5, 10, 10.1, 10_000]) pauses.record(milliseconds);
  const { counts, sumMs } = pauses.snapshot();
  const byBound = Object.fromEntries([...pauseBoundsMs, 'more'].map((bound, index) => [bound, counts[index]]));
  expect(byBound).toEqual({ 1: 2, 2: 1, 5: 0, 10: 1, 20: 1, 50: 0, 100: 0, 500: 0, more: 1 });
  expect(sumMs).toBeCloseTo(10_022.6);
});

test('delays of the event loop are counted beyond the interval of the samples, each once', () => {
  const delays = createHistogram();
  for (let sample = 0; sample < 40; sample++) delays.record(20_400_000);
  delays.record(27_000_000);
  delays.record(140_000_000);
  const pauses = new Pauses();
  pauses.recordDelays(delays, 20);
  const { counts } = pauses.snapshot();
  expect(counts).toEqual([40, 0, 0, 1, 0, 0, 0, 1, 0]);
});

test('a snapshot does not change any more', () => {
  const pauses = new Pauses();
  const before = pauses.snapshot();
  pauses.record(3);
  expect(before.counts.every((count) => count === 0)).toBe(true);
});
