import { expect, test } from 'vitest';
import { completePolicy } from './policy.js';
import { type LoadAt, type SimulatedRun, seeded, simulate } from './testing/simulated-fleet.js';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const policy = completePolicy({ least: 1, most: 200, lingerMs: 2 * minuteMs });

/** Noise with a memory of its own: pulled back to 0, pushed around each second. */
function noise(random: () => number, size: number): () => number {
  let value = 0;
  return () => {
    const push = (random() + random() + random() - 1.5) * size;
    value = 0.8 * value + push;
    return value;
  };
}

/** Around `nodes` nodes' worth of work, each dimension noisy by itself. */
function noisy(nodes: (atMs: number) => number, size: number, seed: number): LoadAt {
  const random = seeded(seed);
  const [cpu, network, reserved] = [noise(random, size), noise(random, size), noise(random, size / 4)];
  return (atMs) => {
    const wanted = nodes(atMs);
    const of = (next: () => number, share: number) => Math.max(0, wanted * share * (1 + next()));
    return { cpu: of(cpu, 1), network: of(network, 0.8), reserved: of(reserved, 0.9) };
  };
}

const changes = ({ actions }: SimulatedRun) => actions.filter(({ kind }) => kind !== 'limit');

/** Starts that were followed by a drain, or drains by a start, within the linger time. */
function reversals(run: SimulatedRun): number {
  const all = changes(run);
  return all.filter((action, index) => {
    const next = all.slice(index + 1).find(({ kind }) => (kind === 'drain') !== (action.kind === 'drain'));
    return action.kind === 'start' && next?.kind === 'drain' && next.atMs - action.atMs < policy.lingerMs;
  }).length;
}

/** Part of the minutes, after the first ten, in which mean utilisation lay between two bounds. */
function minutesWithin({ samples }: SimulatedRun, low: number, high: number): number {
  const means: number[] = [];
  for (let from = 600; from < samples.length; from += 60) {
    const minute = samples.slice(from, from + 60);
    means.push(minute.reduce((sum, { part }) => sum + part, 0) / minute.length);
  }
  return means.filter((part) => part >= low && part <= high).length / means.length;
}

test.each([1, 2, 3, 4, 5])(
  'a noisy load around a level changes the fleet a few times and then not any more (seed %i)',
  (seed) => {
    const run = simulate(
      policy,
      noisy(() => 14, 0.15, seed),
      6 * hourMs,
    );
    const later = changes(run).filter(({ atMs }) => atMs > hourMs);
    expect(later.length).toBeLessThanOrEqual(6);
    expect(reversals(run)).toBe(0);
    expect(minutesWithin(run, 0.55, 0.85)).toBeGreaterThan(0.95);
  },
);

test.each([11, 12])('a day with its tide is followed within the band, without flapping (seed %i)', (seed) => {
  const tide = (atMs: number) => 30 - 20 * Math.cos((2 * Math.PI * atMs) / (24 * hourMs));
  const run = simulate(policy, noisy(tide, 0.12, seed), 24 * hourMs);
  // From 10 to 50 nodes' worth and back takes some 57 starts and as many drains.
  const started = run.actions.reduce((sum, action) => sum + (action.kind === 'start' ? action.count : 0), 0);
  const drained = run.actions.filter(({ kind }) => kind === 'drain').length;
  expect(started).toBeGreaterThan(50);
  expect(started).toBeLessThan(120);
  expect(drained).toBeLessThan(120);
  expect(reversals(run)).toBe(0);
  expect(minutesWithin(run, 0.6, 0.8)).toBeGreaterThan(0.9);
});

test.each([21, 22])('a load that doubles at once is met, and the fleet shrinks again after it (seed %i)', (seed) => {
  const burst = (atMs: number) => (atMs > hourMs && atMs < 2 * hourMs ? 28 : 14);
  const run = simulate(policy, noisy(burst, 0.1, seed), 4 * hourMs);
  const at = (ms: number) => run.samples[ms / 1000]?.nodes ?? 0;
  expect(at(hourMs + 5 * minuteMs)).toBeGreaterThanOrEqual(33);
  expect(at(2 * hourMs - 1000)).toBeLessThan(50);
  expect(at(4 * hourMs - 1000)).toBeLessThan(26);
  expect(reversals(run)).toBe(0);
});

test('nodes that drain are taken back when the load returns', () => {
  const gap = (atMs: number) => (atMs < hourMs ? 14 : atMs < hourMs + 4.25 * minuteMs ? 7 : 20);
  const run = simulate(policy, noisy(gap, 0.02, 31), 2 * hourMs);
  const after = run.actions.filter(({ atMs }) => atMs > hourMs).map(({ kind }) => kind);
  expect(after.slice(0, after.indexOf('start'))).toEqual(expect.arrayContaining(['drain', 'undrain']));
});
