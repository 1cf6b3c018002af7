import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { registerJob, type Store } from '@satchel/client';
import { dial } from '@satchel/proto/rpc';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ControllerProcess, startControllerProcess } from './testing/controller-process.js';
import { freePort } from './testing/etcd-process.js';

const nodeMain = fileURLToPath(new URL('../storage-node/dist/main.js', import.meta.url));

let folder: string;
let controller: ControllerProcess;
let children: ChildProcess[] = [];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'satchel-life-'));
  const state = ['--state', join(folder, 'state'), '--port', '0', '--http-port', '0', '--forget-after', '1s'];
  controller = await startControllerProcess([...state, '--with-parent']);
  children = [controller.child];
});
afterEach(async () => {
  for (const child of children.reverse()) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  rmSync(folder, { recursive: true, force: true });
});

const dirOf = (id: string) => join(folder, id);

/** Starts a storage node of one shard; resolves once it has joined. */
async function startNode(id: string, port = 0): Promise<ChildProcess> {
  const place = [
    '--controller',
    controller.ready.controller,
    '--id',
    id,
    '--dir',
    dirOf(id),
    '--socket-dir',
    join(folder, 'sockets'),
  ];
  const sizes = ['--shards', '1', '--dram', '64MiB', '--ssd', '256MiB', '--object', `file:${join(folder, 'objects')}`];
  const ports = ['--base-port', String(port), '--http-port', '0', '--advertise', '127.0.0.1', '--with-parent'];
  const env = { ...process.env, SATCHEL_LOG: 'error' };
  const child = spawn(process.execPath, [nodeMain, ...place, ...sizes, ...ports], { stdio: ['pipe', 'pipe', 'inherit'], env });
  children.push(child);
  await once(createInterface(child.stdout), 'line');
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function stateOf(id: string): Promise<string | undefined> {
  const channel = dial(controller.ready.controller);
  const { nodes } = await channel.call(channel.fleet, channel.fleet.listNodes, {});
  channel.close();
  return nodes.find(({ node }) => node === id)?.state;
}

const fill = async (store: Store, keys: readonly string[]) => {
  for (const key of keys) await store.put(key, 'value');
};
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    (value) => String(value),
    (error) => error.code,
  );
const keys = Array.from({ length: 20 }, (_, index) => `key-${index}`);

it('a node that comes back with an emptied folder answers LOST, not nil, and what is written then is there', async () => {
  const port = await freePort();
  const node = await startNode('n1', port);
  const job = await registerJob({ name: 'held', controller: controller.ready.controller, leaseSeconds: 60 });
  await fill(job.store, keys);
  await kill(node);
  rmSync(dirOf('n1'), { recursive: true });
  await startNode('n1', port);
  expect(new Set(await Promise.all(keys.map((key) => codeOf(job.store.get(key)))))).toEqual(new Set(['lost']));
  expect(await codeOf(job.store.get('never written'))).toBe('lost');
  await job.store.put('key-0', 'again');
  expect(await codeOf(job.store.get('key-0'))).toBe('again');
  const fresh = await registerJob({ name: 'fresh', controller: controller.ready.controller });
  expect(await fresh.store.get('key-0')).toBeUndefined();
  await Promise.all([job.end(), fresh.end()]);
});

it('a node that stays away is suspect, down and given up; others take its slots, and it may return', async () => {
  const [first] = [await startNode('n1'), await startNode('n2')];
  const job = await registerJob({ name: 'held', controller: controller.ready.controller, leaseSeconds: 60, functions: 100 });
  await fill(job.store, keys);
  const seen = new Set<string | undefined>();
  await kill(first);
  for (let state = await stateOf('n1'); state !== 'lost'; state = await stateOf('n1')) {
    seen.add(state);
    await delay(50);
  }
  expect([...seen].filter((state) => state !== 'up')).toEqual(['suspect', 'down']);
  for (;;) {
    const codes = new Set(await Promise.all(keys.map((key) => codeOf(job.store.get(key)))));
    if (![...codes].some((code) => code !== 'lost' && code !== 'value')) {
      expect(codes).toEqual(new Set(['lost', 'value']));
      break;
    }
    await delay(100);
  }
  await startNode('n1');
  expect(await stateOf('n1')).toBe('up');
  await fill(job.store, keys);
  expect(new Set(await Promise.all(keys.map((key) => codeOf(job.store.get(key)))))).toEqual(new Set(['value']));
  await job.end();
});
