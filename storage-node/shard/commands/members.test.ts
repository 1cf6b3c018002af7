import { limits } from '@satchel/proto/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Channels } from '../channels.js';
import type { ConnectionSession } from '../session.js';
import { TestShard } from '../testing/test-shard.js';

describe('a set', () => {
  test('of any size is the same as a Set, whatever is added, removed and drawn', async () => {
    const member = fc.nat(4000).map(String);
    const step = fc.tuple(fc.constantFrom('SADD', 'SREM', 'SPOP', 'SISMEMBER', 'many'), member);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const shard = new TestShard();
        shard.session.version = 2;
        const model = new Set<string>();
        for (const [name, value] of steps) {
          if (name === 'many') {
            const members = Array.from({ length: Number(value) / 2 }, (_, index) => String(index * 2));
            for (const one of members) model.add(one);
            if (members.length > 0) await shard.run('SADD', 's', ...members);
          } else if (name === 'SPOP') {
            const count = Number(value) % 700;
            const popped = (await shard.text('SPOP', 's', count)) as string[];
            expect(popped).toHaveLength(Math.min(count, model.size));
            for (const one of popped) expect(model.delete(one)).toBe(true);
          } else {
            const changes = name === 'SADD' ? !model.has(value) : model.has(value);
            if (name === 'SADD') model.add(value);
            if (name === 'SREM') model.delete(value);
            expect(await shard.text(name, 's', value)).toBe(changes ? 1 : 0);
          }
          expect(await shard.text('SCARD', 's')).toBe(model.size);
        }
        expect(((await shard.text('SMEMBERS', 's')) as string[]).sort()).toEqual([...model].sort());
        const some = (await shard.text('SRANDMEMBER', 's', 500)) as string[];
        expect(new Set(some).size).toBe(Math.min(500, model.size));
        expect(some.every((one) => model.has(one))).toBe(true);
        const any = (await shard.text('SRANDMEMBER', 's', -500)) as string[];
        expect(any).toHaveLength(model.size === 0 ? 0 : 500);
        shard.check();
        await shard.run('DEL', 's');
        expect(shard.grant.reservedBytes).toBe(0);
      }),
      { numRuns: 60 },
    );
  }, 30_000);

  test('draws every member, and all about equally often', async () => {
    const shard = new TestShard();
    await shard.run('SADD', 's', ...Array.from({ length: 10 }, (_, index) => index));
    const drawn = new Map<string, number>();
    for (let draw = 0; draw < 5000; draw++) {
      const member = String(await shard.text('SRANDMEMBER', 's'));
      drawn.set(member, (drawn.get(member) ?? 0) + 1);
    }
    expect(drawn.size).toBe(10);
    for (const count of drawn.values()) expect(count).toBeGreaterThan(300);
  });

  test('takes what its new members need of the quota, and no long members', async () => {
    const shard = new TestShard({ quotaBytes: 2000 });
    expect(await shard.text('SADD', 's', 'a', 'b', 'a')).toBe(2);
    const before = shard.grant.reservedBytes;
    expect(await shard.text('SADD', 's', 'a', 'b')).toBe(0);
    expect(shard.grant.reservedBytes).toBe(before);
    expect(await shard.text('SADD', 's', ...Array.from({ length: 20 }, (_, index) => `member ${index}`))).toMatch(/^-QUOTA /);
    expect(await shard.text('SCARD', 's')).toBe(2);
    expect(await shard.text('SADD', 's', 'x'.repeat(limits.memberBytes + 1))).toMatch(/^-TOOLARGE /);
    shard.check();
  });

  test('has at most so many members', async () => {
    const shard = new TestShard();
    const part = 20_000;
    for (let from = 0; from < limits.collectionElements; from += part) {
      await shard.run('SADD', 's', ...Array.from({ length: part }, (_, index) => from + index));
    }
    expect(await shard.text('SCARD', 's')).toBe(limits.collectionElements);
    expect(await shard.text('SADD', 's', 'x')).toMatch(/^-TOOLARGE /);
    expect(await shard.text('SADD', 's', 7)).toBe(0);
    shard.check();
  }, 60_000);

  test('replies as a set with RESP3', async () => {
    const shard = new TestShard();
    await shard.run('SADD', 's', 'a');
    expect((await shard.encoded(shard.session, ['SMEMBERS', 's'])).toString()).toBe('~1\r\n$1\r\na\r\n');
    expect((await shard.encoded(shard.session, ['SMEMBERS', 'none'])).toString()).toBe('~0\r\n');
  });
});

describe('MSETNX', () => {
  test('sets all or none, also if the quota or a device lets it down half way', async () => {
    const shard = new TestShard({ quotaBytes: 1000 });
    expect(await shard.text('MSETNX', 'a', '1', 'b', '2')).toBe(1);
    expect(await shard.text('MSETNX', 'c', '3', 'b', '4')).toBe(0);
    expect(await shard.text('EXISTS', 'c')).toBe(0);
    expect(await shard.text('MSETNX', 'c', 'x'.repeat(500), 'd', 'x'.repeat(500))).toMatch(/^-QUOTA /);
    expect(await shard.text('EXISTS', 'c', 'd')).toBe(0);
    shard.check();
    const slow = new TestShard({ dramBytes: 200, ssdBytes: 0 });
    const failing = slow.text('MSETNX', 'c', 'x'.repeat(100), 'd', 'x'.repeat(100));
    slow.object.failure = new Error('no device');
    expect(await failing).toMatch(/^-/);
    expect(await slow.text('EXISTS', 'c', 'd')).toBe(0);
    slow.check();
  });

  test('and others of the same keys go one after the other', async () => {
    const shard = new TestShard({ dramBytes: 200, ssdBytes: 0 });
    const replies = await Promise.all([
      shard.text('MSETNX', 'c', 'x'.repeat(100), 'd', 'x'.repeat(100)),
      shard.text('MSETNX', 'd', 'y', 'c', 'y'),
      shard.text('RENAME', 'c', 'e'),
      shard.text('RENAMENX', 'd', 'e'),
    ]);
    expect(replies).toEqual([1, 0, 'OK', 0]);
    expect([await shard.text('EXISTS', 'c'), await shard.text('STRLEN', 'd'), await shard.text('STRLEN', 'e')]).toEqual([
      0, 100, 100,
    ]);
    shard.check();
  });
});

describe('RENAME', () => {
  test('keeps what an object is: its time to live, reads, attempt and tier', async () => {
    const shard = new TestShard();
    await shard.run('SATCHEL.PUT', 'a', 'value', 'PX', 1000, 'READS', 2, 'ATTEMPT', 3, 'TIER', 'object');
    await shard.run('SET', 'b', 'gone');
    expect(await shard.text('RENAME', 'a', 'b')).toBe('OK');
    expect(await shard.text('SATCHEL.STAT', 'b')).toMatchObject({ size: 5, tier: 'object', ttl: 1000, reads: 2, attempt: 3 });
    expect(await shard.text('EXISTS', 'a')).toBe(0);
    expect(await shard.text('RENAME', 'b', 'b')).toBe('OK');
    expect(await shard.text('RENAME', 'a', 'b')).toBe('-ERR no such key');
    shard.check();
  });

  test('that finds no room leaves the object where it is', async () => {
    const shard = new TestShard({ quotaBytes: 1000 });
    await shard.run('SET', 'a', 'x'.repeat(600));
    expect(await shard.text('RENAME', 'a', 'b')).toMatch(/^-QUOTA /);
    expect(await shard.text('STRLEN', 'a')).toBe(600);
    expect(await shard.text('EXISTS', 'b')).toBe(0);
    shard.check();
  });
});

describe('KEYS', () => {
  test('lists in slices of the event loop, as many as the limit says', async () => {
    const shard = new TestShard();
    for (let index = 0; index < 30_000; index++) shard.runNow('RPUSH', `key:${index}`, '');
    let turns = 0;
    let counting = true;
    const count = () => {
      turns++;
      if (counting) setImmediate(count);
    };
    setImmediate(count);
    expect(await shard.text('KEYS', 'key:2*')).toHaveLength(11_111);
    counting = false;
    expect(turns).toBeGreaterThan(3);
    expect(await shard.text('KEYS', 'key:77')).toEqual(['key:77']);
    expect(await shard.text('RANDOMKEY')).toMatch(/^key:\d+$/);
    for (let index = 30_000; index < limits.listedKeys; index++) shard.runNow('SADD', `key:${index}`, '');
    expect(await shard.text('KEYS', '*')).toHaveLength(limits.listedKeys);
    await shard.run('SET', 'one more', '');
    expect(await shard.text('KEYS', '*')).toMatch(/^-TOOLARGE .*SCAN/);
    await shard.run('FLUSHALL');
    expect(await shard.text('RANDOMKEY')).toBeNull();
    expect(await shard.text('KEYS', '*')).toEqual([]);
  }, 30_000);

  test('lists what is persisted by its prefix', async () => {
    const shard = new TestShard();
    await shard.run('SATCHEL.PUT', 'a', 'x', 'PERSIST');
    await shard.run('SATCHEL.PUT', 'b', 'x', 'PERSIST');
    expect(((await shard.text('KEYS', '@persist/*')) as string[]).sort()).toEqual(['@persist/a', '@persist/b']);
  });
});

test('the connections of a job may subscribe to so many channels in all', () => {
  const channels = new Channels();
  const sessions: { subscriptions: number }[] = [];
  const connect = () => {
    const session = { subscriptions: 0, onClose: () => () => {} };
    sessions.push(session);
    return session as unknown as ConnectionSession;
  };
  const each = limits.connectionSubscriptions;
  for (let left = limits.jobSubscriptions; left > 0; left -= each) {
    const session = connect();
    channels.assertRoom(session, each);
    for (let index = 0; index < each; index++) channels.subscribe(session, 'channels', String(index));
  }
  expect(() => channels.assertRoom(connect(), 1)).toThrow(/the limit is/);
  expect(channels.listenersOf('7')).toBe(limits.jobSubscriptions / each);
});
