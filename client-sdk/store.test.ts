import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { limits, SatchelError, slotOf } from '@satchel/proto/core';
import fc from 'fast-check';
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
    (error: SatchelError) => error.code,
  );

test('a job on one shard is served over one connection', async () => {
  const { cluster, store } = await start();
  expect(await store.put('a', 'one')).toBe(true);
  expect(await store.get('a', { as: 'text' })).toBe('one');
  expect(await store.get('b')).toBeUndefined();
  expect(await store.count()).toBe(1);
  expect(cluster.connections).toBe(1);
});

test('on two shards each key goes to its owner in one hop, and there is one connection to each', async () => {
  const { cluster, store } = await start(2);
  const keys = Array.from({ length: 200 }, (_, index) => `key-${index}`);
  await Promise.all(keys.map((key) => store.put(key, key)));
  expect(await Promise.all(keys.map((key) => store.get(key, { as: 'text' })))).toEqual(keys);
  expect(cluster.connections).toBe(2);
  expect(cluster.values.map((map) => map.size > 50)).toEqual([true, true]);
  expect(await store.delete(...keys)).toBe(200);
});

test('keys and values are bytes or text of any size', async () => {
  const { store } = await start(2);
  const big = Buffer.alloc(3 * 1024 * 1024 + 7, 'satchel');
  const key = Buffer.from([0, 255, 13, 10]);
  await Promise.all([store.put(key, big), store.put('grün{tag}', 'ÄÖÜ'.repeat(200)), store.put('empty', '')]);
  expect(big.equals((await store.get(key)) ?? Buffer.alloc(0))).toBe(true);
  expect(await store.get('grün{tag}', { as: 'text' })).toBe('ÄÖÜ'.repeat(200));
  expect((await store.get('empty'))?.length).toBe(0);
});

test('a key or value beyond its limit is refused before it is sent', async () => {
  const { cluster, store } = await start();
  expect(await code(store.put('k'.repeat(limits.keyBytes + 1), ''))).toBe('too-large');
  expect(await code(store.putStream('k', Readable.from(tooMuch()), { persist: true }))).toBe('too-large');
  expect(await code(store.put('k', '', { ttlMs: -1 }))).toBe('invalid-argument');
  expect(cluster.seen).toEqual([]);
});

async function* tooMuch(): AsyncGenerator<Buffer> {
  const chunk = Buffer.alloc(64 * 1024 * 1024);
  for (let sent = 0; sent <= limits.valueBytes; sent += chunk.length) yield chunk;
}

test('what is neither text nor bytes is refused, and calls around it go on', async () => {
  const { store } = await start(2);
  const wrong: unknown[] = [undefined, null, 5, {}, new ArrayBuffer(3), new Float64Array(2), new DataView(new ArrayBuffer(2))];
  for (const given of wrong) {
    const data = given as string;
    const calls = [
      () => store.put('key', data),
      () => store.put('key', data, { stripe: true }),
      () => store.put(data, 'value'),
      () => store.get(data),
      () => store.getRange(data, 0, 1),
      () => store.has(data),
      () => store.stat(data),
      () => store.waitFor(data),
      () => store.fail(data, 'reason'),
      // A number is sent as its digits.
      ...(typeof given === 'number' ? [] : [() => store.delete('key', data), () => store.deletePrefix(data)]),
      ...(typeof given === 'number' ? [] : [() => store.waitForCount(data, 1)]),
      ...(given === undefined || typeof given === 'number' ? [] : [() => store.count(data), () => store.list(data).next()]),
    ];
    const before = store.put('before', 'b');
    for (const call of calls)
      expect([given, String(call), await code(call())]).toEqual([given, String(call), 'invalid-argument']);
    expect(await before).toBe(true);
  }
  expect(await store.put('view', new Uint8ClampedArray([1, 2]) as unknown as Uint8Array)).toBe(true);
  expect(await store.get('before', { as: 'text' })).toBe('b');
  expect(await store.count()).toBe(2);
});

test('a stream is stored as one object, and nothing of it when it fails', async () => {
  const { cluster, store } = await start();
  const pieces = Array.from({ length: 300 }, (_, index) => Buffer.alloc(index * 7, index));
  expect(await store.putStream('whole', Readable.from(pieces))).toBe(true);
  expect(await store.get('whole')).toEqual(Buffer.concat(pieces));
  const broken = async function* (): AsyncGenerator<Buffer> {
    yield Buffer.from('half');
    throw new Error('the source broke');
  };
  await expect(store.putStream('half', broken())).rejects.toThrow('the source broke');
  expect(cluster.values[0]?.has('half')).toBe(false);
});

test('a stream reads an object by its ranges and notices when it is replaced', async () => {
  const { cluster, store } = await start();
  const value = Buffer.from('0123456789'.repeat(10));
  let created = 1;
  let ranges = 0;
  cluster.script = ([name, , from, to], connection) => {
    if (name === 'SATCHEL.STAT') connection.reply(`%3\r\n+size\r\n:100\r\n+tier\r\n+dram\r\n+created\r\n:${created}\r\n`);
    if (name !== 'SATCHEL.GET') return name === 'SATCHEL.STAT';
    const part = value.subarray(Number(from), Number(to) + 1);
    connection.reply(`$${part.length}\r\n${part}\r\n`);
    if (++ranges === 15) created++;
    return true;
  };
  expect(await buffer(store.getStream('k', { chunkBytes: 9 }))).toEqual(value);
  expect(ranges).toBe(12);
  expect(await code(buffer(store.getStream('k', { chunkBytes: 9 })))).toBe('gone');
});

test('a MOVED answer is followed, and the slot map asked for again', async () => {
  const { cluster, store } = await start(2);
  await store.put('foo', '1');
  await store.put('bar', '1');
  const before = cluster.ownerOf;
  const moved = (slot: number): number => 1 - before(slot);
  cluster.ownerOf = moved;
  cluster.values.reverse();
  expect(await Promise.all([store.get('foo', { as: 'text' }), store.get('bar', { as: 'text' })])).toEqual(['1', '1']);
  expect(cluster.seen.filter(([name, what]) => name === 'CLUSTER' && what === 'SLOTS').length).toBeGreaterThan(1);
});

test('shards that never agree end in unavailable', async () => {
  const { cluster, store } = await start(2);
  await store.put('foo', '1');
  cluster.script = ([name], connection) => {
    if (name === 'SATCHEL.GET') connection.reply(`-MOVED ${slotOf('foo')} 127.0.0.1:${cluster.shards[1]?.directPort}\r\n`);
    return name === 'SATCHEL.GET';
  };
  expect(await code(store.get('foo'))).toBe('unavailable');
});

test('a wait ends with the put, and moves to the new owner of its slot', async () => {
  const { cluster, store } = await start(2);
  const waits = ['foo', 'bar'].map((key) => store.waitFor(key, { as: 'text' }));
  await Promise.all(['foo', 'bar'].map((key) => store.get(key)));
  const before = cluster.ownerOf;
  cluster.ownerOf = (slot) => 1 - before(slot);
  await Promise.all([store.put('foo', 'one'), store.put('bar', 'two')]);
  expect(await Promise.all(waits)).toEqual(['one', 'two']);
});

test('a slot that moves while a wait is being registered takes no answer from other calls', async () => {
  const { cluster, store } = await start(3);
  const keyOf = (shard: number, after = 0): string => {
    for (let index = after; ; index++) if (cluster.ownerOf(slotOf(`key-${index}`)) === shard) return `key-${index}`;
  };
  const [awaited, other, moving] = [keyOf(1), keyOf(1, 100), keyOf(2)];
  await Promise.all([store.put(other, 'there'), store.put(moving, 'there')]);
  const late: (() => void)[] = [];
  cluster.script = ([name, first], connection) => {
    if (name === 'SATCHEL.AWAIT') {
      late.push(() => connection.reply(`-MOVED ${slotOf(awaited)} 127.0.0.1:${cluster.shards[0]?.directPort}\r\n`));
    } else if (name === 'EXISTS' && first === other) late.push(() => connection.reply(':1\r\n'));
    else if (name === 'PING') late.push(() => connection.reply('+PONG\r\n'));
    else return false;
    return true;
  };
  const waiting = store.waitFor(awaited, { as: 'text' });
  const got = store.has(other).then(() => 'answered');
  const before = cluster.ownerOf;
  cluster.ownerOf = (slot) => (slot === slotOf(awaited) || slot === slotOf(moving) ? 0 : before(slot));
  const asked = (): number => cluster.seen.filter(([, what]) => what === 'MYID').length;
  const asksBefore = asked();
  void store.get(moving);
  while (asked() === asksBefore) await store.count();
  await store.count();
  cluster.script = () => false;
  for (const answer of late.splice(0)) answer();
  expect(await got).toBe('answered');
  await store.put(awaited, 'now');
  expect(await waiting).toBe('now');
});

test('a wait is registered again after its connection broke', async () => {
  const { cluster, store } = await start();
  const wait = store.waitFor('later', { as: 'text' });
  await store.get('x');
  cluster.disconnect();
  await store.put('later', 'now', { attempt: 1 });
  expect(await wait).toBe('now');
});

test('a wait and a call time out, and can be aborted', async () => {
  const { cluster, store } = await start();
  const aborted = expect(store.waitFor('never', { signal: AbortSignal.timeout(20) })).rejects.toMatchObject({
    name: 'TimeoutError',
  });
  expect(await code(store.waitFor('never', { timeoutMs: 60 }))).toBe('timeout');
  await aborted;
  await expect(store.get('k', { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
  cluster.script = ([name]) => name === 'SATCHEL.GET' || name === 'SET';
  expect(await code(store.get('k', { timeoutMs: 60 }))).toBe('timeout');
  expect(await code(store.put('k', '1', { timeoutMs: 60 }))).toBe('unknown-outcome');
});

test('a call times out also while its shard is not known', async () => {
  const { cluster, store } = await start();
  cluster.script = ([name]) => name === 'CLUSTER';
  expect(await code(store.get('k', { timeoutMs: 60 }))).toBe('timeout');
});

test('an ended wait is taken off the shard', async () => {
  const { cluster, store } = await start();
  const controller = new AbortController();
  const wait = store.waitFor('never', { signal: controller.signal });
  await store.get('x');
  controller.abort();
  await expect(wait).rejects.toMatchObject({ name: 'AbortError' });
  await store.get('x');
  expect(cluster.seen.some(([name]) => name === 'SATCHEL.UNWATCH')).toBe(true);
});

test('refused credentials and error words become codes', async () => {
  const { cluster, store } = await start();
  const wrong = connect(cluster.url.replace('token', 'forged'), { socketDir: '' });
  expect(await code(wrong.get('k'))).toBe('wrong-token');
  expect(await code(wrong.get('k'))).toBe('wrong-token');
  for (const [word, wanted] of [
    ['NOJOB', 'no-job'],
    ['LOST', 'lost'],
    ['FAILED', 'failed'],
    ['FENCED', 'fenced'],
    ['QUOTA', 'quota-exceeded'],
    ['OOM', 'out-of-memory'],
    ['NOPERM', 'permission-denied'],
  ]) {
    cluster.script = ([name], connection) => {
      if (name === 'SATCHEL.GET') connection.reply(`-${word} because\r\n`);
      return name === 'SATCHEL.GET';
    };
    expect(await code(store.get('k'))).toBe(wanted);
  }
});

test('an unreachable shard fails its calls within the bound, naming it, and is found again', async () => {
  const { cluster, store } = await start(1, { unavailableMs: 200 });
  await store.put('k', '1');
  const port = cluster.shards[0]?.endpointPort ?? 0;
  await cluster.stop();
  await expect(store.get('k')).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining(`127.0.0.1:${port}`),
  });
  expect(await code(store.waitFor('k'))).toBe('unavailable');
  expect(await code(store.count())).toBe('unavailable');
  await cluster.listen(0, true, port);
  expect(await store.get('k', { as: 'text' })).toBe('1');
});

test('a silent connection is given up', async () => {
  const { cluster, store } = await start(1, { silenceMs: 100 });
  await store.put('k', '1');
  const silent = cluster.connections;
  cluster.script = ([name], connection) => connection.number === silent && (name === 'SATCHEL.GET' || name === 'SET');
  expect(await Promise.all([store.get('k', { as: 'text' }), code(store.put('k', '2'))])).toEqual(['1', 'unknown-outcome']);
});

test('what is not RESP breaks the connection, not the process', async () => {
  const { cluster, store } = await start();
  await store.put('k', '1');
  let garbled = false;
  cluster.script = ([name], connection) => {
    if (name !== 'SATCHEL.GET' || garbled) return false;
    garbled = true;
    connection.reply('HTTP/1.1 400 Bad Request\r\n');
    return true;
  };
  expect(await store.get('k', { as: 'text' })).toBe('1');
});

test('more calls than a connection may have under way wait for their turn, in order', async () => {
  const { cluster, store } = await start();
  await store.put('k', '');
  const count = limits.clientPipeline * 2 + 5;
  const values = Array.from({ length: count }, (_, index) => String(index));
  await Promise.all(values.map((value) => store.put('k', value)));
  const sets = cluster.seen.filter(([name]) => name === 'SET').slice(1);
  expect(sets.map(([, , value]) => value)).toEqual(values);
});

test('values beyond what the kernel takes wait without growing the output beyond its limit', async () => {
  const { cluster, store } = await start();
  const value = Buffer.alloc(20_000, 'x');
  await Promise.all(Array.from({ length: 2000 }, (_, index) => store.put(`k${index}`, value)));
  expect(cluster.values[0]?.size).toBe(2000);
});

test('close lets calls finish and ends waits; later calls fail', async () => {
  const { store } = await start(2);
  await store.put('k', '1');
  const wait = code(store.waitFor('never'));
  const read = store.get('k', { as: 'text' });
  const unrouted = connect(`redis://job-1:token@127.0.0.1:9`, { socketDir: '' });
  await Promise.all([store.close(), store.close(), unrouted.close()]);
  expect(await read).toBe('1');
  expect(await wait).toBe('unavailable');
  expect(await code(store.get('k'))).toBe('unavailable');
});

test('close waits also for calls that do not know their shard yet', async () => {
  const { store } = await start(2);
  const put = store.put('k', '1');
  const wait = code(store.waitFor('never'));
  await store.close();
  expect([await put, await wait]).toEqual([true, 'unavailable']);
});

test('destroy fails what is pending with the error given', async () => {
  const { cluster, store } = await start();
  await store.put('k', '1');
  cluster.script = () => true;
  const pending = [store.get('k'), store.put('k', '2'), store.waitFor('w'), store.count()].map(code);
  store.destroy(new SatchelError('gone', 'over'));
  expect(await Promise.all(pending)).toEqual(['gone', 'gone', 'gone', 'gone']);
});

/** What happens to a connection when a command arrives. */
const mishap = fc.constantFrom('none', 'none', 'none', 'before', 'after', 'half');

test('wherever connections break, every call settles, no plain put is done twice, and what succeeded is done', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(mishap, { minLength: 5, maxLength: 40 }),
      fc.array(fc.constantFrom('put', 'put', 'attempt', 'get', 'wait', 'turn'), { minLength: 1, maxLength: 40 }),
      fc.constantFrom(1, 3),
      fc.boolean(),
      async (mishaps, calls, shards, connected) => {
        const { cluster, store } = await start(shards);
        if (connected) await store.put('first', 'first');
        let count = 0;
        cluster.script = (_command, connection) => {
          const happens = mishaps[count++] ?? 'none';
          if (happens === 'none') return false;
          if (happens === 'half') connection.reply('$100\r\nhalf');
          // Carried out, but the answer is lost.
          if (happens === 'after') connection.socket.destroy();
          else connection.socket.destroySoon();
          return happens !== 'after';
        };
        const outcomes: Promise<void>[] = [];
        for (const [index, call] of calls.entries()) {
          if (call === 'turn') await new Promise((resolve) => setImmediate(resolve));
          else outcomes.push(check(store, cluster, call, `${call}-${index}`));
        }
        await Promise.all(outcomes);
        for (const [value, times] of cluster.applied) if (value.startsWith('put')) expect(times).toBe(1);
        store.destroy();
        await cluster.stop();
      },
    ),
    { numRuns: 30 },
  );
}, 60_000);

async function check(store: Store, cluster: ScriptedCluster, call: string, name: string): Promise<void> {
  if (call === 'wait') {
    const wait = store.waitFor(name, { as: 'text' });
    await store.put(name, name, { attempt: 1 });
    expect(await wait).toBe(name);
  } else if (call === 'get') {
    expect(await store.get(name)).toBeUndefined();
  } else if (call === 'attempt') {
    expect(await store.put(name, name, { attempt: 1 })).toBe(true);
  } else {
    const outcome = await code(store.put(name, name));
    expect(['no error', 'unknown-outcome']).toContain(outcome);
    if (outcome === 'no error') expect(cluster.applied.get(name)).toBe(1);
  }
}
