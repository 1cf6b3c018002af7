import type { SatchelError } from '@satchel/proto/core';
import { afterEach, expect, test } from 'vitest';
import { connect } from './store.js';
import { ScriptedCluster } from './testing/scripted-server.js';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(): Promise<ScriptedCluster> {
  const cluster = await ScriptedCluster.start();
  cleanups.push(() => cluster.stop());
  return cluster;
}

/** Answers the first `times` greetings with a line. */
function refuse(cluster: ScriptedCluster, line: string, times: number): void {
  let greetings = 0;
  cluster.script = ([name], connection) => {
    if (name !== 'HELLO' || ++greetings > times) return false;
    connection.reply(`-${line}\r\n`);
    if (line.startsWith('ERR max')) connection.socket.end();
    return true;
  };
}

const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no error',
    (error: SatchelError) => error.code,
  );

test.each([
  'UNAVAILABLE this storage node has not joined a fleet yet',
  'LOADING the data is being read',
  'ERR max number of clients reached; shard 1 takes 2',
])('a shard that cannot take a connection yet is asked again: %s', async (line) => {
  const cluster = await start();
  refuse(cluster, line, 2);
  const store = connect(cluster.url, { socketDir: '' });
  cleanups.push(async () => store.destroy());
  const waiting = [store.put('a', '1'), store.get('a', { as: 'text' }), store.waitFor('a', { as: 'text' })];
  expect(await Promise.all(waiting)).toEqual([true, '1', '1']);
  expect(cluster.connections).toBeGreaterThanOrEqual(3);
});

test('a shard that never takes a connection fails calls after the time allowed, with its reason', async () => {
  const cluster = await start();
  refuse(cluster, 'UNAVAILABLE not joined yet', Number.POSITIVE_INFINITY);
  const store = connect(cluster.url, { socketDir: '', unavailableMs: 200 });
  cleanups.push(async () => store.destroy());
  await expect(store.get('a')).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('not joined yet'),
  });
});

test.each([
  ['WRONGPASS the token was refused', 'wrong-token'],
  ['NOJOB the job has ended', 'no-job'],
  ['NOPERM not this one', 'permission-denied'],
  ["ERR unknown command 'HELLO'", 'invalid-argument'],
])('what is refused for good fails all that wait at once: %s', async (line, code) => {
  const cluster = await start();
  refuse(cluster, line, 1);
  const store = connect(cluster.url, { socketDir: '' });
  cleanups.push(async () => store.destroy());
  expect(await Promise.all([store.put('a', '1'), store.get('a'), store.waitFor('a')].map(outcome))).toEqual([code, code, code]);
  expect(cluster.connections).toBe(1);
});
