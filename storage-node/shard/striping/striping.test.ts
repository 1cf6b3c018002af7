import { chunkKey, limits } from '@satchel/proto/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sampleValue } from '../../store/testing/samples.js';
import { ManualClock } from '../testing/manual-clock.js';
import { newVersion, putChunks, putStriped, testChunkBytes } from '../testing/striped.js';
import { type TestClient, TestFleet } from '../testing/test-fleet.js';

let fleet: TestFleet;
let clock: ManualClock;
let client: TestClient;
const value = sampleValue(10 * testChunkBytes + 123, 1);
const text = value.toString('latin1');

beforeEach(async () => {
  clock = new ManualClock(Date.now());
  fleet = await TestFleet.start({ shards: 3, clock });
  client = await fleet.client();
  for (const shard of [2, 3]) await fleet.client('job', { shard });
});
afterEach(() => fleet.close());

/** Charged bytes and chunks of the job on all shards. */
const held = (): { bytes: number; chunks: number; objects: number } => {
  const sum = { bytes: 0, chunks: 0, objects: 0 };
  for (const { jobs } of fleet.shards) {
    const job = jobs.get('job');
    sum.bytes += job?.usage.heldBytes ?? 0;
    sum.chunks += job?.striping.parts.chunks ?? 0;
    sum.objects += job?.objectCount ?? 0;
  }
  return sum;
};

/** Settles once nothing is held any more: removals on other shards are under way when a reply is there. */
const emptied = (): Promise<void> => expect.poll(held, { interval: 2 }).toEqual({ bytes: 0, chunks: 0, objects: 0 });

describe('a striped object', () => {
  test('is read as one by plain commands, through every shard and by every door', async () => {
    expect(await putStriped(client, 'big', value)).toBe('OK');
    expect(await client.call('SET', 'small', 'x')).toBe('OK');
    for (const shard of [1, 2, 3]) {
      for (const version of [2, 3] as const) {
        const reader = await fleet.client('job', { shard, version });
        expect(await reader.call('GET', 'big')).toBe(text);
        expect(await reader.call('GETRANGE', 'big', 4000, 9000)).toBe(text.slice(4000, 9001));
        expect(await reader.call('GETRANGE', 'big', -5, -1)).toBe(text.slice(-5));
        expect(await reader.call('GETRANGE', 'big', 9, 3)).toBe('');
        expect(await reader.call('STRLEN', 'big')).toBe(value.length);
        expect(await reader.call('MGET', 'small', 'big', 'none', 'big')).toEqual(['x', text, null, text]);
        expect(await reader.call('SATCHEL.WAIT', 'big', 0)).toBe(text);
        expect(await reader.call('TYPE', 'big')).toBe('string');
        reader.close();
      }
    }
  });

  test('spreads over the shards of the job, and its chunks are neither listed nor counted nor named', async () => {
    await putStriped(client, 'big', value);
    const chunks = fleet.shards.map(({ jobs }) => jobs.get('job')?.striping.parts.chunks ?? 0);
    expect(Math.min(...chunks)).toBeGreaterThan(0);
    expect(chunks.reduce((sum, count) => sum + count)).toBe(11);
    expect(await client.call('DBSIZE')).toBe(1);
    expect(await client.call('SATCHEL.COUNT', '')).toBe(1);
    expect(await client.call('SATCHEL.COUNT', '\0')).toBe(0);
    let cursor = '0';
    const keys: unknown[] = [];
    do {
      const [next, page] = (await client.call('SCAN', cursor, 'COUNT', 100)) as [string, unknown[]];
      keys.push(...page);
      cursor = next;
    } while (cursor !== '0');
    expect(keys).toEqual(['big']);
    const chunk = chunkKey({ version: newVersion(), index: 0, key: Buffer.from('big') });
    expect(await client.call('GET', chunk)).toMatch(/^-ERR keys that begin with/);
    expect(await client.call('SET', chunk, 'x')).toMatch(/^-ERR/);
    expect(await client.call('SATCHEL.STRIPEGET', 'big')).toMatch(/^-ERR the key is not one of a chunk/);
    expect(await client.call('SATCHEL.DELPREFIX', '\0')).toBe(0);
    expect(await client.call('GET', 'big')).toBe(text);
  });

  test('is found whole or not at all: the manifest comes last, and only if every chunk is there', async () => {
    const version = await putChunks(client, 'big', value);
    expect(await client.call('GET', 'big')).toBe(null);
    expect(await client.call('SATCHEL.STRIPECOMMIT', 'big', version, value.length + 1, testChunkBytes)).toMatch(/^-GONE/);
    expect(await client.call('SATCHEL.STRIPECOMMIT', 'big', version, value.length + testChunkBytes, testChunkBytes)).toMatch(
      /^-GONE/,
    );
    expect(await client.call('GET', 'big')).toBe(null);
    await client.call('SATCHEL.STRIPEABORT', 'big', version);
    await emptied();
  });

  test.each([
    ['deleted', (reader: TestClient) => reader.call('DEL', 'big')],
    ['replaced', (reader: TestClient) => reader.call('SET', 'big', '')],
    ['deleted by prefix', (reader: TestClient) => reader.call('SATCHEL.DELPREFIX', 'b')],
    ['failed', (reader: TestClient) => reader.call('SATCHEL.FAIL', 'big', 'r')],
    ['flushed', (reader: TestClient) => reader.call('FLUSHALL')],
    [
      'expired',
      async (reader: TestClient) => {
        await reader.call('PEXPIRE', 'big', 5);
        clock.advance(10_000);
      },
    ],
  ])('takes its chunks with it when it is %s', async (_, remove) => {
    await putStriped(client, 'big', value);
    expect(held().bytes).toBeGreaterThan(value.length);
    await remove(client);
    await expect.poll(() => held().chunks, { interval: 2 }).toBe(0);
    await client.call('DEL', 'big');
    await emptied();
  });

  test('is replaced by another at once, and the chunks of the old one go', async () => {
    await putStriped(client, 'big', value);
    const next = sampleValue(5 * testChunkBytes, 2);
    expect(await putStriped(client, 'big', next)).toBe('OK');
    expect(await client.call('GET', 'big')).toBe(next.toString('latin1'));
    await expect.poll(() => held().chunks, { interval: 2 }).toBe(5);
    await client.call('DEL', 'big');
    await emptied();
  });

  test('is told of to readers who fetch the chunks themselves; a version that is not there any more has no chunks', async () => {
    await putStriped(client, 'big', value);
    const [word, key, version, ...numbers] = (await client.call('SATCHEL.GET', 'big')) as unknown[];
    expect([word, key, ...numbers]).toEqual(['satchel.stripe', 'big', value.length, testChunkBytes, 0, value.length]);
    const chunk = (index: number) => chunkKey({ version: String(version), index, key: Buffer.from('big') });
    expect(await client.call('SATCHEL.STRIPEGET', chunk(10))).toBe(text.slice(10 * testChunkBytes));
    expect(await client.call('SATCHEL.STRIPEGET', chunk(1), 5, 9)).toBe(text.slice(testChunkBytes + 5, testChunkBytes + 9));
    expect(await client.call('SATCHEL.GET', 'big', 3, 9)).toMatchObject({ 5: 3, 6: 10 });
    const stat = await client.call('SATCHEL.STAT', 'big');
    expect(stat).toMatchObject({ size: value.length, version, chunk: testChunkBytes });
    await client.call('SET', 'big', 'plain');
    await expect.poll(() => client.call('SATCHEL.STRIPEGET', chunk(1))).toBe(null);
    expect(await client.call('SATCHEL.GET', 'big')).toBe('plain');
  });

  test('keeps the conditions of a put', async () => {
    expect(await putStriped(client, 'big', value, 'ATTEMPT', '1', 'NX')).toBe('OK');
    expect(await putStriped(client, 'big', value, 'NX')).toBe(null);
    expect(await putStriped(client, 'big', value, 'ATTEMPT', '2')).toMatch(/^-FENCED/);
    expect(await putStriped(client, 'big', value, 'ATTEMPT', '1', 'PX', '60000')).toBe('OK');
    expect(await client.call('PTTL', 'big')).toBeGreaterThan(50_000);
    expect(await putStriped(client, 'other', value, 'PERSIST')).toMatch(/^-ERR PERSIST cannot be had/);
    expect(await putStriped(client, 'other', value, 'READS', '1')).toMatch(/^-ERR READS cannot be had/);
    await expect.poll(() => held().chunks, { interval: 2 }).toBe(11 + 22);
    clock.advance(61_000);
    await emptied();
  });

  test('is completed a second time without harm', async () => {
    const version = await putChunks(client, 'big', value);
    const complete = () => client.call('SATCHEL.STRIPECOMMIT', 'big', version, value.length, testChunkBytes, 'NX');
    expect(await Promise.all([complete(), complete()])).toEqual(['OK', 'OK']);
    expect(await complete()).toBe('OK');
    expect(await client.call('SATCHEL.STRIPEABORT', 'big', version)).toMatch(/^-ERR version .* is complete/);
    expect(await client.call('GET', 'big')).toBe(text);
    const chunk = chunkKey({ version, index: 0, key: Buffer.from('big') });
    expect(await client.call('SATCHEL.STRIPEPUT', chunk, 'other')).toMatch(/^-ERR version .* is complete/);
  });

  test('is refused by commands that know plain values only', async () => {
    await putStriped(client, 'big', value);
    for (const command of [
      ['APPEND', 'x'],
      ['SETRANGE', '0', 'x'],
      ['GETDEL'],
      ['GETSET', 'x'],
      ['GETEX', 'EX', '5'],
      ['SET', 'x', 'GET'],
    ]) {
      const [name = '', ...rest] = command;
      expect(await client.call(name, 'big', ...rest), name).toMatch(/^-WRONGTYPE/);
    }
    expect(await client.call('INCR', 'big')).toMatch(/^-ERR value is not an integer/);
    expect(await client.call('GET', 'big')).toBe(text);
    expect(await client.call('SETRANGE', 'big', 0, '')).toMatch(/^-WRONGTYPE/);
  });

  test('is no list, has its one name, and takes the place of whatever was there', async () => {
    await client.call('RPUSH', 'big', 'a', 'b');
    expect(await putStriped(client, 'big', value)).toBe('OK');
    expect(await client.call('GET', 'big')).toBe(text);
    expect(await client.call('RPUSH', 'big', 'a')).toMatch(/^-WRONGTYPE/);
    expect(await client.call('RENAME', 'big', '{big}other')).toMatch(/^-ERR a striped object keeps its key/);
    expect(await client.call('KEYS', '*')).toEqual(['big']);
    expect(await client.call('RANDOMKEY')).toBe('big');
    expect(await client.call('GET', 'big')).toBe(text);
    await client.call('DEL', 'big');
    await emptied();
  });

  test('is what waiters get', async () => {
    const waiters = await Promise.all([1, 2, 3].map((shard) => fleet.client('job', { shard })));
    const waits = waiters.map((waiter) => waiter.call('SATCHEL.WAIT', 'big', 0));
    const watcher = await fleet.client('job', { shard: 2 });
    await watcher.call('SATCHEL.AWAIT', 'a', 'big', 0);
    await watcher.call('SATCHEL.AWAIT', 'b', 'big', 0, 'MANIFEST');
    const waiting = () => fleet.shards.reduce((sum, { jobs }) => sum + (jobs.get('job')?.waits.pending ?? 0), 0);
    await expect.poll(waiting).toBe(5);
    await putStriped(client, 'big', value);
    expect(await Promise.all(waits)).toEqual([text, text, text]);
    const pushes = (await watcher.pushed(2)) as unknown[][];
    expect(pushes).toContainEqual(['satchel.wait', 'a', text]);
    expect(pushes.find(([, id]) => id === 'b')?.[2]).toMatchObject({ 0: 'satchel.stripe', 3: value.length });
    await watcher.call('SATCHEL.AWAIT', 'c', 'big', 0, 'MANIFEST');
    expect((await watcher.pushed(3))[2]).toMatchObject({ 1: 'c', 2: { 0: 'satchel.stripe' } });
  });
});

describe('chunks without an object', () => {
  test('go after a minute without a sign of their writer, and stay as long as there is one', async () => {
    const version = await putChunks(client, 'big', value);
    clock.advance(59_000);
    const chunkOf = (index: number) => chunkKey({ version, index, key: Buffer.from('big') });
    for (let index = 0; index <= 10; index++) expect(await client.call('SATCHEL.STRIPETOUCH', chunkOf(index))).toBe(1);
    clock.advance(59_000);
    expect(held().chunks).toBe(11);
    clock.advance(1500);
    await emptied();
    expect(await client.call('SATCHEL.STRIPETOUCH', chunkOf(0))).toBe(0);
    expect(await client.call('SATCHEL.STRIPECOMMIT', 'big', version, value.length, testChunkBytes)).toMatch(
      /^-GONE only 0 of 11/,
    );
  });

  test('that were kept for an object which never came are found out by asking its shard', async () => {
    const version = await putChunks(client, 'big', value);
    for (const { jobs } of fleet.shards)
      jobs.get('job')?.striping.parts.hold(Buffer.from('big'), { version, size: value.length, chunkBytes: testChunkBytes });
    clock.advance(61_000);
    await emptied();
  });

  test('of an object that is there stay, however often its shard is asked', async () => {
    await putStriped(client, 'big', value);
    for (let minute = 0; minute < 60; minute++) {
      clock.advance(61_000);
      await client.call('GET', 'big');
    }
    expect(await client.call('GET', 'big')).toBe(text);
  });

  test('whose removal was never told to their shard go when it asks', async () => {
    await putStriped(client, 'big', value);
    const lost = fleet.shard(2).jobs.get('job');
    const owner = fleet.shards.map(({ jobs }) => jobs.get('job')).find((job) => (job?.objectCount ?? 0) > 0);
    owner?.striping.end();
    await client.call('DEL', 'big');
    expect((lost?.striping.parts.chunks ?? 0) + held().chunks).toBeGreaterThan(0);
    clock.advance(limits.stripeProgressMs + 1000);
    await expect
      .poll(() =>
        fleet.shards.filter(({ jobs }) => jobs.get('job') !== owner).map(({ jobs }) => jobs.get('job')?.striping.parts.chunks),
      )
      .toEqual([0, 0]);
  });
});

describe('limits', () => {
  test('of chunks, of their size and of what is under way are told', async () => {
    const key = Buffer.from('big');
    const put = (version: string, index: number, bytes = 1) =>
      client.call('SATCHEL.STRIPEPUT', chunkKey({ version, index, key }), Buffer.alloc(bytes));
    expect(await put(newVersion(), limits.stripeChunks)).toMatch(/^-TOOLARGE chunk 131072/);
    const commit = (size: number, chunkBytes: number) =>
      client.call('SATCHEL.STRIPECOMMIT', 'big', newVersion(), size, chunkBytes);
    expect(await commit(1e6, 1000)).toMatch(/^-ERR chunks have 1000 bytes/);
    expect(await commit(1e6, limits.stripeChunkBytes + 1)).toMatch(/^-ERR chunks have/);
    expect(await commit((limits.stripeChunks + 1) * 4096, 4096)).toMatch(/^-TOOLARGE the object has 131073 chunks/);
    expect(await commit(0, 4096)).toMatch(/^-ERR the size is 0/);
    expect(await client.call('SATCHEL.STRIPECOMMIT', 'big', 'short', 1, 4096)).toMatch(/^-ERR a version has 16/);
    const one = await fleet.client('one-job');
    const puts: Promise<unknown>[] = [];
    for (let count = 0; count <= limits.stripesUnderWay; count++) {
      puts.push(one.call('SATCHEL.STRIPEPUT', chunkKey({ version: newVersion(), index: 0, key }), 'x'));
    }
    const replies = await Promise.all(puts);
    expect(replies.filter((reply) => reply === 'OK').length).toBe(limits.stripesUnderWay);
    expect(replies.at(-1)).toMatch(/^-OOM 1024 striped objects/);
  });

  test('the commands between shards are refused to clients', async () => {
    for (const command of [
      ['STRIPEHOLD', 'k', newVersion(), '1', '4096'],
      ['STRIPECHECK', 'k', 'v'],
      ['STRIPEDROP', 'v'],
      ['STRIPEBROKEN', 'k', 'v'],
    ]) {
      const [name, ...rest] = command;
      expect(await client.call(`SATCHEL.${name}`, ...rest)).toMatch(/^-NOPERM/);
    }
  });

  test('a version is of one object', async () => {
    const version = await putChunks(client, 'big', value);
    const chunk = (index: number) => chunkKey({ version, index, key: Buffer.from('other') });
    const replies = [];
    for (let index = 0; index < 11; index++) replies.push(await client.call('SATCHEL.STRIPEPUT', chunk(index), 'x'));
    expect(replies).toContainEqual(expect.stringMatching(/^-ERR version .* is of another object/));
    expect(await client.call('SATCHEL.STRIPECOMMIT', 'other', version, value.length, testChunkBytes)).toMatch(
      /^-GONE only 0 of 11/,
    );
  });

  test('a chunk that is too long is refused', async () => {
    const version = newVersion();
    const long = Buffer.alloc(testChunkBytes * 2);
    await client.call('SATCHEL.STRIPEPUT', chunkKey({ version, index: 0, key: Buffer.from('k') }), long);
    expect(await client.call('SATCHEL.STRIPECOMMIT', 'k', version, long.length, testChunkBytes)).toMatch(
      /^-GONE chunk 0 of 2 has 8192 bytes/,
    );
  });
});
