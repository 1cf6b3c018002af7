import { expect, test } from 'vitest';
import type { SimulatedJob } from '../workload/job.js';
import { baselinesOf, demandOf } from './baselines.js';

const hour = 3_600_000;
const job: SimulatedJob = {
  ...{ index: 0, name: 'a', kind: 'sort', startMs: hour, lifeMs: hour, peakBytes: 98e9, reads: 1, objectBytes: 1e6 },
  ...{ curve: { ramp: 0.1, hold: 0.8, decay: 0.1 }, hints: {}, hinted: 'none', crashes: false },
};

test('a fixed fleet has room for the peak in what ElastiCache leaves of its memory, all day', () => {
  const demand = demandOf([job, { ...job, startMs: 5 * hour }], 24);
  expect(demand.peakBytes).toBeCloseTo(98e9);
  expect(demand.meanBytes / ((98e9 * 0.9 * 2) / 24)).toBeCloseTo(1, 2);
  const fixed = baselinesOf([job], demand, 24).find(({ name }) => name === 'fixed redis fleet');
  // 98 GB in 0.75 × 13.07 GiB each: 10 nodes of 0.206 $ an hour; larger ones cost no less.
  expect(fixed?.dollars).toBeCloseTo(10 * 0.206 * 24, 0);
});

test('a cluster per job is paid by the hours that began', () => {
  const short = { ...job, lifeMs: 60_000, peakBytes: 1e9 };
  const perJob = (jobs: readonly SimulatedJob[]) =>
    baselinesOf(jobs, demandOf(jobs, 24), 24).find(({ name }) => name === 'a cluster per job')?.dollars;
  expect(perJob([short])).toBeCloseTo(0.1648);
  expect(perJob([short, short])).toBeCloseTo(2 * 0.1648);
  expect(perJob([{ ...short, lifeMs: 1.5 * hour }])).toBeCloseTo(2 * 0.1648);
});

test('an object store is paid by requests', () => {
  const only = baselinesOf([job], demandOf([job], 24), 24).find(({ name }) => name === 'object store only');
  expect(only?.dollars).toBeCloseTo(98_000 * (0.005 / 1000 + 0.0004 / 1000), 1);
});
