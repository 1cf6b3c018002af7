import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type Job, registerJob } from '@satchel/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readOwner } from '../processes/owner.js';
import { groupMembers, isAlive } from '../processes/process-identity.js';
import { makeTestFolder, removeTestFolder, runSatchel, UpProcess } from './testing/up-process.js';

interface Decision {
  readonly atMs: number;
  readonly kind: string;
  readonly subject: string;
  readonly because: string;
  readonly figures: readonly { readonly name: string; readonly value: number }[];
}

let dir = '';
let up: UpProcess | undefined;
let jobs: Job[] = [];
beforeEach(() => {
  dir = makeTestFolder();
});
afterEach(async () => {
  for (const job of jobs) await job.end().catch(() => undefined);
  jobs = [];
  await up?.stop();
  up = undefined;
  removeTestFolder(dir);
});

const size = ['--dram', '64MiB', '--ssd', '64MiB', '--no-faas'];

async function start(...given: string[]): Promise<string> {
  up = new UpProcess(join(dir, 'run'), [...size, ...given]);
  return (await up.ready).controller;
}

async function register(controller: string, name: string, capacity: string): Promise<Job> {
  const job = await registerJob({ name, controller, capacity, leaseSeconds: 60 });
  jobs.push(job);
  return job;
}

async function ask(controller: string, ...command: string[]): Promise<ReturnType<typeof JSON.parse>> {
  const { code, stdout, stderr } = await runSatchel([...command, '--json'], { SATCHEL_CONTROLLER: controller });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout.toString());
}

const states = async (controller: string): Promise<string[]> => {
  const { nodes }: { nodes: { node: string; state: string }[] } = await ask(controller, 'node', 'list');
  return nodes.map(({ node, state }) => `${node} ${state}`);
};

const decisionsOf = async (controller: string, ...more: string[]): Promise<Decision[]> =>
  (await ask(controller, 'node', 'decisions', ...more)).decisions;

const eventually = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 40_000, interval: 200 });

/** Puts, overwrites and reads values of its own in turns until stopped, and checks every one of them. */
function worker(url: string): { stop(): Promise<number> } {
  const store = connect(url);
  const valueAt = (index: number) => createHash('sha512').update(String(index)).digest('hex').repeat(8);
  let stopped = false;
  const run = async (): Promise<number> => {
    let index = 0;
    for (; !stopped; index++) {
      await store.put(`value/${index % 500}`, valueAt(index));
      const earlier = Math.max(0, index - (index % 250));
      expect((await store.get(`value/${earlier % 500}`))?.toString()).toBe(valueAt(earlier));
    }
    for (let last = Math.max(0, index - 500); last < index; last++) {
      expect((await store.get(`value/${last % 500}`))?.toString()).toBe(valueAt(last));
    }
    await store.close();
    return index;
  };
  const done = run();
  done.catch(() => undefined);
  return {
    stop: () => {
      stopped = true;
      return done;
    },
  };
}

/** Fills a job with values and checks them all, after those it was filled with before. */
async function fill(url: string, count: number, byte = 7, before?: number): Promise<void> {
  const store = connect(url);
  const value = Buffer.alloc(64 * 1024, byte);
  if (before !== undefined) expect((await store.get('part/0'))?.equals(Buffer.alloc(64 * 1024, before))).toBe(true);
  await Promise.all(Array.from({ length: count }, (_, index) => store.put(`part/${index}`, value)));
  for (let index = 0; index < count; index++) expect((await store.get(`part/${index}`))?.equals(value)).toBe(true);
  await store.close();
}

test('from 1 to 3 nodes and back to 1 under a changing load, while a long-lived job loses nothing', async ({ annotate }) => {
  const controller = await start('--max-nodes', '3', '--linger', '2s');
  expect(await states(controller)).toEqual(['node-1 up']);
  const long = await register(controller, 'long', '30MiB');
  const load = worker(long.url);
  // More than is left: starts writing at once on what there is.
  const first = await register(controller, 'first', '50MiB');
  await fill(first.url, 100);
  await eventually(async () => expect((await states(controller)).length).toBeGreaterThan(1));
  const second = await register(controller, 'second', '50MiB');
  await fill(second.url, 100);
  await eventually(async () => expect(await states(controller)).toEqual(['node-1 up', 'node-2 up', 'node-3 up']));
  const third = await register(controller, 'third', '20MiB');
  await fill(third.url, 50);
  // Jobs that got more nodes since they began have kept what they had.
  await fill(first.url, 100, 8, 7);
  await fill(second.url, 100, 8, 7);
  const processes = up?.processes() ?? [];
  for (const job of [first, second, third]) await job.end();
  await eventually(async () => expect(await states(controller)).toEqual(['node-1 up']));
  expect(await load.stop()).toBeGreaterThan(500);
  const shown = await ask(controller, 'job', 'show', long.id);
  expect(shown.allocation.shares.map(({ node }: { node: string }) => node)).toEqual(['node-1']);
  // What is gone is gone: processes, folders, sockets.
  await eventually(async () =>
    expect(readdirSync(join(dir, 'run', 'nodes')).filter((name) => /^node-\d/.test(name))).toEqual(['node-1']),
  );
  const decisions = await decisionsOf(controller);
  const kinds = decisions.map(({ kind, subject }) => `${kind} ${subject}`);
  for (const node of ['node-2', 'node-3']) {
    expect(kinds).toEqual(expect.arrayContaining([`drain ${node}`, `remove ${node}`]));
  }
  const took = decisions.flatMap(({ kind, figures }) => (kind === 'joined' ? (figures[0]?.value ?? []) : []));
  await annotate(`ms from the decision to start a node until it took part: ${took.join(', ')}`);
  for (const { kind, figures, because } of decisions) {
    expect(because).not.toBe('');
    if (['start', 'drain', 'undrain'].includes(kind)) expect(figures.map(({ name }) => name)).toContain('dramPart');
  }
  expect(await up?.stop()).toBe(0);
  expect(processes.filter(isAlive)).toEqual([]);
  expect(readdirSync(dir)).toEqual([]);
});

test('nodes of a controller that is killed come back under their names, and end with it for good', async () => {
  const controller = await start('--max-nodes', '2', '--linger', '60s');
  const pid = up?.pidOf('controller') ?? 0;
  process.kill(pid, 'SIGKILL');
  await eventually(async () => expect(up?.pidOf('controller')).not.toBe(pid));
  await eventually(async () => expect(await states(controller).catch(() => [])).toEqual(['node-1 up']));
  const job = await register(controller, 'after', '1MiB');
  await fill(job.url, 3);
  const nodes = join(dir, 'run', 'nodes');
  expect(readdirSync(nodes).filter((name) => /^node-\d/.test(name))).toEqual(['node-1']);
  await job.end();
  // The same when all of it is killed at once; the next start sweeps up.
  const processes = up?.processes() ?? [];
  const node = readOwner(nodes)?.children.flatMap((child) => groupMembers(child.pid)) ?? [];
  expect(node.length).toBeGreaterThanOrEqual(2);
  await up?.stop('SIGKILL');
  await vi.waitFor(() => expect([...processes, ...node].filter(isAlive)).toEqual([]), { timeout: 2000, interval: 20 });
  await start('--max-nodes', '2');
  expect(readdirSync(nodes).filter((name) => /^node-\d/.test(name))).toEqual(['node-1']);
  expect(await up?.stop()).toBe(0);
  expect(existsSync(nodes)).toBe(false);
});
