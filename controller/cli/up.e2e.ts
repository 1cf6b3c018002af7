import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readOwner } from '../processes/owner.js';
import { groupMembers, isAlive } from '../processes/process-identity.js';
import { makeTestFolder, removeTestFolder, runSatchel, UpProcess } from './testing/up-process.js';

let dir = '';
let up: UpProcess | undefined;
beforeEach(() => {
  dir = makeTestFolder();
});
afterEach(async () => {
  await up?.stop();
  up = undefined;
  removeTestFolder(dir);
});

const small = ['--dram', '64MiB', '--ssd', '64MiB'];

async function start(given: readonly string[] = []): Promise<UpProcess> {
  up = new UpProcess(join(dir, 'run'), [...small, ...given]);
  await up.ready;
  return up;
}

async function json(given: readonly string[], env: NodeJS.ProcessEnv): Promise<ReturnType<typeof JSON.parse>> {
  const { code, stdout, stderr } = await runSatchel([...given, '--json'], env);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout.toString());
}

test('a job is registered, stores, lists and removes objects, and ends with a receipt; SIGINT leaves nothing', async () => {
  const { controller, nodes } = await (await start(['--no-faas'])).ready;
  expect(nodes.map(({ id }) => id)).toEqual(['node-1', 'node-2']);
  const env = { SATCHEL_CONTROLLER: controller };
  const registered = await json(['job', 'register', 'check', '--capacity', '10MiB', '--lease', '120s'], env);
  expect(registered).toMatchObject({ job: expect.stringMatching(/^check-/), leaseSeconds: 120, allocation: {} });
  expect(registered.url).toMatch(/^redis:\/\/check-[a-z0-9-]+:[A-Za-z0-9._-]+@127\.0\.0\.1:\d+$/);
  const job = { ...env, SATCHEL_URL: registered.url };
  const value = Buffer.from([0, 1, 255, 10, 13, 128]);
  expect((await runSatchel(['put', 'a/key', '-'], job, value)).code).toBe(0);
  writeFileSync(join(dir, 'file'), value);
  expect(await json(['put', 'b/key', join(dir, 'file')], job)).toEqual({ key: 'b/key', size: 6 });
  expect((await runSatchel(['get', 'a/key'], job)).stdout).toEqual(value);
  expect(await json(['ls'], job)).toEqual({ keys: ['a/key', 'b/key'] });
  expect(await json(['ls', 'a/'], job)).toEqual({ keys: ['a/key'] });
  expect(await json(['stat', 'b/key'], job)).toMatchObject({ key: 'b/key', size: 6, tier: 'dram', persist: false });
  expect(await json(['rm', 'b/key'], job)).toEqual({ key: 'b/key', deleted: true });
  expect(await runSatchel(['get', 'b/key'], job)).toEqual({
    code: 1,
    stdout: Buffer.alloc(0),
    stderr: "satchel: there is no object 'b/key'\n",
  });
  const renewed = await json(['job', 'renew', registered.job], env);
  expect((await runSatchel(['get', 'a/key', '--url', renewed.url], env)).stdout).toEqual(value);
  expect((await json(['job', 'end', registered.job], env)).job).toBe(registered.job);
  expect((await runSatchel(['get', 'a/key'], job)).code).toBe(1);
  const processes = up?.processes() ?? [];
  expect(processes.length).toBeGreaterThanOrEqual(5);
  // Twice, as with npx, which passes on what the terminal has sent to both.
  up?.child.kill('SIGTERM');
  expect(await up?.stop('SIGINT')).toBe(0);
  expect(processes.filter(isAlive)).toEqual([]);
  expect(readdirSync(dir)).toEqual(['file']);
  expect(await up?.stderr).toBe('');
});

test('when it is killed its children end within two seconds, and the next start sweeps up', async () => {
  const first = await start(['--no-faas', '--nodes', '1']);
  const processes = first.processes();
  await first.stop('SIGKILL');
  await vi.waitFor(() => expect(processes.filter(isAlive)).toEqual([]), { timeout: 2000, interval: 20 });
  expect(existsSync(join(dir, 'run', 'node-1'))).toBe(true);
  const second = await start(['--no-faas', '--nodes', '1']);
  expect(await second.stop()).toBe(0);
  expect(readdirSync(dir)).toEqual([]);
});

test('a folder in use is refused', async () => {
  await start(['--no-faas', '--nodes', '1']);
  const { code, stderr } = await runSatchel(['up', '--dir', join(dir, 'run')]);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(/^satchel: .*is in use by another satchel up.*\n$/),
  });
});

test.each(['controller', 'node-1'])('%s comes back when it is killed, and the jobs are still there', async (name) => {
  const running = await start(['--no-faas', '--nodes', '1']);
  const env = { SATCHEL_CONTROLLER: (await running.ready).controller };
  const { job, url } = await json(['job', 'register', 'check'], env);
  const pid = running.pidOf(name);
  process.kill(pid, 'SIGKILL');
  await vi.waitFor(() => expect(running.pidOf(name)).not.toBe(pid), { timeout: 20_000 });
  await vi.waitFor(
    async () => {
      expect((await runSatchel(['put', 'after', '-', '--url', url], env, Buffer.from('x'))).code).toBe(0);
      expect((await json(['node', 'list'], env)).nodes).toMatchObject([{ node: 'node-1', state: 'up' }]);
    },
    { timeout: 40_000, interval: 200 },
  );
  expect((await json(['job', 'show', job], env)).state).toBe('active');
});

test('a drained node leaves when its last job has ended, at once without jobs, and up goes on', async () => {
  const running = await start(['--no-faas']);
  const { controller, nodes } = await running.ready;
  const env = { SATCHEL_CONTROLLER: controller };
  const states = async () => {
    const list: { nodes: { node: string; state: string }[] } = await json(['node', 'list'], env);
    return list.nodes.map(({ node, state }) => `${node} ${state}`);
  };
  const leaves = async (name: string, left: readonly string[]): Promise<void> => {
    await vi.waitFor(async () => expect(await states()).toEqual(left), { timeout: 20_000, interval: 100 });
    await vi.waitFor(() => expect(groupMembers(running.pidOf(name))).toEqual([]), { timeout: 5000 });
    expect(existsSync(nodes.find(({ id }) => id === name)?.socket ?? '')).toBe(false);
  };
  await json(['node', 'drain', 'node-2'], env);
  await leaves('node-2', ['node-1 up']);
  const { job, url } = await json(['job', 'register', 'check', '--lease', '300s'], env);
  expect(await json(['node', 'drain', 'node-1'], env)).toMatchObject({ node: 'node-1', state: 'draining' });
  expect((await runSatchel(['put', 'key', '-', '--url', url], env, Buffer.from('x'))).code).toBe(0);
  expect((await runSatchel(['job', 'register', 'late'], env)).code).toBe(1);
  // Neither the death of the controller nor that of the node ends the draining.
  for (const name of ['controller', 'node-1']) {
    const pid = running.pidOf(name);
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(() => expect(running.pidOf(name)).not.toBe(pid), { timeout: 20_000 });
    const put = () => runSatchel(['put', 'after', '-', '--url', url], env, Buffer.from('x'));
    await vi.waitFor(async () => expect((await put()).code).toBe(0), { timeout: 40_000, interval: 200 });
    // A put needs no controller, which may come back later.
    await vi.waitFor(async () => expect(await states()).toEqual(['node-1 draining']), { timeout: 20_000, interval: 200 });
  }
  await json(['job', 'end', job], env);
  await leaves('node-1', []);
  expect(running.child.exitCode).toBeNull();
  expect(await running.stop()).toBe(0);
  const notices = (await running.stderr).match(/^node-\d was drained and has left$/gm);
  expect(notices).toEqual(['node-2 was drained and has left', 'node-1 was drained and has left']);
  expect(readdirSync(dir)).toEqual([]);
});

test('a taken port of a range is skipped', async () => {
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
  const address = blocker.address();
  const taken = typeof address === 'object' && address ? address.port : 0;
  const { nodes } = await (await start(['--no-faas', '--base-port', String(taken)])).ready;
  blocker.close();
  const ports = nodes.map((node) => Number(node.address.split(':')[1]));
  expect(new Set([taken, ...ports]).size).toBe(3);
  expect(Math.min(...ports)).toBeGreaterThan(taken);
});

test('it stops when its own parent ends, with --with-parent', async () => {
  const running = await start(['--no-faas', '--nodes', '1', '--with-parent']);
  running.child.stdin?.end();
  expect(await running.exited).toBe(0);
  expect(readdirSync(dir)).toEqual([]);
});

test('it stops when npx is stopped, which does not pass a signal on', async () => {
  const repository = fileURLToPath(new URL('../..', import.meta.url));
  const ports = ['--controller-port', '0', '--http-port', '0', '--base-port', '0', '--no-faas', '--nodes', '1'];
  const run = join(dir, 'run');
  const npx = spawn('npx', ['satchel', 'up', '--json', '--dir', run, ...ports, ...small], {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(createInterface({ input: npx.stdout }), 'line');
  const owner = readOwner(run);
  expect(owner).toBeDefined();
  npx.kill('SIGTERM');
  await vi.waitFor(() => expect(owner && isAlive(owner)).toBe(false), { timeout: 15_000, interval: 50 });
  expect(readdirSync(dir)).toEqual([]);
});

test('a function of a job is deployed, invoked and logged', async () => {
  const { controller, faas } = await (await start()).ready;
  const env = { SATCHEL_CONTROLLER: controller, SATCHEL_FUNCTIONS: faas ?? '' };
  const code = join(dir, 'code');
  mkdirSync(code);
  writeFileSync(
    join(code, 'index.mjs'),
    `import { connect } from '@satchel/client';
     export const handler = async ({ key }) => {
       process.stdout.write('reading ' + key + '\\n');
       const store = connect();
       const value = await store.get(key);
       await store.put(key + '.upper', value.toString().toUpperCase());
       await store.close();
       return { length: value.length };
     };`,
  );
  const { job, url } = await json(['job', 'register', 'check'], env);
  expect(await runSatchel(['put', 'greeting', '-', '--url', url], env, Buffer.from('hello'))).toMatchObject({
    code: 0,
    stderr: '',
  });
  expect(await json(['function', 'deploy', 'upper', code], env)).toMatchObject({ name: 'upper' });
  expect((await json(['function', 'list'], env)).functions).toMatchObject([{ name: 'upper' }]);
  const call = ['function', 'invoke', 'upper', '--payload', '{"key":"greeting"}', '--job', job];
  expect(await json(call, env)).toEqual({ length: 5 });
  expect((await runSatchel(['get', 'greeting.upper', '--url', url], env)).stdout.toString()).toBe('HELLO');
  expect((await runSatchel(['function', 'logs', 'upper'], env)).stdout.toString()).toContain('reading greeting');
  const missing = ['function', 'invoke', 'upper', '--payload', '{"key":"nope"}', '--job', job];
  expect(await runSatchel(missing, env)).toMatchObject({ code: 1, stderr: expect.stringContaining('function upper failed') });
  await json(['function', 'delete', 'upper'], env);
  expect((await runSatchel(['function', 'invoke', 'upper'], env)).code).toBe(1);
});
