import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readOwner } from '../../processes/owner.js';
import { FakeParts } from '../testing/fake-part.js';
import { type Cluster, startCluster } from './cluster.js';
import { type ClusterInput, completeClusterOptions } from './options.js';

let fake: FakeParts;
let cluster: Cluster | undefined;
let notices: string[] = [];
let failures: Error[] = [];

beforeEach(() => {
  fake = new FakeParts();
  notices = [];
  failures = [];
  vi.stubEnv('FAKE_JOURNAL', fake.journal);
});
afterEach(async () => {
  await cluster?.stop();
  cluster = undefined;
  fake.remove();
  vi.unstubAllEnvs();
});

const journal = (): string[] => readFileSync(fake.journal, 'utf8').trim().split('\n');
const stops = (): string[] => journal().filter((line) => line.includes(' stop ') || line.endsWith(' hangs'));

function start(input: ClusterInput = {}, signal?: AbortSignal): Promise<Cluster> {
  const ports = { controllerPort: 0, basePort: 0, faasPort: 0 };
  const options = completeClusterOptions({
    ...ports,
    dir: join(fake.dir, 'run'),
    mains: fake.mains,
    stopBoundMs: 3000,
    ...input,
  });
  return startCluster(options, {
    onNotice: (text) => notices.push(text),
    onFailure: (error) => failures.push(error),
    ...(signal && { signal }),
  });
}

function childPid(name: string): number {
  return readOwner(join(fake.dir, 'run'))?.children.find((child) => child.name === name)?.pid ?? 0;
}

test('starts all parts and says where they are', async () => {
  cluster = await start({ nodes: 3 });
  const address = expect.stringMatching(/^127\.0\.0\.1:\d+$/);
  const sockets = join(fake.dir, 'run', 'sockets');
  expect(cluster.ready).toEqual({
    controller: address,
    http: address,
    faas: address,
    nodes: [1, 2, 3].map((number) => ({ id: `node-${number}`, address, socket: `${sockets}/x.sock`, http: address })),
    dir: join(fake.dir, 'run'),
  });
});

test('tells the nodes their share and the default object tier', async () => {
  cluster = await start({ nodes: 1, shards: 4, dramBytes: 1000, ssdBytes: 2000, faas: false });
  expect(cluster.ready.faas).toBeNull();
  const run = join(fake.dir, 'run');
  const line = journal().find((text) => text.startsWith('node-1 start'));
  expect(line).toContain(`--controller ${cluster.ready.controller} --id node-1 --dir ${run}/node-1`);
  expect(line).toContain(`--shards 4 --dram 1000 --ssd 2000 --object file:${run}/objects`);
  expect(line).toContain('--with-parent');
});

test('stops functions first, then nodes, then the controller, and leaves nothing', async () => {
  cluster = await start({ nodes: 2 });
  await cluster.stop();
  const order = stops().map((line) => line.split(' ')[0]);
  expect([order[0], order[1]?.slice(0, 4), order[2]?.slice(0, 4), order[3]]).toEqual(['functions', 'node', 'node', 'controller']);
  expect(existsSync(join(fake.dir, 'run'))).toBe(false);
  expect(notices).toEqual([]);
});

test('a part that does not stop is killed', async () => {
  vi.stubEnv('FAKE_TROUBLE', 'node-1 hangs');
  cluster = await start({ nodes: 1, stopBoundMs: 200 });
  await cluster.stop();
  expect(stops()).toEqual(['functions stop SIGTERM', 'node-1 hangs', 'controller stop SIGTERM']);
});

test('killing all parts starts none again', async () => {
  cluster = await start({ nodes: 1 });
  cluster.kill();
  await cluster.stop();
  expect(notices).toEqual([]);
  expect(existsSync(join(fake.dir, 'run'))).toBe(false);
});

test.each(['controller', 'node-1', 'functions'])('%s comes back on its port when it is killed', async (name) => {
  cluster = await start({ nodes: 1 });
  const pid = childPid(name);
  process.kill(pid, 'SIGKILL');
  await vi.waitFor(() => expect(notices).toContain(`${name} is back`), { timeout: 15_000 });
  expect(notices[0]).toBe(`${name} was killed by SIGKILL; starting it again`);
  expect(childPid(name)).not.toBe(pid);
  const starts = journal().filter((line) => line.startsWith(`${name} start`));
  expect(starts).toHaveLength(2);
  if (name === 'controller') expect(starts[1]).toContain(`--port ${cluster.ready.controller.split(':')[1]} `);
});

test('a part that keeps dying is a failure', async () => {
  vi.stubEnv('FAKE_TROUBLE', 'node-1 dies');
  cluster = await start({ nodes: 1, faas: false });
  await vi.waitFor(() => expect(failures).toHaveLength(1), { timeout: 20_000 });
  expect(failures[0]?.message).toBe('node-1 keeps dying; it exited with code 7');
}, 30_000);

test('a node that has left is not started again, and the others go on', async () => {
  vi.stubEnv('FAKE_TROUBLE', 'node-1 leaves');
  cluster = await start({ nodes: 2, faas: false });
  await vi.waitFor(() => expect(notices).toEqual(['node-1 was drained and has left']), { timeout: 10_000 });
  await cluster.stop();
  expect(journal().filter((line) => line.startsWith('node-1 start'))).toHaveLength(1);
  expect(stops()).toEqual(['node-2 stop SIGTERM', 'controller stop SIGTERM']);
  expect([failures, notices]).toEqual([[], ['node-1 was drained and has left']]);
});

test('a node that ends with code 0 without having left is started again', async () => {
  vi.stubEnv('FAKE_TROUBLE', 'node-1 ends');
  cluster = await start({ nodes: 1, faas: false });
  await vi.waitFor(() => expect(notices).toContain('node-1 is back'), { timeout: 15_000 });
  expect(notices[0]).toBe('node-1 exited with code 0; starting it again');
});

test('a part that does not start is an error with its last words, and nothing is left', async () => {
  vi.stubEnv('FAKE_TROUBLE', 'node-2 fails');
  await expect(start()).rejects.toThrow('node-2 exited with code 3: fatal: no luck today');
  expect(existsSync(join(fake.dir, 'run'))).toBe(false);
  expect(stops().at(-1)).toBe('controller stop SIGTERM');
});

test('a part that never says it is ready is an error', async () => {
  vi.stubEnv('FAKE_TROUBLE', 'controller is mute');
  await expect(start({ readyTimeoutMs: 500 })).rejects.toThrow('controller was not ready after 1 s');
  expect(existsSync(join(fake.dir, 'run'))).toBe(false);
});

test('a start that is aborted leaves nothing', async () => {
  vi.stubEnv('FAKE_TROUBLE', 'node-1 is mute');
  const abort = new AbortController();
  const started = start({ nodes: 1 }, abort.signal);
  await vi.waitFor(() => expect(readFileSync(fake.journal, 'utf8')).toContain('node-1 start'), { timeout: 10_000 });
  abort.abort();
  await expect(started).rejects.toThrow('stopped before everything was ready');
  expect(existsSync(join(fake.dir, 'run'))).toBe(false);
});

test('a long folder keeps its sockets elsewhere, and they go too', async () => {
  const dir = join(fake.dir, 'x'.repeat(100));
  cluster = await start({ nodes: 1, dir });
  const socket = cluster.ready.nodes[0]?.socket ?? '';
  expect(socket.length).toBeLessThan(100);
  await cluster.stop();
  expect([existsSync(dir), existsSync(join(socket, '..'))]).toEqual([false, false]);
});

test('a port that was asked for and is taken is refused before anything starts', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const taken = server.address();
  const controllerPort = typeof taken === 'object' && taken ? taken.port : 0;
  await expect(start({ controllerPort })).rejects.toThrow(`port ${controllerPort} is taken`);
  server.close();
  expect(existsSync(join(fake.dir, 'run'))).toBe(false);
});
