import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { limits, type SatchelError } from '@satchel/proto/core';
import { afterEach, expect, test } from 'vitest';
import type { ConnectOptions } from './options.js';
import { connect, type Store } from './store.js';
import { ScriptedCluster } from './testing/scripted-server.js';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(shards = 1, options: ConnectOptions = {}): Promise<{ cluster: ScriptedCluster; store: Store }> {
  const cluster = await ScriptedCluster.start(shards);
  const store = connect(cluster.url, { socketDir: '', ...options });
  cleanups.push(
    () => cluster.stop(),
    async () => store.destroy(),
  );
  return { cluster, store };
}

const code = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no error',
    (error: SatchelError) => error.code ?? error.message,
  );
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const size = limits.clientStreamFromBytes * 4 + 11;
const pieces = (value: Buffer, bytes: number): Buffer[] =>
  Array.from({ length: Math.ceil(value.length / bytes) }, (_, index) => value.subarray(index * bytes, (index + 1) * bytes));

test.each([1, 3])(
  'a stream of a known size is stored as one object, with its options, on the owner of its key (%s shards)',
  async (shards) => {
    const { cluster, store } = await start(shards);
    const value = randomBytes(size);
    for (const key of ['foo', 'bar', 'hello']) {
      void store.put(key, 'before');
      expect(await store.putStream(key, Readable.from(pieces(value, 70_001)), { size, ttlMs: 5000, attempt: 2 })).toBe(true);
      expect(value.equals((await store.get(key)) ?? Buffer.alloc(0))).toBe(true);
    }
    const puts = cluster.seen.filter(([name]) => name === 'SATCHEL.PUT').map(([, key, , ...words]) => [key, ...words]);
    expect(puts).toEqual(['foo', 'bar', 'hello'].map((key) => [key, 'PX', '5000', 'ATTEMPT', '2']));
  },
);

test('the source is read no faster than the shard takes its bytes', async () => {
  const { cluster, store } = await start();
  await store.put('k', '1');
  const greeted = cluster.connections;
  cluster.script = ([name], connection) => {
    // Greets, and then does not read on.
    if (name === 'HELLO' && connection.number > greeted) connection.socket.pause();
    return false;
  };
  let read = 0;
  const chunk = Buffer.alloc(256 * 1024);
  const source = async function* (): AsyncGenerator<Buffer> {
    for (; read < 256 * 1024 * 1024; read += chunk.length) yield chunk;
  };
  const put = code(store.putStream('k', source(), { size: 256 * 1024 * 1024 }));
  for (let before = -1; before !== read || read === 0; ) {
    before = read;
    for (let turns = 0; turns < 2000; turns++) await turn();
  }
  // What the kernel holds besides is some megabytes.
  expect(read).toBeLessThan(64 * 1024 * 1024);
  store.destroy();
  expect(await put).toBe('unavailable');
});

test('a source that fails, ends early or goes on too long leaves nothing stored', async () => {
  const { cluster, store } = await start();
  const chunk = Buffer.alloc(limits.clientStreamFromBytes);
  const broken = async function* (): AsyncGenerator<Buffer> {
    yield chunk;
    throw new Error('the source broke');
  };
  expect(await code(store.putStream('k', broken(), { size }))).toBe('the source broke');
  expect(await code(store.putStream('k', Readable.from([chunk]), { size }))).toBe('invalid-argument');
  const long = Readable.from([chunk, chunk]);
  expect(await code(store.putStream('k', long, { size: chunk.length + 1 }))).toBe('invalid-argument');
  expect(long.destroyed).toBe(true);
  expect(await code(store.putStream('k', Readable.from(['short']), { size: 4 }))).toBe('invalid-argument');
  expect(await code(store.putStream('k', Readable.from(['short']), { size: Number.NaN }))).toBe('invalid-argument');
  expect(await store.get('k')).toBeUndefined();
  expect(cluster.applied.size).toBe(0);
});

test('a connection that breaks on the way leaves nothing stored; after it, nobody knows', async () => {
  const { cluster, store } = await start();
  await store.put('k', '1');
  const endless = async function* (): AsyncGenerator<Buffer> {
    yield Buffer.alloc(1024);
    cluster.disconnect();
    for (;;) {
      await turn();
      yield Buffer.alloc(1024);
    }
  };
  expect(await code(store.putStream('k', endless(), { size }))).toBe('unavailable');
  cluster.script = ([name], connection) => {
    if (name === 'SET') connection.socket.destroy();
    return name === 'SET';
  };
  expect(await code(store.putStream('k', Readable.from([Buffer.alloc(size)]), { size }))).toBe('unknown-outcome');
});

test('a refusal, a time-out and an abort end the source', async () => {
  const { cluster, store } = await start();
  await store.put('k', '1');
  const silent = (): Readable => new Readable({ read() {} });
  const sources = [silent(), silent(), silent()] as const;
  const outcomes = [
    code(store.putStream('k', sources[0], { size, timeoutMs: 100 })),
    store.putStream('k', sources[1], { size, signal: AbortSignal.timeout(20) }).catch((error) => error.name),
  ];
  expect(await Promise.all(outcomes)).toEqual(['timeout', 'TimeoutError']);
  cluster.script = ([name], connection) => {
    if (name === 'SET') connection.reply('-QUOTA used up\r\n');
    if (name === 'HELLO') connection.reply('-NOJOB it has ended\r\n');
    return name === 'SET' || name === 'HELLO';
  };
  expect(await code(store.putStream('k', sources[2], { size }))).toBe('no-job');
  expect(sources.map((source) => source.destroyed)).toEqual([true, true, true]);
});
