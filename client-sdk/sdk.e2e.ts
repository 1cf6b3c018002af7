import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Job, type RegisterJobOptions, registerJob } from './job.js';
import { connect } from './store.js';
import { RealCluster } from './testing/real-cluster.js';
import { describeStore, type OpenedStore } from './testing/store-suite.js';

const entry = new URL('./dist/index.js', import.meta.url).href;
let cluster: RealCluster;
beforeAll(async () => {
  cluster = await RealCluster.start(2, 2);
});
afterAll(() => cluster.stop());

const register = (options: Partial<RegisterJobOptions> = {}): Promise<Job> =>
  registerJob({ name: 'sdk', controller: cluster.controller, connect: { socketDir: '' }, ...options });

async function open(
  options: Partial<RegisterJobOptions>,
  socketDir: string,
  local: 'auto' | 'off' = 'off',
): Promise<OpenedStore & { readonly job: Job }> {
  const job = await register({ ...options, connect: { socketDir, local } });
  const other = connect(job.url, { socketDir, local });
  const close = async (): Promise<void> => {
    await other.close();
    await job.end();
  };
  return { job, store: job.store, other, close };
}

/** Hints with which a job spans every shard. */
const wide = { capacity: '400MiB' };

describeStore('a job on one shard over TCP', () => open({ capacity: '64MiB' }, ''));
describeStore('a job on one shard over its Unix socket', () => open({ capacity: '64MiB' }, cluster.socketDir));
describeStore('a job on four shards', () => open(wide, ''));

describe('a job', () => {
  test('spans every shard when its hints need it, and each key is one hop away', async () => {
    await using job = await register(wide);
    expect(job.slotMap?.shards.length).toBe(4);
    const keys = Array.from({ length: 400 }, (_, index) => `key-${index}`);
    await Promise.all(keys.map((key) => job.store.put(key, key)));
    expect(await job.store.count('key-')).toBe(400);
  });

  test('that has ended is refused', async () => {
    const job = await register();
    const other = connect(job.url, { socketDir: '' });
    await other.put('k', 'v');
    await job.end();
    await expect(other.get('k')).rejects.toMatchObject({ code: 'no-job' });
    other.destroy();
  });

  test('of another name sees nothing of it, but what was persisted', async () => {
    await using first = await register({ namespace: 'shared' });
    await first.store.put('mine', 'x');
    await first.store.put('result', 'kept', { persist: true });
    await first.end();
    await using second = await register({ namespace: 'shared' });
    expect(await second.store.get('mine')).toBeUndefined();
    expect(await second.store.get('@persist/result', { as: 'text' })).toBe('kept');
    expect(await second.store.delete('@persist/result')).toBe(1);
  });

  test('whose quota is used up gets quota-exceeded, and room again after a delete', async () => {
    await using job = await register({ capacity: '8MiB' });
    const value = Buffer.alloc(1024 * 1024);
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, (_, index) => job.store.put(`k${index}`, value)));
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected').map((outcome) => outcome.reason.code);
    expect(new Set(refused)).toEqual(new Set(['quota-exceeded']));
    await job.store.deletePrefix('k');
    expect(await job.store.put('k', value)).toBe(true);
  });

  test('is renewed while it is held, through an outage of the controller', async () => {
    await using job = await register({ leaseSeconds: 5 });
    await job.store.put('k', 'v');
    await cluster.killController();
    await job.store.put('k', 'during');
    const renewed = job.token;
    await cluster.startController();
    await expect.poll(() => job.token !== renewed, { timeout: 20_000 }).toBe(true);
    expect(await job.store.get('k', { as: 'text' })).toBe('during');
  });

  test('that is not renewed lapses, and whoever holds it is told', async () => {
    const job = await register({ leaseSeconds: 5 });
    await job.release();
    const store = connect(job.url, { socketDir: '' });
    await expect
      .poll(
        () =>
          store.put('k', 'v').then(
            () => 'alive',
            (error) => error.code,
          ),
        { timeout: 20_000 },
      )
      .toBe('no-job');
    store.destroy();
  });

  test('is used by a child process that was only handed its URL', async () => {
    await using job = await register();
    const value = job.store.waitFor('from child', { as: 'text' });
    const script = `import { connect } from '${entry}'; await connect().put('from child', 'hello');`;
    expect(await run(script, { SATCHEL_URL: job.url, SATCHEL_SOCKET_DIR: cluster.socketDir })).toBe(0);
    expect(await value).toBe('hello');
  });

  test('that is held does not keep its process alive, not even while the controller does not answer', async () => {
    const script = `import { registerJob } from '${entry}';
      const job = await registerJob({ name: 'exits', leaseSeconds: 5 });
      await job.store.put('k', 'v');
      process.send('held');
      setTimeout(() => {}, 1800);`;
    const ended = run(script, { SATCHEL_CONTROLLER: cluster.controller }, () => cluster.freezeController(true));
    try {
      expect(await ended).toBe(0);
    } finally {
      cluster.freezeController(false);
    }
  });

  test('whose shards crash says what is lost, and goes on', async () => {
    await using job = await register(wide);
    const { store } = job;
    const keys = Array.from({ length: 200 }, (_, index) => `lost-${index}`);
    await Promise.all(keys.map((key) => store.put(key, key)));
    const wait = store.waitFor('after the crash', { as: 'text' }).catch((error) => error.code);
    cluster.killShards('node-1');
    const codes = await Promise.all(keys.map((key) => store.get(key, { as: 'text' }).catch((error) => error.code)));
    const lost = keys.filter((_, index) => codes[index] === 'lost');
    expect(lost.length).toBeGreaterThan(20);
    expect(keys.filter((key, index) => codes[index] === key).length).toBe(keys.length - lost.length);
    await expect(store.count('lost-')).rejects.toMatchObject({ code: 'lost' });
    await Promise.all(lost.map((key) => store.put(key, 'again')));
    expect(await store.get(lost[0] ?? '', { as: 'text' })).toBe('again');
    await store.put('after the crash', 'here');
    expect(['here', 'lost']).toContain(await wait);
  });
});

/** Runs a script in a process of its own; resolves to its exit code. */
async function run(script: string, env: NodeJS.ProcessEnv, onMessage: () => void = () => {}): Promise<unknown> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  child.once('message', onMessage);
  return (await once(child, 'exit'))[0];
}
