import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobConfiguration } from '@satchel/proto/gen';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeController, type FakeNode } from './testing/fake-controller.js';
import {
  anonymousBytesOf,
  childrenOf,
  descriptorsOf,
  heapSnapshotsTo,
  isRunning,
  liveHeapBytes,
  type NodeProcess,
  startNode,
} from './testing/node-process.js';

let dir: string;
let sockets: string;
let controller: FakeController;
let nodes: NodeProcess[];
let clients: Redis[];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'satchel-node-'));
  sockets = join(dir, 'sockets');
  controller = new FakeController();
  await controller.listen();
  nodes = [];
  clients = [];
});

afterEach(async () => {
  for (const client of clients) client.disconnect();
  for (const { child } of nodes) child.kill('SIGTERM');
  await Promise.all(nodes.map(({ ended }) => ended));
  await controller.close();
  rmSync(dir, { recursive: true });
});

async function start(
  options: readonly string[] = [],
  environment: Record<string, string> = {},
): Promise<{ process: NodeProcess; node: FakeNode }> {
  const joined = controller.nextJoin();
  const own = ['--controller', controller.address, '--id', 'n1', '--dir', join(dir, 'node'), '--socket-dir', sockets];
  const sizes = ['--dram', '64MiB', '--ssd', '64MiB', '--base-port', '0', '--http-port', '0'];
  const process = await startNode([...own, ...sizes, ...options], environment);
  nodes.push(process);
  return { process, node: await joined };
}

function jobOn(job: string, shard: number, changes: JobConfiguration = {}): JobConfiguration {
  return { job, namespace: 'default', epoch: 1, ranges: [{ start: 0, shard }], tiers: ['dram', 'ssd'], ...changes };
}

function connect(where: { port: number } | { path: string }, job: string, token: string): Redis {
  const client = new Redis({
    ...where,
    username: job,
    password: token,
    lazyConnect: true,
    enableReadyCheck: false,
    maxRetriesPerRequest: 20,
    retryStrategy: () => 50,
  });
  client.on('error', () => {});
  clients.push(client);
  return client;
}

function portOf({ ready }: NodeProcess): number {
  return Number(ready.address.split(':')[1]);
}

async function openJob(process: NodeProcess, node: FakeNode, job: string): Promise<Redis> {
  const shard = node.shards[0] ?? 0;
  await controller.configure(node, [jobOn(job, shard)]);
  return connect({ port: portOf(process) }, job, await controller.token(job, [[0, shard]], { tiers: ['dram', 'ssd'] }));
}

function filesUnder(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
}

function shardPid(process: NodeProcess): number {
  return childrenOf(process.child.pid ?? 0)[0] ?? 0;
}

test('a configured job is used over TCP and the Unix socket, and an unheard one by its token', async () => {
  const { process, node } = await start();
  expect(process.ready).toMatchObject({ id: 'n1', socket: join(sockets, `${portOf(process)}.sock`) });
  const tcp = await openJob(process, node, 'job-a');
  await tcp.set('key', 'value');
  const token = await controller.token('job-a', [[0, node.shards[0] ?? 0]]);
  expect(await connect({ path: process.ready.socket }, 'job-a', token).get('key')).toBe('value');
  const unheard = connect({ port: portOf(process) }, 'unheard', await controller.token('unheard', [[0, node.shards[0] ?? 0]]));
  expect(await unheard.set('a', '1')).toBe('OK');
  await expect(connect({ port: portOf(process) }, 'job-a', 'wrong').get('key')).rejects.toThrow('WRONGPASS');
});

test('what a killed shard held is LOST, not missing, until it is written again', async () => {
  const { process, node } = await start();
  const client = await openJob(process, node, 'job-a');
  await client.set('key', 'value');
  const pid = shardPid(process);
  const down = controller.next('shardChanged', ({ state }) => state === 'down');
  const up = controller.next('shardChanged', ({ state }) => state === 'up');
  globalThis.process.kill(pid, 'SIGKILL');
  expect((await down).shard).toBe(node.shards[0]);
  await up;
  expect(shardPid(process)).not.toBe(pid);
  await expect(client.get('key')).rejects.toThrow('LOST');
  await client.set('key', 'again');
  expect(await client.get('key')).toBe('again');
  expect(process.log()).toContain('a shard died and is restarted');
});

test('the end of a job takes its files, refuses its sessions and tokens, and is reported with its usage', async () => {
  const { process, node } = await start();
  const client = await openJob(process, node, 'job-a');
  await client.set('key', 'value');
  await client.call('SATCHEL.PUT', 'slow', 'value', 'TIER', 'ssd');
  const shardDir = join(dir, 'node', 'shard-0');
  expect(readdirSync(join(shardDir, 'jobs'))).toEqual(['job-a']);
  const purged = controller.next('purged');
  node.send({ end: { job: 'job-a', sequence: 99, refuseUntilMs: Date.now() + 3_600_000 } });
  const { job, usage } = await purged;
  expect(job).toBe('job-a');
  expect(usage).toMatchObject({ objects: 0, dram: { bytes: 0 }, ssd: { bytes: 0 } });
  expect(usage?.requests).toBeGreaterThanOrEqual(2);
  expect(readdirSync(join(shardDir, 'jobs'))).toEqual([]);
  expect(existsSync(join(shardDir, 'trash')) ? readdirSync(join(shardDir, 'trash')) : []).toEqual([]);
  await expect(client.get('key')).rejects.toThrow('NOJOB');
  const late = connect({ port: portOf(process) }, 'job-a', await controller.token('job-a', [[0, node.shards[0] ?? 0]]));
  await expect(late.get('key')).rejects.toThrow('has ended');
});

test('when the host is killed its shards end, and the next start finds numbers, ports, jobs and what ssd kept', async () => {
  const { process, node } = await start(['--shards', '2']);
  const client = await openJob(process, node, 'job-a');
  await client.call('SATCHEL.PUT', 'slow', 'kept', 'TIER', 'ssd');
  await client.set('fast', 'value');
  const shards = childrenOf(process.child.pid ?? 0);
  expect(shards).toHaveLength(2);
  const killedMs = Date.now();
  process.child.kill('SIGKILL');
  await expect.poll(() => shards.some(isRunning), { timeout: 10_000, interval: 20 }).toBe(false);
  expect(Date.now() - killedMs).toBeLessThan(2000);
  client.disconnect();
  const again = await start(['--shards', '2']);
  expect(again.node.shards).toEqual(node.shards);
  expect(again.node.hello.jobs).toEqual(['job-a']);
  expect(again.process.ready.address).toBe(process.ready.address);
  const token = await controller.token('job-a', [[0, node.shards[0] ?? 0]]);
  const later = connect({ port: portOf(again.process) }, 'job-a', token);
  expect(await later.get('slow')).toBe('kept');
  await expect(later.get('fast')).rejects.toThrow('LOST');
});

test('a node serves what it knows while the controller is away, also after a restart', async () => {
  const first = await start();
  const client = await openJob(first.process, first.node, 'job-a');
  await client.set('key', 'value');
  await controller.close();
  expect(await client.get('key')).toBe('value');
  first.process.child.kill('SIGTERM');
  expect(await first.process.ended).toBe(0);
  expect(readdirSync(sockets)).toEqual([]);
  client.disconnect();
  const own = [
    '--controller',
    '127.0.0.1:1',
    '--dir',
    join(dir, 'node'),
    '--socket-dir',
    sockets,
    '--base-port',
    '0',
    '--http-port',
    '0',
  ];
  const process = await startNode(own);
  nodes.push(process);
  const token = await controller.token('job-a', [[0, first.node.shards[0] ?? 0]]);
  const later = connect({ port: portOf(process) }, 'job-a', token);
  await later.set('key', 'new');
  expect(await later.get('key')).toBe('new');
  expect(process.log().match(/the controller is away/g)).toHaveLength(1);
});

test('a node stops when its parent’s pipe ends, and a folder in use is refused', async () => {
  const { process } = await start(['--with-parent']);
  const taken = ['--controller', controller.address, '--dir', join(dir, 'node'), '--base-port', '0', '--http-port', '0'];
  await expect(startNode(taken)).rejects.toThrow('belongs to a running storage node');
  process.child.stdin?.end();
  expect(await process.ended).toBe(0);
});

test('metrics and health are served over HTTP', async () => {
  const { process, node } = await start();
  const client = await openJob(process, node, 'job-a');
  await client.set('key', 'value');
  const metrics = async () => (await fetch(`http://${process.ready.http}/metrics`)).text();
  await expect.poll(metrics, { timeout: 5000 }).toContain('satchel_commands_total{shard="0",command="set"} 1');
  expect(await metrics()).toMatch(/satchel_tier_used_bytes\{shard="0",tier="dram"\} [1-9]/);
  const health = await fetch(`http://${process.ready.http}/healthz`);
  expect([health.status, await health.json()]).toMatchObject([200, { healthy: true, node: 'n1', controllerConnected: true }]);
});

test('a write that needs more than its share waits for the controller’s answer', async () => {
  const { process, node } = await start();
  const shard = node.shards[0] ?? 0;
  const quota = { quotaBytes: 100_000, grants: [{ job: 'job-a', shard, bytes: 1000, version: 1 }] };
  await controller.configure(node, [jobOn('job-a', shard, quota)]);
  const client = connect({ port: portOf(process) }, 'job-a', await controller.token('job-a', [[0, shard]], { quota: 100_000 }));
  const asked = controller.next('grantRequest');
  const write = client.set('key', 'x'.repeat(2000));
  expect((await asked).bytes).toBeGreaterThanOrEqual(2000);
  await controller.configure(node, [
    jobOn('job-a', shard, { ...quota, grants: [{ job: 'job-a', shard, bytes: 50_000, version: 2 }] }),
  ]);
  expect(await write).toBe('OK');
  await expect(client.set('big', 'x'.repeat(200_000))).rejects.toThrow('QUOTA');
});

test('5,000 registered idle jobs cost no descriptors and at most 4 KiB each', async () => {
  const { process, node } = await start();
  const shard = node.shards[0] ?? 0;
  const pids = [process.child.pid ?? 0, shardPid(process)];
  await controller.configure(node, [jobOn('warm', shard)]);
  const before = pids.map((pid) => [descriptorsOf(pid), anonymousBytesOf(pid)]);
  const jobs = Array.from({ length: 5000 }, (_, index) => jobOn(`idle-${index}`, shard, { quotaBytes: 1e6 }));
  for (let at = 0; at < jobs.length; at += 100) await controller.configure(node, jobs.slice(at, at + 100));
  const after = pids.map((pid) => [descriptorsOf(pid), anonymousBytesOf(pid)]);
  expect(after.map(([descriptors]) => descriptors)).toEqual(before.map(([descriptors]) => descriptors));
  const sum = (facts: typeof before) => facts.reduce((total, [, bytes]) => total + (bytes ?? 0), 0);
  expect((sum(after) - sum(before)) / jobs.length).toBeLessThanOrEqual(4096);
});

test('what dram has no room for goes to ssd and on to the object tier, and the end of the job takes it from all three', async () => {
  const { process, node } = await start(['--dram', '8MiB', '--ssd', '8MiB']);
  const shard = node.shards[0] ?? 0;
  const tiers = { tiers: ['dram', 'ssd', 'object'] };
  await controller.configure(node, [jobOn('job-a', shard, tiers)]);
  const client = connect({ port: portOf(process) }, 'job-a', await controller.token('job-a', [[0, shard]]));
  const value = (index: number) => Buffer.alloc(100_000, index);
  for (let index = 0; index < 250; index++) await client.set(`key-${index}`, value(index));
  for (let index = 0; index < 250; index++) {
    expect((await client.getBuffer(`key-${index}`))?.equals(value(index))).toBe(true);
  }
  const used = await controller.next('heartbeat', ({ jobs }) => (jobs[0]?.usage?.objects ?? 0) === 250);
  const usage = used.jobs[0]?.usage;
  const bytes = [usage?.dram?.bytes, usage?.ssd?.bytes, usage?.object?.bytes].map((each) => each ?? 0);
  expect(Math.min(...bytes)).toBeGreaterThan(5e6);
  expect(Math.max(bytes[0] ?? 0, bytes[1] ?? 0)).toBeLessThanOrEqual(8 * 2 ** 20);
  const objects = join(dir, 'node', 'objects');
  expect(filesUnder(objects)).not.toEqual([]);
  const purged = controller.next('purged');
  node.send({ end: { job: 'job-a', sequence: 99, refuseUntilMs: Date.now() + 3_600_000 } });
  expect((await purged).usage?.objectRequests).toBeGreaterThan(0);
  await expect.poll(() => filesUnder(objects)).toEqual([]);
  expect(filesUnder(join(dir, 'node', 'shard-0'))).toEqual(['contents']);
});

test('1,000 jobs used and ended leave descriptors, memory and folders where they were', async () => {
  const { process, node } = await start([], heapSnapshotsTo(dir));
  const shard = node.shards[0] ?? 0;
  const useAndEnd = async (count: number, name: string) => {
    const one = async (index: number) => {
      const job = `${name}-${index}`;
      const client = connect({ port: portOf(process) }, job, await controller.token(job, [[0, shard]]));
      await client.set('fast', 'x'.repeat(1000));
      if (index % 10 === 0) await client.call('SATCHEL.PUT', 'slow', 'x'.repeat(1000), 'TIER', 'ssd');
      const purged = controller.next('purged', (message) => message.job === job);
      node.send({ end: { job, sequence: 1000 + index, refuseUntilMs: Date.now() + 3_600_000 } });
      await purged;
      client.disconnect();
    };
    for (let at = 0; at < count; at += 20) await Promise.all(Array.from({ length: 20 }, (_, offset) => one(at + offset)));
  };
  // Compiled code and pools grow at first.
  await useAndEnd(200, 'warm');
  const pids = [process.child.pid ?? 0, shardPid(process)];
  const heaps = async () => [await liveHeapBytes(pids[0] ?? 0, dir), await liveHeapBytes(pids[1] ?? 0, dir)];
  const before = { heaps: await heaps(), descriptors: pids.map(descriptorsOf) };
  await useAndEnd(1000, 'job');
  const more = () => pids.map((pid, index) => Math.max(0, descriptorsOf(pid) - (before.descriptors[index] ?? 0)));
  await expect.poll(more, { timeout: 5000 }).toEqual([0, 0]);
  const grown = (await heaps()).map((bytes, index) => bytes - (before.heaps[index] ?? 0));
  // What stays of a job is its verified token, in a cache of bounded size.
  expect(Math.max(...grown) / 1000).toBeLessThan(3000);
  expect(filesUnder(join(dir, 'node', 'shard-0'))).toEqual(['contents']);
  expect(readdirSync(join(dir, 'node', 'shard-0', 'jobs'))).toEqual([]);
});
