import { beforeAll, expect, test } from 'vitest';
import { liveThrough } from './day.js';
import { type SimulationOptions, simulationOptions } from './options.js';
import { reportOf, type SimulationReport } from './report/document.js';
import { plotOf } from './report/plot.js';

const small: Partial<SimulationOptions> = { nodes: 12, jobs: 100, hours: 0.2 };
const live = async (given: Partial<SimulationOptions> = {}) =>
  reportOf(await liveThrough(simulationOptions({ ...small, ...given })));

let report: SimulationReport;
beforeAll(async () => {
  report = await live();
}, 120_000);

test('a day runs the same way twice', async () => {
  const again = await live();
  expect(JSON.stringify({ ...again, wall: undefined })).toBe(JSON.stringify({ ...report, wall: undefined }));
}, 120_000);

test('every job registers and ends, nodes come and go with the load, and are paid for', () => {
  expect(report.jobs.refused).toEqual([]);
  expect(report.jobs.registered).toBe(report.workload.jobs);
  expect(report.jobs.ended + report.jobs.lapsed).toBeGreaterThan(0.5 * report.workload.jobs);
  expect(report.nodes.most).toBeGreaterThan(3);
  expect(report.nodes.most).toBeLessThanOrEqual(12);
  expect(report.cost.nodes).toBeCloseTo(report.cost.nodeHours * 0.0576, 1);
  expect(report.series).toHaveLength(12);
  expect(report.utilisation.dram.used).toBeGreaterThan(0.05);
});

test('nodes that die take objects with them, and the day goes on', async () => {
  const hard = await live({ nodeFailureHours: 0.1 });
  expect(hard.deaths.died).toBeGreaterThan(3);
  expect(hard.deaths.returned).toBeGreaterThan(0);
  expect(hard.deaths.lostBytes).toBeGreaterThan(0);
  const refused = hard.jobs.refused.reduce((sum, { jobs }) => sum + jobs, 0);
  expect(hard.jobs.registered + refused).toBe(hard.workload.jobs);
}, 120_000);

test('the plot is an SVG with a line for everything it tells', async () => {
  const svg = await plotOf(report);
  expect(svg.startsWith('<svg')).toBe(true);
  for (const text of ['held by nodes', 'wanted by jobs', 'draining', 'fixed redis fleet']) expect(svg).toContain(text);
}, 60_000);
