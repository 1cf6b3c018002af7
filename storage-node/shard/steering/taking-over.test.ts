import { limits } from '@satchel/proto/core';
import { afterEach, expect, test, vi } from 'vitest';
import { MapStore } from '../../store/testing/map-store.js';
import { LimitedGrant } from '../testing/limited-grant.js';
import { SlotMoves } from '../testing/slot-moves.js';
import { type TestClient, TestFleet, type TestFleetOptions } from '../testing/test-fleet.js';

let fleet: TestFleet;
afterEach(() => {
  vi.restoreAllMocks();
  fleet.close();
});

/** Clients of shard 1, which had all slots, and of shard 2, which gets them by `move`. */
async function twoShards(options: TestFleetOptions = {}) {
  fleet = await TestFleet.start({ ...options, shards: 2 });
  const moves = new SlotMoves('job', [{ start: 0, shard: 1 }]);
  const tell = () => {
    for (const shard of fleet.shards) shard.configure(moves.configuration);
  };
  tell();
  const before = await fleet.client('job', { direct: true });
  const move = async (start = 0): Promise<TestClient> => {
    moves.move(start, 16_384, 2);
    tell();
    return fleet.client('job', { shard: 2, direct: true });
  };
  return { before, move };
}

test('a write that the new owner refuses leaves the value that the shard before had', async () => {
  const grant = new LimitedGrant(1000);
  const { before, move } = await twoShards({ grantOf: (shard) => (shard === 2 ? grant : new LimitedGrant(1e6)) });
  for (const key of ['{t}a', '{t}b', '{t}c']) await before.call('SET', key, 'old');
  await before.call('RPUSH', '{t}list', 'element');
  const client = await move();
  const long = 'x'.repeat(2000);
  expect(await client.call('SET', '{t}a', long)).toMatch(/^-QUOTA /);
  expect(await client.call('SET', '{t}a', 'new', 'NONSENSE')).toMatch(/^-ERR /);
  expect(await client.call('SETEX', '{t}a', '0', 'new')).toMatch(/^-ERR /);
  expect(await client.call('MSET', '{t}b', long, '{t}c', long)).toMatch(/^-QUOTA /);
  expect(await client.call('SET', '{t}list', long)).toMatch(/^-QUOTA /);
  expect(await client.call('MGET', '{t}a', '{t}b', '{t}c')).toEqual(['old', 'old', 'old']);
  expect(await client.call('LRANGE', '{t}list', '0', '-1')).toEqual(['element']);
  expect(await client.call('SET', '{t}a', 'new')).toBe('OK');
  expect(await client.call('GET', '{t}a')).toBe('new');
});

test('a write that finds the tiers of the new owner full leaves the value that the shard before had', async () => {
  const { before, move } = await twoShards({ openTiers: (shard) => [new MapStore('dram', shard === 2 ? 3000 : 1e6)] });
  await before.call('SET', 'small', 'old');
  await before.call('SET', 'large', 'x'.repeat(5000));
  const client = await move();
  expect(await client.call('SET', 'small', 'x'.repeat(5000))).toMatch(/^-OOM /);
  expect(await client.call('SET', 'large', 'x'.repeat(5000))).toMatch(/^-OOM /);
  expect(await client.call('GET', 'small')).toBe('old');
  expect(await client.call('STRLEN', 'large')).toBe(5000);
});

test('lists and strings are taken over though the quota is used up', async () => {
  const { before, move } = await twoShards({ grantOf: (shard) => new LimitedGrant(shard === 2 ? 0 : 1e6) });
  await before.call('RPUSH', 'list', 'a', 'b');
  await before.call('SADD', 'set', 'm');
  await before.call('SET', 'string', 'value');
  const client = await move();
  expect(await client.call('LPOP', 'list')).toBe('a');
  expect(await client.call('SREM', 'set', 'm')).toBe(1);
  expect(await client.call('GETDEL', 'string')).toBe('value');
  expect(await client.call('LPOP', 'list')).toBe('b');
  expect(await client.call('SET', 'string', 'value')).toMatch(/^-QUOTA /);
});

test('a shard takes over no more bytes at a time than it may, however many commands ask for them', {
  timeout: 60_000,
}, async () => {
  const { before, move } = await twoShards();
  const bytes = limits.shardTakeOverBytes / 8;
  const value = Buffer.alloc(bytes, 'v');
  const keys = Array.from({ length: 12 }, (_, index) => `key${index}`);
  for (const key of keys) await before.call('SET', key, value);
  await move();
  const { calls } = fleet.shard(2).server;
  const send = calls.send.bind(calls);
  const coming = { bytes: 0, most: 0 };
  vi.spyOn(calls, 'send').mockImplementation((job, shard, words, sink) => {
    if (String(words[0]) !== 'SATCHEL.TAKE') return send(job, shard, words, sink);
    const may = Number(String(words[4]));
    coming.bytes += may;
    coming.most = Math.max(coming.most, coming.bytes);
    send(job, shard, words, (reply, start, end) => {
      expect(end - start).toBeLessThan(may + 1000);
      coming.bytes -= may;
      sink(reply, start, end);
    });
  });
  const clients = await Promise.all(keys.map(() => fleet.client('job', { shard: 2, direct: true })));
  const lengths = await Promise.all(keys.map((key, index) => clients[index]?.call('APPEND', key, 'x')));
  expect(lengths).toEqual(keys.map(() => bytes + 1));
  expect(coming.most).toBeGreaterThan(bytes);
  expect(coming.most).toBeLessThanOrEqual(limits.shardTakeOverBytes);
});

test('reads of several keys are answered by whoever has them, and leave them where they are', async () => {
  const { before, move } = await twoShards();
  for (const key of ['{t}a', '{t}b', '{t}c']) await before.call('SET', key, key);
  await before.call('RPUSH', '{t}list', 'element');
  await before.call('SATCHEL.PUT', '{t}once', 'value', 'READS', '1');
  const client = await move();
  expect(await client.call('SET', '{t}b', 'new')).toBe('OK');
  const keys = ['{t}c', '{t}b', '{t}none', '{t}list', '{t}a', '{t}b', '{t}a'];
  expect(await client.call('MGET', ...keys)).toEqual(['{t}c', 'new', null, null, '{t}a', 'new', '{t}a']);
  expect(await client.call('EXISTS', ...keys)).toBe(6);
  expect(await client.call('TOUCH', '{t}a', '{t}list')).toBe(2);
  expect(fleet.shard(1).jobs.get('job')?.objects.count).toBe(4);
  const plain = await fleet.client('job', { shard: 2, version: 2 });
  expect(await plain.call('MGET', '{t}none', '{t}a', '{t}once')).toEqual([null, '{t}a', 'value']);
  expect(await plain.call('MGET', '{t}once', '{t}a')).toEqual([null, '{t}a']);
  expect(fleet.shard(1).jobs.get('job')?.objects.count).toBe(3);
});

test('a delete that is repeated because a link broke counts what it removed, once', async () => {
  const { before, move } = await twoShards();
  for (const key of ['{t}a', '{t}b']) await before.call('SET', key, 'value');
  const client = await move();
  const { calls } = fleet.shard(2).server;
  const send = calls.send.bind(calls);
  const breaks = vi.spyOn(calls, 'send').mockImplementation((job, shard, words, sink) => {
    if (String(words[0]) !== 'SATCHEL.DROP') return send(job, shard, words, sink);
    const broken = Buffer.from('-UNAVAILABLE the link broke; the command may be repeated\r\n');
    send(job, shard, words, () => sink(broken, 0, broken.length));
  });
  expect(await client.call('DEL', '{t}a', '{t}b', '{t}none')).toMatch(/^-UNAVAILABLE /);
  expect(await client.call('DEL', '{t}a', '{t}b', '{t}none')).toMatch(/^-UNAVAILABLE /);
  breaks.mockRestore();
  expect(await client.call('DEL', '{t}a', '{t}b', '{t}none')).toBe(2);
  expect(await client.call('DEL', '{t}a', '{t}b', '{t}none')).toBe(0);
  expect(await client.call('SET', '{t}a', 'new')).toBe('OK');
  expect(await client.call('DEL', '{t}a')).toBe(1);
  expect(await client.call('EXISTS', '{t}a', '{t}b')).toBe(0);
});

test('an object that is in both places because a link broke is counted and listed once', async () => {
  const { before, move } = await twoShards();
  await before.call('SET', '{t}a', '1');
  await before.call('SET', '{t}b', '1');
  const client = await move();
  const { calls } = fleet.shard(2).server;
  const send = calls.send.bind(calls);
  const breaks = vi.spyOn(calls, 'send').mockImplementation((job, shard, words, sink) => {
    if (String(words[0]) !== 'SATCHEL.DROP') return send(job, shard, words, sink);
    const broken = Buffer.from('-UNAVAILABLE the link broke; the command was not executed\r\n');
    sink(broken, 0, broken.length);
  });
  expect(await client.call('INCR', '{t}a')).toMatch(/^-UNAVAILABLE /);
  expect(await client.call('DBSIZE')).toMatch(/^-UNAVAILABLE /);
  breaks.mockRestore();
  expect(await client.call('DBSIZE')).toBe(2);
  expect(((await client.call('KEYS', '*')) as string[]).sort()).toEqual(['{t}a', '{t}b']);
  expect(await client.call('INCR', '{t}a')).toBe(2);
});
