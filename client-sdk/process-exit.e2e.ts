import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ScriptedCluster } from './testing/scripted-server.js';

const entry = new URL('./dist/index.js', import.meta.url).href;
let cluster: ScriptedCluster;
beforeAll(async () => {
  cluster = await ScriptedCluster.start(2);
});
afterAll(() => cluster.stop());

/** Runs a script with a store on the cluster; resolves to how its process ended and what it printed. */
async function run(script: string): Promise<{ exit: unknown; printed: string }> {
  const source = `import { connect } from '${entry}'; const store = connect(); const print = (text) => process.stdout.write(text); ${script}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    env: { ...process.env, SATCHEL_URL: cluster.url, SATCHEL_SOCKET_DIR: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.on('data', (data: Buffer) => {
    printed += data;
  });
  const [exit] = await once(child, 'close');
  return { exit, printed };
}

test('a process with idle connections exits by itself', async () => {
  const script = `await Promise.all(['a', 'b', 'foo', 'bar'].map((key) => store.put(key, key))); print('put');`;
  expect(await run(script)).toEqual({ exit: 0, printed: 'put' });
});

test('a process whose calls are pending waits for them', async () => {
  expect(await run(`store.get('a', { as: 'text' }).then(print);`)).toEqual({ exit: 0, printed: 'a' });
});

test('a process that waits for a key stays until it comes', async () => {
  const seen = cluster.seen.length;
  const running = run(`store.waitFor('later', { as: 'text' }).then(print);`);
  await expect.poll(() => cluster.seen.slice(seen).some(([name]) => name === 'SATCHEL.AWAIT'), { timeout: 20_000 }).toBe(true);
  const { connect } = await import('./store.js');
  const store = connect(cluster.url, { socketDir: '' });
  await store.put('later', 'here');
  expect(await running).toEqual({ exit: 0, printed: 'here' });
  store.destroy();
});

test('a process whose shard is gone gets its error and exits', async () => {
  const script = `const gone = connect('redis://job-1:token@127.0.0.1:1', { unavailableMs: 200 });
    gone.get('a').catch((error) => print(error.code));`;
  expect(await run(script)).toEqual({ exit: 0, printed: 'unavailable' });
});
