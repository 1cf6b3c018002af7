import { expect, test } from 'vitest';
import type { NodeShape } from '../providers/node-provider.js';
import { type Amounts, noAmounts } from './amounts.js';
import { decide, freshMemory, type ScaleMemory } from './decide.js';
import { type AutoscalePolicy, completePolicy } from './policy.js';
import type { FleetSnapshot, NodeLoad } from './snapshot.js';

const GiB = 2 ** 30;
const local: NodeShape = {
  name: 'local',
  shards: 2,
  dramBytes: GiB,
  ssdBytes: 8 * GiB,
  throughputBytesPerSecond: 1e9,
  dollarsPerHour: 0.01,
  most: 100,
};
const capacity: Amounts = { cpu: 2, network: 1e9, dram: GiB, ssd: 8 * GiB };
const nowMs = 1_000_000;
/** What is reserved counts whole, unless a case is about that. */
const reservedParts: Amounts = { cpu: 1, network: 1, dram: 1, ssd: 1 };
const policy = completePolicy({ least: 1, most: 8, lingerMs: 60_000, settleMs: 20_000, reservedParts });
const quiet: ScaleMemory = { ...freshMemory, lowSinceMs: nowMs - 60_000 };

type Parts = Partial<Record<keyof Amounts, number>>;
const amounts = (parts: Parts): Amounts => ({
  cpu: (parts.cpu ?? 0) * capacity.cpu,
  network: (parts.network ?? 0) * capacity.network,
  dram: (parts.dram ?? 0) * capacity.dram,
  ssd: (parts.ssd ?? 0) * capacity.ssd,
});

/** A node by the parts of it that are used and reserved. */
function node(name: string, used: Parts = {}, reserved: Parts = {}, more: Partial<NodeLoad> = {}): NodeLoad {
  const load = { capacity, used: amounts(used), reserved: amounts(reserved), jobs: 1 };
  return { node: name, shape: 'local', ...load, draining: undefined, ...more };
}

function fleet(nodes: readonly NodeLoad[], more: Partial<FleetSnapshot> = {}): FleetSnapshot {
  return {
    nodes,
    starting: [],
    held: new Map([['local', nodes.length]]),
    missing: noAmounts,
    jobsMissing: 0,
    removable: nodes.map((each) => each.node).reverse(),
    shapes: [local],
    ...more,
  };
}

function actions(snapshot: FleetSnapshot, memory: ScaleMemory = freshMemory, with_: AutoscalePolicy = policy) {
  return decide(snapshot, with_, memory, nowMs).actions.map((action) => {
    if (action.kind === 'start') return `start ${action.count} ${action.shape}`;
    return action.kind === 'limit' ? 'limit' : `${action.kind} ${action.node}`;
  });
}

const nodes = (count: number, used: Parts, reserved: Parts = {}) =>
  Array.from({ length: count }, (_, index) => node(`node-${index + 1}`, used, reserved));

test.each([
  ['nothing is there: the least is started', fleet([]), ['start 1 local']],
  ['one node is on its way already', fleet([], { starting: ['local'], held: new Map([['local', 1]]) }), []],
  ['in the band nothing happens', fleet(nodes(4, { dram: 0.7 })), []],
  ['above the band by observed use of dram', fleet(nodes(4, { dram: 0.85 })), ['start 1 local']],
  ['of ssd', fleet(nodes(4, { ssd: 0.85 })), ['start 1 local']],
  ['of cpu', fleet(nodes(4, { cpu: 0.95 })), ['start 2 local']],
  ['of network', fleet(nodes(4, { network: 0.81 })), ['start 1 local']],
  ['by reservation, though little is used', fleet(nodes(4, { dram: 0.1 }, { dram: 0.95 })), ['start 2 local']],
  ['use within a reservation is not counted twice', fleet(nodes(4, { dram: 0.5 }, { dram: 0.7 })), []],
  [
    'what jobs lack counts',
    fleet(nodes(1, {}, { dram: 1 }), { missing: amounts({ dram: 1 }), jobsMissing: 1 }),
    ['start 2 local'],
  ],
  ['nodes on their way count as there', fleet(nodes(4, { dram: 0.85 }), { starting: ['local'] }), []],
  [
    'no more than the most, those that drain included',
    fleet(nodes(7, { dram: 1 }), { held: new Map([['local', 7]]) }),
    ['start 1 local'],
  ],
  ['at the most only that is said', fleet(nodes(8, { dram: 1 })), ['limit']],
])('%s', (_name, snapshot, expected) => {
  expect(actions(snapshot)).toEqual(expected);
});

test('a limit is said once until it is over', () => {
  const full = fleet(nodes(8, { dram: 1 }));
  const first = decide(full, policy, freshMemory, nowMs);
  expect(first.actions.map(({ kind }) => kind)).toEqual(['limit']);
  expect(decide(full, policy, first.memory, nowMs).actions).toEqual([]);
  const over = decide(fleet(nodes(8, { dram: 0.7 })), policy, first.memory, nowMs);
  expect(decide(full, policy, over.memory, nowMs).actions.map(({ kind }) => kind)).toEqual(['limit']);
});

test('observed figures settle after a start before they start more; reservations need not', () => {
  const justStarted = { ...freshMemory, startedMs: nowMs - 5000 };
  expect(actions(fleet(nodes(4, { cpu: 1 })), justStarted)).toEqual([]);
  expect(actions(fleet(nodes(4, { cpu: 1 })), { ...freshMemory, startedMs: nowMs - 20_000 })).toEqual(['start 2 local']);
  expect(actions(fleet(nodes(4, {}, { dram: 1 })), justStarted)).toEqual(['start 2 local']);
});

test('one decision starts no more than the step', () => {
  const huge = fleet(nodes(1, {}, { dram: 1 }), { missing: amounts({ dram: 50 }), jobsMissing: 1 });
  const wide = completePolicy({ most: 100, stepLeast: 4, stepOut: 1 });
  expect(actions(huge, freshMemory, wide)).toEqual(['start 4 local']);
});

test.each([
  ['not before the linger time', fleet(nodes(3, { dram: 0.1 })), { ...quiet, lowSinceMs: nowMs - 59_000 }, []],
  ['the one that is cheapest to let go', fleet(nodes(3, { dram: 0.1 })), quiet, ['drain node-3']],
  ['not soon after a start', fleet(nodes(3, { dram: 0.1 })), { ...quiet, startedMs: nowMs - 59_000 }, []],
  ['not soon after another drain', fleet(nodes(3, { dram: 0.1 })), { ...quiet, drainedMs: nowMs - 59_000 }, []],
  ['not while nodes are on their way', fleet(nodes(3, { dram: 0.1 }), { starting: ['local'] }), quiet, []],
  ['not if the rest would be too full', fleet(nodes(3, { dram: 0.55 })), quiet, []],
  ['not under the least', fleet(nodes(1, {})), quiet, []],
  ['not what the provider cannot take away', fleet(nodes(3, {}), { removable: [] }), quiet, []],
  ['not while a job lacks something', fleet(nodes(3, {}), { missing: amounts({ dram: 0.1 }), jobsMissing: 1 }), quiet, []],
  ['half of a large fleet', fleet(nodes(6, {})), quiet, ['drain node-6', 'drain node-5', 'drain node-4']],
] as const)('drains %s', (_name, snapshot, memory, expected) => {
  expect(actions(snapshot, memory, completePolicy({ most: 20, lingerMs: 60_000 }))).toEqual(expected);
});

test('the linger time begins anew when utilisation was in the band in between', () => {
  const low = fleet(nodes(3, { dram: 0.1 }));
  const first = decide(low, policy, freshMemory, nowMs);
  expect(first.memory.lowSinceMs).toBe(nowMs);
  const busy = decide(fleet(nodes(3, { dram: 0.7 })), policy, first.memory, nowMs + 30_000);
  expect(busy.memory.lowSinceMs).toBeUndefined();
  const again = decide(low, policy, busy.memory, nowMs + 31_000);
  expect(decide(low, policy, again.memory, nowMs + 61_000).actions).toEqual([]);
  const later = decide(low, policy, again.memory, nowMs + 91_000);
  // What was taken in the linger time before counts, too.
  expect(later.actions).toEqual([]);
  expect(decide(low, policy, later.memory, nowMs + 151_000).actions.map(({ kind }) => kind)).toEqual(['drain']);
});

test('memory that is reserved counts in part, throughput by how often it is promised, and what found no room whole', () => {
  const standard = completePolicy({ most: 8 });
  const decided = (reserved: Parts, more: Partial<FleetSnapshot> = {}) =>
    actions(fleet(nodes(4, {}, reserved), more), freshMemory, standard);
  expect(decided({ dram: 0.94 })).toEqual([]);
  expect(decided({ dram: 0.95 })).toEqual(['start 1 local']);
  expect(decided({ network: 3 })).toEqual([]);
  expect(decided({ network: 3.3 })).toEqual(['start 1 local']);
  expect(decided({ dram: 0.8 }, { missing: amounts({ dram: 0.6 }), jobsMissing: 1 })).toEqual(['start 1 local']);
});

test('a node that drains is taken back before a new one is started, unless an operator drains it', () => {
  const drained = (returnable: boolean) => node('node-3', { dram: 0.2 }, {}, { draining: { returnable } });
  const busy = nodes(2, { dram: 0.9 });
  expect(actions(fleet([...busy, drained(true)]))).toEqual(['undrain node-3']);
  expect(actions(fleet([...busy, drained(false)]))).toEqual(['start 1 local']);
  const busier = fleet([...nodes(2, { dram: 1 }), drained(true)], { missing: amounts({ dram: 1 }), jobsMissing: 1 });
  expect(actions(busier)).toEqual(['undrain node-3', 'start 2 local']);
});

test('a draining node counts for nothing: neither its room nor what its jobs hold', () => {
  const snapshot = fleet([...nodes(2, { dram: 0.7 }), node('node-3', { dram: 1 }, {}, { draining: { returnable: true } })]);
  expect(actions(snapshot)).toEqual([]);
});

test('of several shapes the cheapest that help are started', () => {
  const shapes: NodeShape[] = [
    { ...local, name: 'memory', dramBytes: 8 * GiB, ssdBytes: 0, dollarsPerHour: 0.06 },
    { ...local, name: 'disk', dramBytes: GiB / 8, ssdBytes: 100 * GiB, dollarsPerHour: 0.05 },
  ];
  const held = new Map([['memory', 1]]);
  const lacks = (parts: Parts) =>
    fleet(nodes(2, { dram: 0.5, ssd: 0.5 }), { shapes, held, missing: amounts(parts), jobsMissing: 1 });
  expect(actions(lacks({ dram: 4 }))).toEqual(['start 1 memory']);
  expect(actions(lacks({ ssd: 4 }))).toEqual(['start 1 disk']);
  expect(actions(lacks({ dram: 4, ssd: 4 })).sort()).toEqual(['start 1 disk', 'start 1 memory']);
});

test('a node of nobody is neither drained nor counted as one of the provider, but counts towards the most', () => {
  const foreign = { ...node('mine', { dram: 1 }), shape: undefined };
  expect(actions(fleet([foreign], { held: new Map() }))).toEqual(['start 1 local']);
  expect(actions(fleet([foreign], { held: new Map() }), freshMemory, completePolicy({ most: 1 }))).toEqual(['limit']);
});

test('every action says the figures that led to it', () => {
  const [action] = decide(fleet(nodes(4, { dram: 0.85 })), policy, freshMemory, nowMs).actions;
  expect(action?.because).toBe(
    'dram 85 % taken (used 3.4 GiB, reserved 0 B of 4 GiB), above 80 %; 1 of local bring the fullest to 68 %',
  );
  const figure = (name: string) => action?.figures.find((each) => each.name === name)?.value;
  expect([figure('nodes'), figure('dramPart'), figure('dramCapacity')]).toEqual([4, 0.85, 4 * GiB]);
  const [drain] = decide(fleet(nodes(3, { dram: 0.1 })), policy, quiet, nowMs).actions;
  expect(drain?.because).toBe(
    'dram 10 % taken (used 307 MiB, reserved 0 B of 3 GiB), under 60 % for 60 s; without it 15 % of dram',
  );
});
