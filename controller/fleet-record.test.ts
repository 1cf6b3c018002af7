import { noUsage } from '@satchel/proto/core';
import { afterEach, expect, test } from 'vitest';
import { openFleetRecord } from './fleet-record.js';
import { MemoryStateStore } from './state/memory.js';
import type { Change, StateStore } from './state/state-store.js';
import { runController, type TestController } from './testing/run-controller.js';
import { newPrivateKey } from './tokens.js';

const nowMs = Date.UTC(2026, 10, 21);
let running: TestController | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

const share = { shard: 1, node: 'n1', slots: 16_384, dramBytes: 1024, ssdBytes: 0, throughputBytesPerSecond: 0 };
const job = {
  job: 'alpha-1',
  name: 'alpha',
  namespace: 'team',
  hints: { capacity: 1024 },
  leaseMs: 60_000,
  verbs: ['read', 'write'],
  allocation: {
    dramBytes: 1024,
    ssdBytes: 0,
    objectBytes: 0,
    throughputBytesPerSecond: 0,
    tiers: ['dram', 'ssd', 'object'],
    quotaBytes: 1024,
    dollarsPerHour: 0.000196875,
    shares: [share],
  },
  ranges: [{ start: 0, shard: 1 }],
  reasons: [{ field: 'quota', value: '1 KiB', because: 'hint capacity' }],
  createdMs: 1,
  epoch: 1,
  state: { kind: 'active' },
};
const node = {
  node: 'n1',
  host: '127.0.0.1',
  shards: [{ index: 0, endpointPort: 7500, directPort: 7600, socket: '/tmp/7500.sock', shard: 1 }],
  dramBytes: 2 ** 27,
  ssdBytes: 2 ** 28,
  throughputBytesPerSecond: 2 ** 29,
  version: '0.1.0',
  http: '127.0.0.1:7480',
  draining: true,
  up: true,
};
const used = (requests: number) => ({ ...noUsage, dramBytes: 70, peakBytes: 70, requests });
const usageOf = (of: string, requests: number) => ({
  job: of,
  shards: [{ shard: 1, incarnation: 2, usage: used(requests), settled: used(1) }],
});

/** A state as a controller of format 1 left it: an active job, one that ended, use of both and of one that is forgotten. */
async function stateOfFormat1(): Promise<StateStore> {
  const store = new MemoryStateStore();
  const ended = { ...job, job: 'beta-2', state: { kind: 'ended', reason: 'ended', endedMs: 2, refuseUntilMs: 3 } };
  const records = [
    { collection: 'fleet', key: 'fleet', value: { format: 1, privateKeyJwk: await newPrivateKey(), nextShard: 2 } },
    { collection: 'nodes', key: 'n1', value: node },
    { collection: 'jobs', key: 'alpha-1', value: job },
    { collection: 'jobs', key: 'beta-2', value: ended },
    {
      collection: 'grants',
      key: 'alpha-1',
      value: { job: 'alpha-1', quotaBytes: 1024, grants: [{ shard: 1, bytes: 1024, version: 1 }] },
    },
    { collection: 'usage', key: 'alpha-1', value: usageOf('alpha-1', 4) },
    { collection: 'usage', key: 'beta-2', value: usageOf('beta-2', 6) },
    { collection: 'usage', key: 'gone-3', value: usageOf('gone-3', 8) },
  ];
  await store.commit(records as unknown as Change[]);
  return store;
}

test('a state of format 1 is brought up to this one, once', async () => {
  const store = await stateOfFormat1();
  const fleet = await openFleetRecord(store, nowMs);
  expect(fleet).toMatchObject({ format: 2, nextShard: 2 });
  expect(store.all('fleet')).toEqual([fleet]);
  for (const record of store.all('jobs')) expect(record).toMatchObject({ revision: 1, previous: [], former: [], epoch: 1 });
  expect(store.all('nodes')).toEqual([{ ...node, drainedBy: 'operator' }]);
  expect(store.all('usage').map(({ namespace }) => namespace)).toEqual(['team', 'team', 'default']);
  const months = () => store.all('namespace-usage').map(({ namespace, month, usage }) => [namespace, month, usage.requests]);
  expect(months()).toEqual([
    ['default', '2026-11', 9],
    ['team', '2026-11', 12],
  ]);
  expect(await openFleetRecord(store, nowMs)).toEqual(fleet);
  expect(months()[1]).toEqual(['team', '2026-11', 12]);
});

test('a step up that was written in part is done again without counting anything twice', async () => {
  const store = await stateOfFormat1();
  const before = store.all('fleet')[0];
  await openFleetRecord(store, nowMs);
  const once = [store.all('jobs'), store.all('usage'), store.all('namespace-usage')];
  await store.commit([{ collection: 'fleet', key: 'fleet', value: before }]);
  await openFleetRecord(store, nowMs + 1);
  expect([store.all('jobs'), store.all('usage'), store.all('namespace-usage')]).toEqual(once);
});

test('a controller goes on with jobs of a state of format 1: they are shown, renewed, scaled and ended', async () => {
  running = await runController(await stateOfFormat1());
  const { channel } = running;
  const shown = await channel.call(channel.jobs, channel.jobs.getJob, { job: 'alpha-1' });
  expect(shown).toMatchObject({ name: 'alpha', state: 'active' });
  await channel.call(channel.jobs, channel.jobs.renewJob, { job: 'alpha-1' });
  const scaled = await channel.call(channel.jobs, channel.jobs.scaleJob, { job: 'alpha-1', hints: { capacityBytes: 2048 } });
  expect(scaled.job).toBe('alpha-1');
  await channel.call(channel.jobs, channel.jobs.endJob, { job: 'alpha-1' });
  const after = await channel.call(channel.jobs, channel.jobs.getJob, { job: 'alpha-1' });
  expect(after.state).not.toBe('active');
});

test('a state of a later version is refused, and stays as it is', async () => {
  const store = new MemoryStateStore();
  const fleet = { format: 3, privateKeyJwk: '', nextShard: 9 };
  await store.commit([{ collection: 'fleet', key: 'fleet', value: fleet }]);
  await expect(openFleetRecord(store, nowMs)).rejects.toThrow('has format 3, this controller reads formats 1 to 2');
  expect(store.all('fleet')).toEqual([fleet]);
});
