import { expect, test } from 'vitest';
import { formatMs, summarize } from './figures.js';

test('a row has the medians of its rounds', () => {
  const rounds = [{ p50Ms: 3, operationsPerSecond: 10 }, { p50Ms: 1, operationsPerSecond: 30 }, { p50Ms: 2 }];
  const row = summarize('get', 'satchel', rounds, {});
  expect(row).toEqual({ work: 'get', subject: 'satchel', figures: { p50Ms: 2, operationsPerSecond: 20 }, ratios: {}, rounds });
});

test('a ratio is the median of the ratios within the rounds, not the ratio of the medians', () => {
  const mine = [{ p50Ms: 1 }, { p50Ms: 10 }, { p50Ms: 4 }];
  const theirs = [{ p50Ms: 2 }, { p50Ms: 5 }, { p50Ms: 1 }];
  expect(summarize('get', 'satchel', mine, { redis: theirs }).ratios).toEqual({ redis: { p50Ms: 2 } });
});

test('nothing is divided by 0 or by what was not measured', () => {
  const row = summarize('get', 'a', [{ p50Ms: 1, serverCpuUs: 2, hitShare: 1 }], { b: [{ p50Ms: 0, hitShare: 0.5 }] });
  expect(row.ratios).toEqual({ b: { hitShare: 2 } });
});

test('durations are written with three digits in a unit that fits', () => {
  expect([0.001234, 0.0751, 0.9, 1.5, 12.34, 2500].map(formatMs)).toEqual([
    '1.23 µs',
    '75.1 µs',
    '900 µs',
    '1.50 ms',
    '12.3 ms',
    '2.50 s',
  ]);
});
