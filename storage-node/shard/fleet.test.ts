import { once } from 'node:events';
import { createServer } from 'node:net';
import { limits, SatchelError, slotOf } from '@satchel/proto/core';
import { encodeCommand } from '@satchel/proto/resp';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { MapStore } from '../store/testing/map-store.js';
import type { Command } from './command.js';
import { MapPersisted } from './testing/map-persisted.js';
import { SlowStore } from './testing/slow-store.js';
import { type TestClient, TestFleet } from './testing/test-fleet.js';

const finish: (() => void)[] = [];
/** Answers when the test says so. */
const slow: Command = {
  name: 'slow',
  arity: 2,
  scope: 'key',
  keys: { first: 1, last: 1, step: 1 },
  verb: 'write',
  async run({ args, reply }) {
    await new Promise<void>((resolve) => finish.push(resolve));
    reply.bulk(args.buffer, args.start(1), args.end(1));
  },
};

let fleet: TestFleet;
let client: TestClient;
beforeEach(async () => {
  finish.length = 0;
  fleet = await TestFleet.start({ shards: 3, commands: [slow] });
  client = await fleet.client();
});
afterEach(() => fleet.close());

/** A key that begins with `name` and lies on a shard. */
function keyOn(shard: number, name = 'key', shards = 3): string {
  for (let index = 0; ; index++) {
    const key = `${name}${index}`;
    if (Math.floor(slotOf(key) / (16_384 / shards)) === shard - 1) return key;
  }
}

const keys = [1, 2, 3].map((shard) => keyOn(shard));

describe('the endpoint of a job on several shards', () => {
  test('serves every key from every shard', async () => {
    for (const key of keys) expect(await client.call('SET', key, `value of ${key}`)).toBe('OK');
    const other = await fleet.client('job', { shard: 3, version: 2 });
    for (const key of keys) expect(await other.call('GET', key)).toBe(`value of ${key}`);
    expect(fleet.shards.map((shard) => shard.jobs.get('job')?.objectCount)).toEqual([1, 1, 1]);
  });

  test('answers in the order of the commands, whichever shard they ran on', async () => {
    const commands = Array.from({ length: 3000 }, (_, index) => ['SET', `key:${index % 700}`, `${index}`]);
    const reads = Array.from({ length: 3000 }, (_, index) =>
      index % 3 === 0 ? ['PING', `p${index}`] : ['GET', `key:${index % 700}`],
    );
    const bytes = Buffer.concat([...commands, ...reads].map((command) => encodeCommand(command)));
    const replies = await client.send(bytes, 6000);
    expect(new Set(replies.slice(0, 3000))).toEqual(new Set(['OK']));
    const last = (key: number): string => String(key + 700 * Math.floor((2999 - key) / 700));
    const expected = reads.map((command, index) => (command[0] === 'PING' ? `p${index}` : last(index % 700)));
    expect(replies.slice(3000)).toEqual(expected);
  });

  test('writes replies of other shards in the version of its client', async () => {
    const old = await fleet.client('job', { version: 2 });
    const key = keyOn(2);
    expect(await old.call('GET', key)).toBe(null);
    await old.call('SET', key, 'v');
    expect(Array.isArray(await old.call('SATCHEL.STAT', key))).toBe(true);
    expect(await client.call('SATCHEL.STAT', key)).toMatchObject({ size: 1, tier: 'dram' });
    const raw = await old.send(encodeCommand(['MGET', ...keys.slice(0, 2)]), 1);
    expect(raw).toEqual([[null, 'v']]);
  });

  test('splits commands on several keys and merges their replies', async () => {
    const all = Array.from({ length: 40 }, (_, index) => `k${index}`);
    expect(await client.call('MSET', ...all.flatMap((key) => [key, `v-${key}`]))).toBe('OK');
    expect(await client.call('MGET', ...all, 'nothing')).toEqual([...all.map((key) => `v-${key}`), null]);
    expect(await client.call('EXISTS', ...all, 'nothing', 'k1')).toBe(41);
    expect(await client.call('DEL', 'k0', 'k1', 'k2', 'nothing')).toBe(3);
    expect(await client.call('UNLINK', 'k3', 'k4', 'k5')).toBe(3);
    expect(await client.call('DBSIZE')).toBe(34);
  });

  test('a command on several keys with an argument too few changes nothing on any shard', async () => {
    for (let index = 0; index < 40; index++) {
      const name = index % 2 === 0 ? 'MSET' : 'MSETNX';
      const wrong = await client.call(name, `a${index}`, '1', `b${index}`);
      expect(wrong).toBe(`-ERR wrong number of arguments for '${name.toLowerCase()}' command`);
    }
    expect(await client.call('DBSIZE')).toBe(0);
  });

  test('counts, lists and clears the whole job', async () => {
    const all = Array.from({ length: 500 }, (_, index) => `list/${index}`);
    await client.call('MSET', ...all.flatMap((key) => [key, 'v']));
    expect(await client.call('SATCHEL.COUNT', 'list/1')).toBe(111);
    const found: string[] = [];
    let cursor = '0';
    do {
      const [next, page] = (await client.call('SCAN', cursor, 'COUNT', 50)) as [string, string[]];
      found.push(...page);
      cursor = next;
      expect(Number(cursor)).toBeLessThan(2 ** 53);
    } while (cursor !== '0');
    expect(found.sort()).toEqual(all.sort());
    expect(await client.call('SATCHEL.DELPREFIX', 'list/1')).toBe(111);
    expect(await client.call('DBSIZE')).toBe(389);
    expect(await client.call('FLUSHALL')).toBe('OK');
    expect(await client.call('DBSIZE')).toBe(0);
    expect(await client.call('SCAN', String(9 * 2 ** 33))).toMatch(/^-ERR invalid cursor/);
  });

  test('counts, lists and removes all persisted objects of the namespace, each once', async () => {
    fleet.close();
    fleet = await TestFleet.start({ shards: 3, persisted: new MapPersisted() });
    client = await fleet.client();
    const names = Array.from({ length: 30 }, (_, index) => `kept${index}`);
    for (const name of names) expect(await client.call('SATCHEL.PUT', name, 'value', 'PERSIST')).toBe('OK');
    expect(await client.call('SATCHEL.COUNT', '@persist/kept')).toBe(30);
    const listed: unknown[] = [];
    let cursor: unknown = '0';
    do {
      const page = await client.call('SCAN', String(cursor), 'MATCH', '@persist/kept*', 'COUNT', 4);
      const [next, keys] = page as [string, string[]];
      listed.push(...keys);
      cursor = next;
    } while (cursor !== '0');
    expect(listed.sort()).toEqual(names.map((name) => `@persist/${name}`).sort());
    expect(await client.call('SATCHEL.DELPREFIX', '@persist/kept')).toBe(30);
    expect(await client.call('SATCHEL.COUNT', '@persist/kept')).toBe(0);
    expect(await client.call('SATCHEL.COUNT', 'kept')).toBe(30);
  });

  test('does not let a slow command of another shard hold up others on the same link, nor its own connection', async () => {
    const key = keyOn(2);
    const replies = client.send(Buffer.concat([encodeCommand(['SLOW', key]), encodeCommand(['PING', 'after'])]), 2);
    const other = await fleet.client();
    expect(await other.call('SET', keyOn(2, 'other'), 'v')).toBe('OK');
    while (finish.length === 0) await other.call('GET', keyOn(2, 'other'));
    finish.shift()?.();
    expect(await replies).toEqual([key, 'after']);
  });

  test('carries out a job-wide command after what came before it and before what comes after it', async () => {
    fleet.close();
    const stores: SlowStore[] = [];
    fleet = await TestFleet.start({
      shards: 3,
      openTiers() {
        const store = new SlowStore(10_000_000);
        stores.push(store);
        return [store];
      },
    });
    client = await fleet.client();
    const many = Array.from({ length: 5000 }, (_, index) => ['SET', `p:${index}`, 'v']);
    const commands = [
      ...many,
      ['SATCHEL.COUNT', 'p:'],
      ['SATCHEL.DELPREFIX', 'p:'],
      ['SET', 'p:1', 'new'],
      ['GET', 'p:1'],
      ['DBSIZE'],
    ];
    const replies = await client.send(Buffer.concat(commands.map((command) => encodeCommand(command))), commands.length);
    expect(replies.slice(5000)).toEqual([5000, 5000, 'OK', 'new', 1]);
  });

  test('carries out commands on several keys in their order, also where a key waits for a device', async () => {
    fleet.close();
    const stores: SlowStore[] = [];
    fleet = await TestFleet.start({
      openTiers() {
        const store = new SlowStore(10_000_000);
        stores.push(store);
        return [new MapStore('dram', 10_000_000), store];
      },
    });
    client = await fleet.client();
    for (const shard of [1, 2]) {
      const [slowKey, quickKey] = ['a', 'b'].map((name) => keyOn(shard, name, 2));
      expect(await client.call('SATCHEL.PUT', slowKey as string, 'old', 'TIER', 'object')).toBe('OK');
      expect(await client.call('SET', quickKey as string, 'old')).toBe('OK');
      const commands = [
        ['GETDEL', slowKey],
        ['MSET', slowKey, '1', quickKey, '2'],
        ['GET', quickKey],
        ['DEL', slowKey, quickKey],
        ['SET', quickKey, 'new'],
        ['GET', quickKey],
      ];
      const replies = await client.send(Buffer.concat(commands.map((command) => encodeCommand(command as string[]))), 6);
      expect(replies).toEqual(['old', 'OK', '2', 2, 'OK', 'new']);
    }
  });

  test('passes on only what the token allows', async () => {
    const reader = await fleet.client('job', { verbs: ['read'] });
    const writer = await fleet.client('job', { verbs: ['write'] });
    for (const key of keys) {
      await client.call('SET', key, 'v');
      expect(await reader.call('DEL', key)).toMatch(/^-NOPERM/);
      expect(await writer.call('GETDEL', key)).toMatch(/^-NOPERM/);
      expect(await client.call('EXISTS', key)).toBe(1);
    }
  });

  test('introduces a job to a shard that has not heard of it', async () => {
    expect(fleet.shard(2).jobs.has('job')).toBe(false);
    expect(await client.call('GET', keyOn(2))).toBe(null);
    expect(fleet.shard(2).jobs.has('job')).toBe(true);
  });

  test('introduces it again if the other shard could not take it at first', async () => {
    const admit = vi.spyOn(fleet.shard(2), 'admit');
    admit.mockRejectedValueOnce(new SatchelError('unavailable', 'this storage node has not joined a fleet yet'));
    expect(await client.call('SET', keys[1] as string, 'v')).toMatch(/^-NOJOB /);
    expect(await client.call('SET', keys[1] as string, 'v')).toBe('OK');
  });

  test('says at once which shard cannot be reached, and finds it again', async () => {
    const { endpointPort, directPort } = fleet.shard(2).address;
    const key = keyOn(2);
    await client.call('SET', key, 'v');
    const pending = client.call('SLOW', key);
    const other = await fleet.client();
    while (finish.length === 0) await other.call('GET', key);
    fleet.shard(2).server.close();
    expect(await pending).toMatch(
      /^-UNKNOWN shard 2 of node node-2 at 127\.0\.0\.1:\d+ .*the write may or may not have been executed/,
    );
    expect(await client.call('SET', key, 'v')).toMatch(/^-UNAVAILABLE shard 2 of node node-2 .*the command was not executed/);
    expect(await client.call('MGET', ...keys)).toMatch(/^-UNAVAILABLE shard 2 /);
    expect(await client.call('SET', keyOn(3), 'v')).toBe('OK');
    await fleet.shard(2).restart();
    expect(fleet.shard(2).address).toMatchObject({ endpointPort, directPort });
    let reply: unknown;
    do reply = await client.call('GET', key);
    while (reply !== null);
  });

  test('gives a shard up that hangs, after a while', async () => {
    const key = keyOn(2);
    await client.call('SET', key, 'v');
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval', 'Date'] });
    // A server that takes everything and says nothing.
    const hanging = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
    await once(hanging, 'listening');
    const address = hanging.address();
    fleet.shard(2).server.close();
    fleet.shard(2).moveTo(typeof address === 'object' && address !== null ? address.port : 0);
    let reply: unknown = '-ERR';
    const asked = async (): Promise<void> => {
      do {
        vi.advanceTimersByTime(limits.linkBackoffMs + 1);
        reply = await client.call('SET', key, 'v');
      } while (!String(reply).includes('silent'));
    };
    const done = asked();
    const other = await fleet.client();
    for (let turn = 0; turn < 50; turn++) await other.call('PING');
    for (let step = 0; step < 8; step++) vi.advanceTimersByTime(limits.linkSilenceMs / 4 + 1);
    await done;
    expect(reply).toMatch(/^-UNKNOWN shard 2 .*silent for 10000 ms.*the write may or may not have been executed/);
    vi.useRealTimers();
    hanging.close();
  });

  test('of a job on one shard forwards nothing', async () => {
    const one = await fleet.client('one-job');
    for (const key of keys) expect(await one.call('SET', key, 'v')).toBe('OK');
    expect(await one.call('DBSIZE')).toBe(3);
    const far = await fleet.client('one-job', { shard: 2 });
    expect(await far.call('MGET', ...keys)).toEqual(['v', 'v', 'v']);
    expect(fleet.shard(1).server.statistics.forwarded).toBe(0);
    expect(fleet.shard(2).server.statistics.forwarded).toBe(1);
  });
});

describe('waits across shards', () => {
  test('SATCHEL.WAIT gets the value of another shard, or nil in the end', async () => {
    for (const key of keys) {
      const waited = client.call('SATCHEL.WAIT', key, 20_000);
      const other = await fleet.client('job', { shard: 2 });
      await other.call('SET', key, 'arrived');
      expect(await waited).toBe('arrived');
    }
    expect(await client.call('SATCHEL.WAIT', keyOn(2, 'never'), 5)).toBe(null);
    expect(await client.call('SATCHEL.WAIT', keyOn(2), 'x')).toMatch(/^-ERR/);
    expect(await client.call('PING')).toBe('PONG');
  });

  test('SATCHEL.AWAIT pushes, and ends with UNWATCH', async () => {
    const key = keyOn(3);
    expect(await client.call('SATCHEL.AWAIT', 'id-1', key, 0)).toBe('OK');
    expect(await client.call('SATCHEL.AWAIT', 'id-1', key, 0)).toMatch(/^-ERR .*id-1/);
    expect(await client.call('SATCHEL.AWAIT', 'i'.repeat(129), key, 0)).toMatch(/^-ERR the id has 129 bytes, the limit is 128/);
    expect(await client.call('SATCHEL.AWAITCOUNT', 'id-3', 'part/', -1, 0)).toMatch(/^-ERR the count is -1; it must not/);
    expect(await client.call('SATCHEL.AWAITCOUNT', 'id-3', 'part/', 1, '1e3')).toMatch(/^-ERR value is not an integer/);
    expect(await client.call('SATCHEL.AWAIT', 'id-2', keyOn(3, 'other'), 0)).toBe('OK');
    expect(await client.call('SATCHEL.UNWATCH', 'id-2')).toBe(1);
    expect(await client.call('SATCHEL.UNWATCH', 'id-2')).toBe(0);
    await client.call('SET', keyOn(3, 'other'), 'v');
    await client.call('SET', key, 'v');
    expect(await client.pushed(1)).toEqual([['satchel.wait', 'id-1', 'v']]);
  });

  test('SATCHEL.WAITCOUNT and AWAITCOUNT add up what all shards hold', async () => {
    const waited = client.call('SATCHEL.WAITCOUNT', 'part/', 30, 20_000);
    const watcher = await fleet.client('job', { shard: 3 });
    expect(await watcher.call('SATCHEL.AWAITCOUNT', 'c', 'part/', 29, 0)).toBe('OK');
    const writer = await fleet.client('job', { shard: 2 });
    for (let index = 0; index < 30; index++) await writer.call('SET', `part/${index}`, 'v');
    expect(await waited).toBe(30);
    const [push] = (await watcher.pushed(1)) as [[string, string, number]];
    expect(push.slice(0, 2)).toEqual(['satchel.wait', 'c']);
    expect(push[2]).toBeGreaterThanOrEqual(29);
    expect(await client.call('SATCHEL.WAITCOUNT', 'part/', 31, 5)).toBe(30);
  });

  test('a wait fails when its shard goes away', async () => {
    const waited = client.call('SATCHEL.WAIT', keyOn(2), 0);
    await (await fleet.client()).call('GET', keyOn(2));
    fleet.shard(2).server.close();
    expect(await waited).toMatch(/^-UNAVAILABLE shard 2 .*the wait was given up/);
  });

  test('a closed connection leaves no waits behind', async () => {
    const waits = () => fleet.shards.map((shard) => shard.jobs.get('job')?.waits.size ?? 0);
    const gone = await fleet.client();
    for (const key of keys) await gone.call('SATCHEL.AWAIT', key, key, 0);
    void gone.call('SATCHEL.WAIT', keyOn(2, 'blocking'), 0);
    while (waits().join() !== '1,2,1') await client.call('GET', keyOn(2));
    gone.close();
    while (waits().join() !== '0,0,0') await client.call('GET', keyOn(2));
  });
});

describe('the direct port', () => {
  test('is strict Redis Cluster', async () => {
    const direct = await fleet.client('job', { direct: true });
    const [own, far] = [keyOn(1), keyOn(2)];
    expect(await direct.call('SET', own, 'v')).toBe('OK');
    expect(await direct.call('GET', far)).toBe(`-MOVED ${slotOf(far)} 127.0.0.1:${fleet.shard(2).address.directPort}`);
    expect(await direct.call('MGET', own, keyOn(1, 'other'))).toMatch(/^-CROSSSLOT/);
    expect(await direct.call('MGET', `{${own}}a`, `{${own}}b`)).toEqual([null, null]);
    await client.call('SET', far, 'v');
    expect(await direct.call('DBSIZE')).toBe(1);
    expect(await direct.call('CLUSTER', 'COUNTKEYSINSLOT', slotOf(own))).toBe(1);
    expect(await direct.call('CLUSTER', 'COUNTKEYSINSLOT', slotOf(own) + 1)).toBe(0);
    expect(await direct.call('SCAN', 0)).toEqual(['0', [own]]);
  });

  test('does not take links or their commands from clients', async () => {
    const direct = await fleet.client('job', { direct: true });
    expect(await direct.call('SATCHEL.ON', 'job', 'GET', 'k')).toMatch(/^-NOPERM/);
    expect(await direct.call('SATCHEL.LINK', 'guess')).toMatch(/^-WRONGPASS/);
    expect(await client.call('SATCHEL.LINK', 'the-link-token')).toMatch(/^-NOPERM/);
  });
});
