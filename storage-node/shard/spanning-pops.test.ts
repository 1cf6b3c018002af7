import { slotOf } from '@satchel/proto/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestClient, TestFleet } from './testing/test-fleet.js';

let fleet: TestFleet;
beforeAll(async () => {
  fleet = await TestFleet.start({ shards: 3 });
});
afterAll(() => fleet.close());

/** A name whose slot is on a shard, of three that share the slots evenly. */
function on(shard: number, base: string): string {
  for (let number = 0; ; number++) {
    const name = `${base}${number}`;
    if (Math.floor(slotOf(Buffer.from(name)) / (16384 / 3)) === shard - 1) return name;
  }
}

/** Settles once a number of connections wait for the list on its shard. */
async function waiting(job: string, shard: number, lists: number): Promise<void> {
  while ((fleet.shard(shard).jobs.get(job)?.pops.size ?? 0) !== lists) await new Promise(setImmediate);
}

function idle(job: string): number[] {
  return fleet.shards.map(({ jobs }) => jobs.get(job)?.pops.size ?? 0);
}

describe('a pop on an endpoint', () => {
  test.each([
    ['BLPOP', 'first'],
    ['BRPOP', 'last'],
  ])('%s takes what is in a list of another shard', async (name, expected) => {
    const client = await fleet.client(`there-${name}`);
    const key = on(2, 'list');
    await client.call('RPUSH', key, 'first', 'last');
    expect(await client.call(name, key, 0)).toEqual([key, expected]);
    expect(await client.call('LLEN', key)).toBe(1);
  });

  test('waits for a list of another shard, and for lists of several', async () => {
    const [client, pusher] = [await fleet.client('waits'), await fleet.client('waits', { shard: 3 })];
    const [here, there, third] = [on(1, 'a'), on(2, 'b'), on(3, 'c')];
    for (const key of [here, there, third]) {
      const popped = client.call('BLPOP', here, there, third, 0);
      for (const shard of [1, 2, 3]) await waiting('waits', shard, 1);
      expect(await pusher.call('RPUSH', key, `to ${key}`)).toBe(1);
      expect(await popped).toEqual([key, `to ${key}`]);
    }
    for (const key of [here, there, third]) expect(await client.call('LLEN', key)).toBe(0);
    for (const shard of [1, 2, 3]) await waiting('waits', shard, 0);
  });

  test('takes of the first of its lists that has something, whichever shards they are on', async () => {
    const client = await fleet.client('order');
    const keys = [on(3, 'a'), on(1, 'b'), on(2, 'c')] as const;
    for (const key of keys) await client.call('RPUSH', key, key);
    for (const key of keys) expect(await client.call('BLPOP', ...keys, 1)).toEqual([key, key]);
    expect(await client.call('BLPOP', ...keys, 0.01)).toBeNull();
    for (const shard of [1, 2, 3]) await waiting('order', shard, 0);
  });

  test('serves connections of all shards in the order in which they came', async () => {
    const key = on(2, 'queue');
    const clients: TestClient[] = [];
    const popped: Promise<unknown>[] = [];
    for (let index = 0; index < 9; index++) {
      const client = await fleet.client('arrival', { shard: (index % 3) + 1 });
      clients.push(client);
      popped.push(client.call('BLPOP', key, 0));
      while (queued('arrival', 2, key) < index + 1) await new Promise(setImmediate);
    }
    const pusher = await fleet.client('arrival');
    for (let index = 0; index < 9; index++) await pusher.call('RPUSH', key, index);
    expect(await Promise.all(popped)).toEqual(Array.from({ length: 9 }, (_, index) => [key, String(index)]));
  });

  test('serves nobody who has gone, and nothing is lost with them', async () => {
    const key = on(2, 'gone');
    const leaving = await fleet.client('leaves');
    void leaving.call('BLPOP', key, on(3, 'other'), 0);
    await waiting('leaves', 2, 1);
    const staying = await fleet.client('leaves', { shard: 3 });
    const popped = staying.call('BLPOP', key, 0);
    while (queued('leaves', 2, key) < 2) await new Promise(setImmediate);
    leaving.close();
    await leaving.ended;
    const pusher = await fleet.client('leaves');
    await pusher.call('RPUSH', key, 'only');
    expect(await popped).toEqual([key, 'only']);
    for (const shard of [1, 2, 3]) await waiting('leaves', shard, 0);
  });

  test('moves within one other shard, at once or when there is something', async () => {
    const [client, pusher] = [await fleet.client('moves'), await fleet.client('moves')];
    const tag = on(2, 'tag');
    const [work, done] = [`{${tag}}work`, `{${tag}}done`];
    await pusher.call('RPUSH', work, 'one');
    expect(await client.call('BLMOVE', work, done, 'LEFT', 'RIGHT', 0)).toBe('one');
    const moved = client.call('BRPOPLPUSH', work, done, 0);
    await waiting('moves', 2, 1);
    await pusher.call('LPUSH', work, 'two');
    expect(await moved).toBe('two');
    expect(await client.call('LRANGE', done, 0, -1)).toEqual(['two', 'one']);
  });

  test('is refused with CROSSSLOT and what to do about it if it moves between shards', async () => {
    const client = await fleet.client('across');
    const [from, to] = [on(1, 'from'), on(2, 'to')];
    const refused = expect.stringMatching(/^-CROSSSLOT .*\{tag\}/);
    expect(await client.call('LMOVE', from, to, 'LEFT', 'LEFT')).toEqual(refused);
    expect(await client.call('BLMOVE', from, to, 'LEFT', 'LEFT', 0)).toEqual(refused);
    expect(await client.call('RENAME', from, to)).toEqual(refused);
    expect(await client.call('MSETNX', from, 1, to, 2)).toEqual(refused);
    expect(await client.call('MSETNX', to, 1, on(2, 'other'), 2)).toBe(1);
    expect(await client.call('RENAME', to, on(2, 'new'))).toBe('OK');
  });

  test('tells wrong usage, wrong types and what a token does not allow', async () => {
    const client = await fleet.client('wrong');
    const [string, list] = [on(2, 'string'), on(3, 'list')];
    await client.call('SET', string, 'x');
    expect(await client.call('BLPOP', list, string, 0)).toMatch(/^-WRONGTYPE /);
    expect(await client.call('BLPOP', list, 'x')).toBe('-ERR timeout is not a float or out of range');
    expect(await client.call('BLPOP', list, -1)).toBe('-ERR timeout is negative');
    expect(await client.call('BLPOP', list, '@persist/x', 1)).toMatch(/^-ERR keys that begin with @persist/);
    const writer = await fleet.client('wrong', { verbs: ['write'] });
    expect(await writer.call('BLPOP', list, 1)).toMatch(/^-NOPERM .* read/);
    for (const shard of [1, 2, 3]) await waiting('wrong', shard, 0);
  });

  test('keeps later commands of its connection back until it is done', async () => {
    const [client, pusher] = [await fleet.client('held'), await fleet.client('held')];
    const key = on(2, 'key');
    const replies = Promise.all([client.call('BLPOP', key, 0), client.call('SET', 'after', 1), client.call('PING')]);
    await waiting('held', 2, 1);
    expect(await pusher.call('GET', 'after')).toBeNull();
    await pusher.call('RPUSH', key, 'x');
    expect(await replies).toEqual([[key, 'x'], 'OK', 'PONG']);
  });

  test('ends with an error when its shard goes', async () => {
    const other = await TestFleet.start({ shards: 2 });
    const client = await other.client('breaks');
    const key = ['a', 'b', 'c', 'd'].find((name) => slotOf(Buffer.from(name)) >= 8192) ?? '';
    const popped = client.call('BLPOP', key, 0);
    while ((other.shard(2).jobs.get('breaks')?.pops.size ?? 0) === 0) await new Promise(setImmediate);
    other.shard(2).server.close();
    expect(await popped).toMatch(/^-UNAVAILABLE /);
    other.close();
  });
});

describe('on the direct port', () => {
  test('keys of several slots are refused, as in Redis Cluster', async () => {
    const client = await fleet.client('direct', { direct: true });
    expect(await client.call('BLPOP', on(1, 'a'), on(1, 'b'), 0)).toMatch(/^-CROSSSLOT /);
    expect(await client.call('BLPOP', on(2, 'a'), 0)).toMatch(/^-MOVED /);
    const key = on(1, 'a');
    await client.call('RPUSH', key, 'x');
    expect(await client.call('BLPOP', key, 0)).toEqual([key, 'x']);
    expect(idle('direct')).toEqual([0, 0, 0]);
  });
});

/** Connections that wait for a list on its shard. */
function queued(job: string, shard: number, key: string): number {
  return fleet.shard(shard).jobs.get(job)?.pops.waitersAt(key) ?? 0;
}
