import { expect, test } from 'vitest';
import type { ProvidedNode } from '../providers/node-provider.js';
import { Arrivals, type Membership } from './arrivals.js';

const provided = (phase: ProvidedNode['phase'] = 'running', node = 'a'): ProvidedNode[] => [{ node, shape: 'small', phase }];
const absent = (): Membership => ({ member: false, needed: false });
const member = (): Membership => ({ member: true, needed: false });

test('a node that was asked for counts until it joins, also while the provider does not list it yet', () => {
  const arrivals = new Arrivals(10_000);
  arrivals.asked(['a'], 'small', 0);
  expect(arrivals.compare([], absent, 1000)).toEqual({ joined: [], late: [], gone: [] });
  expect(arrivals.expected).toEqual(['small']);
  expect(arrivals.held([]).get('small')).toBe(1);
  expect(arrivals.compare(provided(), member, 3000).joined).toEqual([{ node: 'a', tookMs: 3000 }]);
  expect(arrivals.expected).toEqual([]);
  expect(arrivals.held(provided()).get('small')).toBe(1);
});

test('a node found running counts as on its way until it joins', () => {
  const arrivals = new Arrivals(10_000);
  arrivals.compare(provided(), absent, 0);
  expect(arrivals.expected).toEqual(['small']);
});

test('one that does not join in time is late once, and not counted on any more', () => {
  const arrivals = new Arrivals(10_000);
  arrivals.asked(['a'], 'small', 0);
  expect(arrivals.compare(provided('starting'), absent, 10_001).late).toEqual([{ node: 'a', waitedMs: 10_001 }]);
  expect(arrivals.compare(provided('starting'), absent, 11_000).late).toEqual([]);
  expect(arrivals.expected).toEqual([]);
  expect(arrivals.held(provided('starting')).get('small')).toBe(1);
  expect(arrivals.compare(provided(), member, 12_000).joined).toEqual([{ node: 'a', tookMs: 12_000 }]);
});

test('one that the provider never listed is forgotten when it is late', () => {
  const arrivals = new Arrivals(10_000);
  arrivals.asked(['a'], 'small', 0);
  arrivals.compare([], absent, 10_001);
  expect(arrivals.held([]).size).toBe(0);
});

test('a member that the fleet has forgotten is gone; one that says it has left, too', () => {
  const arrivals = new Arrivals(10_000);
  arrivals.compare(provided(), member, 0);
  expect(arrivals.compare(provided(), absent, 1000).gone).toEqual([{ node: 'a', failed: false }]);
  expect(new Arrivals(10_000).compare(provided('left'), absent, 0).gone).toEqual([{ node: 'a', failed: false }]);
});

test('one that does not run is gone, unless a job has data on it', () => {
  const arrivals = new Arrivals(10_000);
  expect(arrivals.compare(provided('failed'), () => ({ member: true, needed: true }), 0).gone).toEqual([]);
  expect(arrivals.compare(provided('failed'), member, 0).gone).toEqual([{ node: 'a', failed: true }]);
});
