import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noUsage, systemClock, tokenLifetimeMs } from '@satchel/proto/core';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseNodeOptions } from '../config.js';
import type { HostMessage } from '../shard/messages.js';
import { FakeController } from '../testing/fake-controller.js';
import { JobTable } from './job-table.js';
import { NodeControl } from './node-control.js';
import { NodeFile } from './node-file.js';
import { NodeStatistics } from './node-statistics.js';

const job = { job: 'a', namespace: 'default', epoch: 1, ranges: [{ start: 0, shard: 10 }], tiers: ['dram'], quotaBytes: 100 };

let dir: string;
let controller: FakeController;
let table: JobTable;
let control: NodeControl;
let told: HostMessage[][];
/** How many purges were under way each time the controller let the node go. */
let dismissals: number[];
let waiting: { shard: number; kind: string; resolve: (message: HostMessage) => void }[];

/** The next message of a kind to a shard. */
function toldNext<K extends HostMessage['kind']>(shard: number, kind: K): Promise<Extract<HostMessage, { kind: K }>> {
  return new Promise((resolve) => {
    waiting.push({ shard, kind, resolve: (message) => resolve(message as Extract<HostMessage, { kind: K }>) });
  });
}

function send(shard: number, message: HostMessage): void {
  told[shard]?.push(message);
  for (const one of waiting.filter((one) => one.shard === shard && one.kind === message.kind)) one.resolve(message);
}

function begin(): NodeControl {
  return new NodeControl({
    options: parseNodeOptions(['--dir', dir, '--controller', controller.address, '--shards', '2']),
    file: NodeFile.open(dir, 'n', 7500),
    table,
    shards: [0, 1].map((index) => ({ index, listening: true, send: (message: HostMessage) => send(index, message) })),
    statistics: new NodeStatistics(),
    listening: () => [0, 1].map((index) => ({ index, endpointPort: 7500 + index, directPort: 7600 + index, socket: '' })),
    http: () => '127.0.0.1:1',
    dismissed: () => dismissals.push(control.purging),
    clock: systemClock,
    log: pino({ level: 'silent' }),
  });
}

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'satchel-control-'));
  controller = new FakeController();
  await controller.listen();
  table = JobTable.openForWriting(join(dir, 'jobs.lmdb'));
  told = [[], []];
  waiting = [];
  dismissals = [];
  control = begin();
});
afterEach(async () => {
  await control.close();
  await controller.close();
  await table.close();
  rmSync(dir, { recursive: true });
});

async function joined() {
  const node = controller.nextJoin();
  await control.join(undefined);
  return node;
}

test('a node introduces itself, takes its shard numbers and keeps them', async () => {
  const node = await joined();
  expect(node.hello).toMatchObject({ node: 'n', host: '127.0.0.1', http: '127.0.0.1:1', jobs: [] });
  expect(node.hello.shards).toHaveLength(2);
  expect(control.membershipOf(1)).toMatchObject({ shard: 11, publicKeyJwk: controller.publicKeyJwk });
  expect(NodeFile.open(dir, 'n', 7500).facts.directory.shards.map(({ shard }) => shard)).toEqual([10, 11]);
  expect(told[1]?.map(({ kind }) => kind)).toEqual(['membership', 'directory', 'controller']);
});

test('a configuration is on disk and told to the shards before it is confirmed, however often it comes', async () => {
  const node = await joined();
  const changed = toldNext(0, 'jobs-changed');
  await controller.configure(node, [{ ...job, grants: [{ job: 'a', shard: 10, bytes: 60, version: 1 }] }]);
  expect(table.get('a')).toMatchObject({ state: 'active', grants: [{ shard: 10, bytes: 60, version: 1 }] });
  expect(await changed).toEqual({ kind: 'jobs-changed', jobs: ['a'] });
  const messages = told[0]?.length;
  await controller.configure(node, [{ ...job, grants: [{ job: 'a', shard: 10, bytes: 60, version: 1 }] }]);
  expect(told[0]).toHaveLength(messages ?? -1);
});

test('an end is reported once all shards have purged, with the sum of their last counters, and again when asked again', async () => {
  const node = await joined();
  await controller.configure(node, [job]);
  const asked = toldNext(1, 'jobs-ended');
  node.send({ end: { job: 'a', sequence: 1, refuseUntilMs: 4e12 } });
  expect((await asked).jobs).toEqual(['a']);
  expect(table.get('a')).toEqual({ state: 'ended', refuseUntilMs: 4e12 });
  const purged = controller.next('purged');
  control.fromShard(0, { kind: 'job-purged', job: 'a', usage: { ...noUsage, requests: 3 } });
  control.fromShard(1, { kind: 'job-purged', job: 'a', usage: { ...noUsage, requests: 4 } });
  expect(await purged).toMatchObject({ job: 'a', usage: { requests: 7 } });
  const repeated = controller.next('purged');
  node.send({ end: { job: 'a', sequence: 2, refuseUntilMs: 4e12 } });
  expect(await repeated).toMatchObject({ job: 'a', usage: { requests: 7 } });
});

test('a complete list ends the others, those included that shards admitted by token before the node joined', async () => {
  control.fromShard(0, { kind: 'job-admitted', job: 'by-token' });
  const node = await joined();
  expect(node.hello.jobs).toEqual(['by-token']);
  control.fromShard(0, { kind: 'job-admitted', job: 'later' });
  const ended = toldNext(0, 'jobs-ended');
  await controller.configure(node, [job], true);
  expect((await ended).jobs).toEqual(['by-token']);
  const record = table.get('by-token');
  expect(record?.state === 'ended' && record.refuseUntilMs).toBeGreaterThan(Date.now() + tokenLifetimeMs - 60_000);
});

test('grants are asked for, given and returned through the node, and named when it joins again', async () => {
  const node = await joined();
  await controller.configure(node, [{ ...job, grants: [{ job: 'a', shard: 10, bytes: 60, version: 1 }] }]);
  const request = controller.next('grantRequest');
  control.fromShard(0, { kind: 'grant-request', job: 'a', bytes: 90 });
  expect(await request).toEqual({ job: 'a', shard: 10, bytes: 90 });
  const reclaim = toldNext(0, 'grant-reclaim');
  node.send({ reclaim: { job: 'a', shard: 10 } });
  expect((await reclaim).job).toBe('a');
  const returned = controller.next('grantReturn');
  control.fromShard(0, { kind: 'grant-return', job: 'a', bytes: 20, version: 1 });
  expect(await returned).toEqual({ job: 'a', shard: 10, bytes: 20, version: 1 });
  const again = controller.nextJoin();
  node.hangUp();
  expect((await again).hello).toMatchObject({ jobs: ['a'], grants: [{ job: 'a', shard: 10, bytes: 20, version: 1 }] });
});

test('a heartbeat carries the counters of jobs that changed', async () => {
  await joined();
  const beat = controller.next('heartbeat', ({ jobs }) => jobs.length > 0);
  control.shardUp(0, false);
  control.fromShard(0, {
    kind: 'statistics',
    shard: {
      connections: 1,
      connectionsTotal: 1,
      connectionsRefused: 0,
      rings: 0,
      bytesIn: 5,
      bytesOut: 6,
      forwarded: 0,
      commands: {},
      errors: 0,
      jobsLoaded: 1,
      spills: 0,
      demotedObjects: 0,
      demotedBytes: 0,
      droppedToYield: 0,
      dram: { usedBytes: 7, reservedBytes: 8, budgetBytes: 9 },
      ssd: { usedBytes: 0, reservedBytes: 0, budgetBytes: 0 },
      object: { usedBytes: 0, reservedBytes: 0, budgetBytes: 0 },
      cpuSeconds: 1,
      residentBytes: 1,
      eventLoopDelayMs: 0,
      eventLoopDelays: { counts: [], sumMs: 0 },
      gcPauses: { counts: [], sumMs: 0 },
    },
    jobs: [{ job: 'a', usage: { ...noUsage, bytesIn: 5 }, final: false }],
  });
  expect(await beat).toMatchObject({
    node: { dramUsedBytes: 7, dramReservedBytes: 8, bytesIn: 5, bytesOut: 6, connections: 1 },
    jobs: [{ job: 'a', shard: 10, incarnation: expect.any(Number), usage: { bytesIn: 5 } }],
  });
});

test('with the controller away a node that was in the fleet goes on, and joins again when it is back', async () => {
  await joined();
  const { port } = controller;
  const away = toldNext(0, 'controller');
  await controller.close();
  expect(await away).toEqual({ kind: 'controller', reachable: false });
  const back = toldNext(0, 'membership');
  const again = controller.nextJoin();
  await controller.listen(port);
  expect((await again).shards).toEqual([10, 11]);
  expect((await back).membership.shard).toBe(10);
});

test('purges that were not finished are taken up after a restart', async () => {
  await table.end('a', 4e12);
  control.resumePurges();
  control.shardUp(1, false);
  expect(told[1]?.at(-1)).toEqual({ kind: 'jobs-ended', jobs: ['a'] });
});

test('a draining node is let go when the controller says so, not by the end of its jobs alone', async () => {
  const node = await joined();
  node.send({ drain: { reason: 'test', leave: false } });
  await controller.configure(node, [job]);
  expect(dismissals).toEqual([]);
  const asked = toldNext(1, 'jobs-ended');
  node.send({ end: { job: 'a', sequence: 1, refuseUntilMs: 4e12 } });
  await asked;
  expect(control.purging).toBe(1);
  node.send({ drain: { reason: 'test', leave: true } });
  await expect.poll(() => dismissals).toEqual([1]);
  const purged = controller.next('purged');
  for (const shard of [0, 1]) control.fromShard(shard, { kind: 'job-purged', job: 'a', usage: noUsage });
  await purged;
  expect(control.purging).toBe(0);
});
