import { describe, expect, test } from 'vitest';
import { simulationOptions } from '../options.js';
import { Daily, peakHour } from './daily.js';
import { heldByteMs, heldBytes, leastLifeMs, movedBytesPerSecond, type SimulatedJob } from './job.js';
import { Quantiles } from './quantiles.js';
import { Random } from './random.js';
import { heldTogether } from './scale.js';
import { drawWorkload } from './workload.js';

const GiB = 2 ** 30;

describe('the day’s jobs', () => {
  const options = simulationOptions({ nodes: 50, jobs: 5000 });
  const fleetBytes = 50 * 6.5 * GiB;
  const { jobs } = drawWorkload(options, fleetBytes);

  test('are the same for a seed and others for another', () => {
    expect(drawWorkload(options, fleetBytes).jobs).toEqual(jobs);
    expect(drawWorkload({ ...options, seed: 2 }, fleetBytes).jobs).not.toEqual(jobs);
  });

  test('are about as many as asked for and begin within the day, in order', () => {
    expect(Math.abs(jobs.length - options.jobs)).toBeLessThan(20);
    expect(jobs.map(({ startMs }) => startMs)).toEqual(jobs.map(({ startMs }) => startMs).toSorted((a, b) => a - b));
    expect(Math.max(...jobs.map(({ startMs }) => startMs))).toBeLessThan(24 * 3_600_000);
  });

  test('want at their peak the share of the largest fleet that was asked for, and none wants more than its share', () => {
    const peak = heldTogether(jobs).reduce((most, held) => Math.max(most, held), 0);
    expect(peak / fleetBytes).toBeGreaterThan(0.99 * options.peakShare);
    expect(peak / fleetBytes).toBeLessThanOrEqual(1.001 * options.peakShare);
    expect(Math.max(...jobs.map(({ peakBytes }) => peakBytes))).toBeLessThanOrEqual(0.03 * fleetBytes + 1);
  });

  test('give hints in the parts asked for', () => {
    const part = (hinted: SimulatedJob['hinted']) => jobs.filter((job) => job.hinted === hinted).length / jobs.length;
    expect(part('exact')).toBeCloseTo(options.hints.exact, 1);
    expect(part('wrong')).toBeCloseTo(options.hints.wrong, 1);
    for (const { hinted, hints, peakBytes } of jobs) {
      if (hinted === 'exact') expect((hints.capacity ?? 0) / peakBytes).toBeGreaterThan(0.85);
      if (hinted === 'none') expect(hints).toEqual({});
    }
  });

  test('come again under the same name with sizes like before', () => {
    const byName = new Map<string, SimulatedJob[]>();
    for (const job of jobs) if (job.kind === 'shuffle') byName.set(job.name, [...(byName.get(job.name) ?? []), job]);
    const repeated = [...byName.values()].filter((runs) => runs.length >= 5);
    expect(repeated.length).toBeGreaterThan(5);
    const spreads = repeated.map((runs) => {
      const bytes = runs.map(({ peakBytes }) => Math.log(peakBytes));
      return Math.max(...bytes) - Math.min(...bytes);
    });
    expect(spreads.toSorted((a, b) => a - b)[spreads.length >> 1]).toBeLessThan(Math.log(4));
  });

  test('take at least as long as moving their data takes', () => {
    for (const job of jobs) expect(job.lifeMs).toBeGreaterThanOrEqual(Math.floor(leastLifeMs(job)));
  });
});

test('a job holds what its curve says, moves its bytes in and out once, and nothing after its life', () => {
  const job: SimulatedJob = {
    ...{ index: 0, name: 'a', kind: 'sort', startMs: 0, lifeMs: 100_000, peakBytes: 1e9, reads: 2, objectBytes: 1e6 },
    ...{ curve: { ramp: 0.2, hold: 0.5, decay: 0.2 }, hints: {}, hinted: 'none', crashes: false },
  };
  expect([0, 10_000, 20_000, 70_000, 80_000, 90_000, 100_000].map((ms) => heldBytes(job, ms) / 1e9)).toEqual([
    0,
    0.5,
    1,
    1,
    expect.closeTo(0.5),
    expect.closeTo(0),
    0,
  ]);
  let [held, moved] = [0, 0];
  for (let ms = 0; ms < 100_000; ms += 10) {
    held += heldBytes(job, ms) * 10;
    moved += movedBytesPerSecond(job, ms) / 100;
  }
  expect(held / heldByteMs(job)).toBeCloseTo(1, 2);
  expect(moved / 3e9).toBeCloseTo(1, 2);
});

test('quantiles go through the points of their table, grow, and end as the tail says', () => {
  const quantiles = new Quantiles({ 10: 1, 50: 100, 90: 10_000 }, 2);
  expect(quantiles.at(0.5)).toBeCloseTo(100);
  expect(quantiles.at(0.7)).toBeCloseTo(1000);
  expect(quantiles.at(0.01)).toBeCloseTo(1);
  expect(quantiles.at(0.99)).toBeCloseTo(10_000 * Math.sqrt(10));
  expect(new Quantiles({ 50: 5, 90: 7 }).at(0.999)).toBeCloseTo(7);
});

test('arrivals over the day have the least and the most that the profile has', () => {
  const daily = new Daily({ least: 0.78, most: 1.55 });
  const perHour = new Array<number>(24).fill(0);
  for (let index = 0; index < 240_000; index++) {
    const hour = Math.floor(daily.at((index + 0.5) / 240_000) * 24);
    perHour[hour] = (perHour[hour] ?? 0) + 1 / 10_000;
  }
  expect(Math.min(...perHour)).toBeCloseTo(0.78, 1);
  expect(Math.max(...perHour)).toBeCloseTo(1.54, 1);
  expect([peakHour - 1, peakHour]).toContain(perHour.indexOf(Math.max(...perHour)));
});

test('random numbers have the distributions they are named for', () => {
  const random = new Random(7, 'test');
  const draw = (one: () => number) => Array.from({ length: 20_000 }, one);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(mean(draw(() => random.next()))).toBeCloseTo(0.5, 1);
  expect(mean(draw(() => random.exponential(3)))).toBeCloseTo(3, 0);
  expect(mean(draw(() => random.geometric(1.78)))).toBeCloseTo(1.78, 1);
  expect(mean(draw(() => Math.log(random.logNormal(0.5))))).toBeCloseTo(0, 1);
});
