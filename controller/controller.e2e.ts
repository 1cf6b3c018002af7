import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ControllerChannel, dial } from '@satchel/proto/rpc';
import { importPublicKey, verifyJobToken } from '@satchel/proto/validation';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ControllerProcess, startControllerProcess } from './testing/controller-process.js';
import { FakeNode } from './testing/fake-node.js';

const MiB = 2 ** 20;

let state: string;
let processes: ControllerProcess[];
let channels: ControllerChannel[];
let nodes: FakeNode[];
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'satchel-controller-'));
  processes = [];
  channels = [];
  nodes = [];
});
afterEach(async () => {
  for (const node of nodes) node.leave();
  for (const channel of channels) channel.close();
  for (const { child } of processes) child.kill('SIGTERM');
  await Promise.all(processes.map(({ ended }) => ended));
  rmSync(state, { recursive: true });
});

async function start(
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<{ process: ControllerProcess; channel: ControllerChannel }> {
  const process = await startControllerProcess(['--state', state, '--port', '0', '--http-port', '0', ...args], env);
  const channel = dial(process.ready.controller);
  processes.push(process);
  channels.push(channel);
  return { process, channel };
}

async function joinNode(process: ControllerProcess, hello: FakeNode['hello'] = {}): Promise<FakeNode> {
  const node = new FakeNode(process.ready.controller, 'n1', 2, hello);
  nodes.push(node);
  await node.join(hello);
  return node;
}

async function kill({ child, ended }: ControllerProcess): Promise<void> {
  child.kill('SIGKILL');
  await ended;
}

const register = (channel: ControllerChannel, leaseSeconds: number) =>
  channel.call(channel.jobs, channel.jobs.registerJob, { name: 'sort', leaseSeconds, hints: { capacityBytes: 100 * MiB } });
const getJob = (channel: ControllerChannel, job: string) => channel.call(channel.jobs, channel.jobs.getJob, { job });

test('after kill -9 and a new start, jobs, leases, nodes and the key are as they were', async () => {
  const first = await start();
  const node = await joinNode(first.process);
  const registered = await Promise.all(Array.from({ length: 20 }, () => register(first.channel, 60)));
  const over = registered.pop()?.job ?? '';
  await first.channel.call(first.channel.jobs, first.channel.jobs.endJob, { job: over });
  const before = (await first.channel.call(first.channel.jobs, first.channel.jobs.listJobs, {})).jobs;
  const { publicKeyJwk } = await first.channel.call(first.channel.fleet, first.channel.fleet.getPublicKey, {});
  await kill(first.process);

  const restartedMs = Date.now();
  const { channel, process } = await start();
  const after = (await channel.call(channel.jobs, channel.jobs.listJobs, {})).jobs;
  const lasting = ({ expiresAtMs: _, ...rest }: (typeof after)[number]) => rest;
  expect(after.map(lasting)).toEqual(before.map(lasting));
  for (const { expiresAtMs } of after) expect(expiresAtMs).toBeGreaterThanOrEqual(restartedMs + 60_000);
  expect((await getJob(channel, over)).state).toBe('ended');
  const { nodes: listed } = await channel.call(channel.fleet, channel.fleet.listNodes, {});
  expect(listed).toMatchObject([{ node: 'n1', state: expect.stringMatching(/^(up|suspect)$/), jobs: 19 }]);
  const key = await channel.call(channel.fleet, channel.fleet.getPublicKey, {});
  expect(key.publicKeyJwk).toBe(publicKeyJwk);
  expect((await verifyJobToken(registered[0]?.token ?? '', await importPublicKey(publicKeyJwk))).job).toBe(registered[0]?.job);

  const back = await joinNode(process, { ...node.hello, jobs: [over] });
  const { configure } = await back.saw((message) => message.configure?.complete);
  expect(configure?.jobs.map(({ job }) => job).sort()).toEqual(registered.map(({ job }) => job).sort());
  expect((await back.saw((message) => message.end)).end?.job).toBe(over);
});

test('a lease lapses a full period after the controller is back, and its job is purged', async () => {
  const first = await start();
  await joinNode(first.process);
  const { job } = await register(first.channel, 5);
  await kill(first.process);
  const { channel, process } = await start();
  const backMs = Date.now();
  const node = await joinNode(process);
  await node.saw(({ end }) => end?.job === job);
  expect(Date.now() - backMs).toBeGreaterThan(4500);
  expect(await getJob(channel, job)).toMatchObject({ endReason: 'lease-lapsed' });
});

/** Makes the clock of a process jump: five hours ahead at the first signal, as far behind at the next. */
const jumpingClock = `
  const now = Date.now;
  let offsetMs = 0;
  Date.now = () => now() + offsetMs;
  process.on('SIGUSR2', () => (offsetMs = offsetMs > 0 ? -18e6 : 18e6));
`;

test('a clock that jumps by hours, ahead and back, lapses no lease, loses no node and no state', async () => {
  const preloaded = `--import data:text/javascript,${encodeURIComponent(jumpingClock)}`;
  const { process: jumping, channel } = await start([], { NODE_OPTIONS: preloaded });
  const node = await joinNode(jumping);
  const heartbeats = setInterval(() => node.send({ heartbeat: {} }), 200);
  const { job } = await register(channel, 5);
  const seen = async () => {
    const { nodes: listed } = await channel.call(channel.fleet, channel.fleet.listNodes, {});
    return [(await getJob(channel, job)).state, ...listed.map(({ state: stateOfNode }) => stateOfNode)];
  };
  const lastHeardMs = async () => (await channel.call(channel.fleet, channel.fleet.listNodes, {})).nodes[0]?.lastHeartbeatMs ?? 0;
  for (let jump = 0; jump < 2; jump++) {
    const beforeMs = (await channel.call(channel.jobs, channel.jobs.renewJob, { job })).expiresAtMs;
    jumping.child.kill('SIGUSR2');
    // Its own time goes on: so far that leases and nodes have been judged.
    const heardMs = await lastHeardMs();
    await expect.poll(lastHeardMs, { timeout: 10_000 }).toBeGreaterThan(heardMs + 1500);
    expect(await seen()).toEqual(['active', 'up']);
    const { expiresAtMs } = await channel.call(channel.jobs, channel.jobs.renewJob, { job });
    if (jump === 0) expect(expiresAtMs - beforeMs).toBeGreaterThan(17e6);
  }
  // What is not renewed lapses all the same, after a jump back within twice its lease.
  await expect.poll(async () => (await getJob(channel, job)).endReason, { timeout: 20_000 }).toBe('lease-lapsed');
  clearInterval(heartbeats);
  await kill(jumping);
  const again = await start();
  expect(await getJob(again.channel, job)).toMatchObject({ endReason: 'lease-lapsed' });
});

test('a second controller on the same state is refused and names the first', async () => {
  const { process } = await start();
  await expect(start()).rejects.toThrow(`in use by process ${process.child.pid}`);
});

test('a port that is taken is skipped', async () => {
  const { process } = await start();
  const port = Number(process.ready.controller.split(':')[1]);
  const folder = mkdtempSync(join(tmpdir(), 'satchel-controller-'));
  const other = await startControllerProcess(['--state', folder, '--port', String(port), '--http-port', '0']);
  processes.push(other);
  expect(Number(other.ready.controller.split(':')[1])).toBeGreaterThan(port);
  await kill(other);
  rmSync(folder, { recursive: true });
});

test('it stops on SIGTERM, and with its parent', async () => {
  const { process } = await start();
  await joinNode(process);
  process.child.kill('SIGTERM');
  expect(await process.ended).toBe(0);
  const child = (await start(['--with-parent'])).process;
  child.child.stdin?.end();
  expect(await child.ended).toBe(0);
});

test('wrong options end it with status 2', async () => {
  await expect(startControllerProcess(['--state', state, '--port', 'x'])).rejects.toThrow(/status 2.*a port is a number/s);
  await expect(startControllerProcess([])).rejects.toThrow(/status 2.*--state/s);
});
