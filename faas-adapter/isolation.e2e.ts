import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Job, registerJob } from '@satchel/client';
import { jobGroupId } from '@satchel/proto/core';
import { loadMapping } from '@satchel/proto/shared-memory';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** Reads the job's object many times, tries the folders it is told of, and says who it is. */
const code = `
import { connect } from '@satchel/client';
import { readdirSync, readFileSync, writeFileSync, accessSync } from 'node:fs';
const attempt = (work) => { try { work(); return 'done'; } catch (error) { return error.code; } };
export const handler = async ({ folders = [], key = 'k' }) => {
  const store = connect();
  let value = (await store.get(key))?.toString();
  for (let count = 0; count < 500; count++) value = (await store.get(key))?.toString();
  const { served, problem } = store.localReads;
  await store.close();
  writeFileSync(process.env.HOME + '/mine', 'x');
  return {
    value, served, problem, pid: process.pid, uid: process.getuid(), gid: process.getgid(), groups: process.getgroups(),
    home: process.env.HOME, temporary: process.env.TMPDIR,
    tried: folders.map((folder) => [attempt(() => readdirSync(folder)), attempt(() => readFileSync(folder + '/root')), attempt(() => accessSync(folder + '/root'))]),
  };
};`;

interface Answer {
  readonly value: string;
  readonly served: number;
  readonly problem: string;
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly home: string;
  readonly temporary: string;
  readonly tried: readonly (readonly string[])[];
}

interface Ready {
  readonly controller: string;
  readonly faas: string;
  readonly nodes: readonly { readonly socket: string }[];
}

const isRoot = process.getuid?.() === 0;
const canShare = loadMapping() !== undefined;

describe.skipIf(!isRoot || !canShare)('as root, in a fleet of satchel up (skipped unless root and memory can be shared)', () => {
  const source = mkdtempSync(join(tmpdir(), 'satchel-isolation-'));
  let up: ChildProcess;
  let ready: Ready;
  let jobs: [Job, Job];

  beforeAll(async () => {
    const cli = fileURLToPath(new URL('../controller/dist/cli/main.js', import.meta.url));
    const ports = ['--controller-port', '0', '--base-port', '0', '--faas-port', '0'];
    const sizes = ['--nodes', '1', '--dram', '128MiB', '--ssd', '64MiB'];
    up = spawn(process.execPath, [cli, 'up', ...sizes, ...ports, '--json', '--with-parent'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const [line] = await once(createInterface({ input: up.stdout as NodeJS.ReadableStream }), 'line');
    ready = JSON.parse(line) as Ready;
    writeFileSync(join(source, 'index.mjs'), code);
    const options = { name: 'isolated', controller: ready.controller, capacity: '16MiB', connect: { socketDir: '' } };
    jobs = [await registerJob(options), await registerJob(options)];
    for (const job of jobs) await job.store.put('k', `value of ${job.id}`);
    const deployed = await fetch(`http://${ready.faas}/satchel/functions/look`, {
      method: 'PUT',
      body: JSON.stringify({ directory: source }),
    });
    expect(deployed.ok).toBe(true);
  });

  afterAll(async () => {
    for (const job of jobs ?? []) await job.end();
    up?.kill('SIGTERM');
    if (up) await once(up, 'exit');
    rmSync(source, { recursive: true, force: true });
  });

  async function invoke(job: Job, event: object = {}): Promise<Answer> {
    const response = await fetch(`http://${ready.faas}/2015-03-31/functions/look/invocations`, {
      method: 'POST',
      body: JSON.stringify(event),
      headers: { 'x-satchel-url': job.url },
    });
    const answer = (await response.json()) as Answer & { errorMessage?: string };
    expect(answer.errorMessage).toBeUndefined();
    return answer;
  }

  /** The folder of a job's memory. */
  function memoryOf(job: Job): string {
    const sockets = dirname(ready.nodes[0]?.socket ?? '');
    for (const arena of readdirSync(sockets).filter((name) => name.endsWith('.arena'))) {
      const folder = realpathSync(join(sockets, arena));
      const name = readdirSync(folder).find((each) => each.startsWith(`${job.id}-`));
      if (name !== undefined) return join(folder, name);
    }
    throw new Error(`job ${job.id} has no memory`);
  }

  test('a sandbox has the user and group of its job and nothing else, reads its own memory in place and no other', async () => {
    const [a, b] = jobs;
    const answer = await invoke(a, { folders: [memoryOf(b), memoryOf(a)] });
    expect(answer).toMatchObject({ value: `value of ${a.id}`, uid: jobGroupId(a.id), gid: jobGroupId(a.id), problem: '' });
    expect(answer.groups.filter((group) => group !== answer.gid)).toEqual([]);
    expect(answer.served).toBeGreaterThanOrEqual(490);
    // Of its own folder it may not list the files, only open those it was told of.
    expect(answer.tried).toEqual([
      ['EACCES', 'EACCES', 'EACCES'],
      ['EACCES', 'done', 'done'],
    ]);
  });

  test('jobs of one namespace share no sandbox, and a warm one serves its job again', async () => {
    const [a, b] = jobs;
    const first = await invoke(a);
    const other = await invoke(b);
    expect(other).toMatchObject({ value: `value of ${b.id}`, uid: jobGroupId(b.id) });
    expect(other.pid).not.toBe(first.pid);
    expect((await invoke(a)).pid).toBe(first.pid);
    expect(first.home).toBe(first.temporary);
    expect(statSync(first.home)).toMatchObject({ uid: first.uid, mode: 0o040700 });
  });

  test('folders of the fleet can be passed where sandboxes must, and read by nobody else', () => {
    const sockets = dirname(ready.nodes[0]?.socket ?? '');
    const run = dirname(sockets);
    const modes = Object.fromEntries(
      readdirSync(run).map((name) => [name, (statSync(join(run, name)).mode & 0o777).toString(8)]),
    );
    expect(modes).toMatchObject({ sockets: '711', functions: '711', 'node-1': '700', controller: '700' });
    expect(statSync(run).mode & 0o777).toBe(0o711);
    const manifest = join(run, 'functions', 'functions', 'look', 'function.json');
    expect(statSync(manifest).mode & 0o777).toBe(0o600);
  });

  test('what a job kept in memory is closed to its sandboxes once it has ended', async () => {
    const options = { name: 'short', controller: ready.controller, capacity: '16MiB', connect: { socketDir: '' } };
    const job = await registerJob(options);
    await job.store.put('k', 'v');
    const folder = memoryOf(job);
    await job.end();
    expect(() => statSync(join(folder, 'root'))).toThrow('ENOENT');
  });
});
