import { limits } from '@satchel/proto/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Deque } from '../collections/deque.js';
import { ShardHeap } from '../collections/shard-heap.js';
import { TestSession, TestShard } from '../testing/test-shard.js';

describe('a list', () => {
  test('takes what it grows by of the quota and gives it all back', async () => {
    const shard = new TestShard({ quotaBytes: 10_000 });
    let pushed = 0;
    while ((await shard.text('RPUSH', 'list', 'x'.repeat(100))) === pushed + 1) pushed++;
    // From the first on the job is known to have something to lose.
    expect(shard.opened).toBe(1);
    expect(pushed).toBeGreaterThan(50);
    expect(pushed).toBeLessThan(76);
    expect(await shard.text('RPUSH', 'list', 'x'.repeat(100))).toMatch(/^-QUOTA /);
    expect(await shard.text('LLEN', 'list')).toBe(pushed);
    shard.check();
    for (let left = pushed; left > 0; left--) {
      expect(await shard.text(left % 2 === 0 ? 'LPOP' : 'RPOP', 'list')).toHaveLength(100);
      shard.check();
    }
    expect(shard.grant.reservedBytes).toBe(0);
    expect(await shard.text('EXISTS', 'list')).toBe(0);
  });

  test('and a slow grant keep later commands of the key waiting, and the order', async () => {
    const shard = new TestShard();
    shard.grant.slow = true;
    const replies = await Promise.all([
      shard.text('RPUSH', 'list', 'a', 'b'),
      shard.text('LPOP', 'list'),
      shard.text('SADD', 'list', 'x'),
      shard.text('RPUSH', 'list', 'c'),
      shard.text('LRANGE', 'list', 0, -1),
      shard.text('SET', 'list', 'string'),
      shard.text('GET', 'list'),
    ]);
    expect(replies).toEqual([2, 'a', expect.stringMatching(/^-WRONGTYPE/), 2, ['b', 'c'], 'OK', 'string']);
    shard.check();
    await shard.run('DEL', 'list');
    expect(shard.grant.reservedBytes).toBe(0);
  });

  test('goes to no other tier, and is refused when the memory of the shard is full', async () => {
    const pool = { availableBytes: 100_000, account: (bytes: number) => (pool.availableBytes -= bytes) };
    const shard = new TestShard({ heap: new ShardHeap(pool) });
    let refused: unknown;
    for (let index = 0; typeof refused !== 'string'; index++)
      refused = await shard.text('RPUSH', `l${index % 3}`, 'x'.repeat(1000));
    expect(refused).toMatch(/^-OOM /);
    expect(await shard.text('SADD', 'set', 'x'.repeat(1000))).toMatch(/^-OOM /);
    shard.check();
    expect(await shard.text('SATCHEL.STAT', 'l0')).toMatchObject({ tier: 'dram' });
    await shard.run('FLUSHALL');
    expect([pool.availableBytes, shard.grant.reservedBytes]).toEqual([100_000, 0]);
  });

  test('has limits: elements, their bytes, and lists of a job', async () => {
    const shard = new TestShard();
    expect(await shard.text('RPUSH', 'l', 'x'.repeat(limits.elementBytes))).toBe(1);
    expect(await shard.text('RPUSH', 'l', 'x'.repeat(limits.elementBytes + 1))).toMatch(/^-TOOLARGE .*SATCHEL.PUT/);
    expect(await shard.text('LSET', 'l', 0, 'x'.repeat(limits.elementBytes + 1))).toMatch(/^-TOOLARGE /);
    const many = Array.from({ length: limits.collectionElements / 50 }, () => '');
    for (let part = 1; part <= 50; part++) expect(await shard.text('RPUSH', 'm', ...many)).toBe(part * many.length);
    expect(await shard.text('RPUSH', 'm', '')).toMatch(/^-TOOLARGE /);
    expect(await shard.text('LINSERT', 'm', 'BEFORE', '', '')).toMatch(/^-TOOLARGE /);
    expect(await shard.text('LMOVE', 'l', 'm', 'LEFT', 'LEFT')).toMatch(/^-TOOLARGE /);
    expect(await shard.text('LLEN', 'm')).toBe(limits.collectionElements);
    for (let index = 2; index < limits.jobCollections; index++) shard.runNow(index % 2 ? 'RPUSH' : 'SADD', `k${index}`, '');
    expect(await shard.text('RPUSH', 'one more', '')).toMatch(/^-OOM .*lists and sets/);
    expect(await shard.text('SADD', 'one more', '')).toMatch(/^-OOM /);
    expect(await shard.text('DBSIZE')).toBe(limits.jobCollections);
    shard.check();
    await shard.run('SATCHEL.DELPREFIX', 'k');
    expect(await shard.text('RPUSH', 'one more', '')).toBe(1);
    await shard.run('FLUSHALL');
    expect(shard.grant.reservedBytes).toBe(0);
    shard.check();
  }, 60_000);

  test('is worked on in slices of the event loop if it is long', async () => {
    const shard = new TestShard();
    const elements = Array.from({ length: 200_000 }, (_, index) => String(index));
    for (let from = 0; from < elements.length; from += 50_000)
      await shard.run('RPUSH', 'l', ...elements.slice(from, from + 50_000));
    let turns = 0;
    let counting = true;
    const count = () => {
      turns++;
      if (counting) setImmediate(count);
    };
    setImmediate(count);
    expect(await shard.text('LRANGE', 'l', 0, -1)).toHaveLength(elements.length);
    expect(await shard.text('LREM', 'l', 1, '199999')).toBe(1);
    expect(await shard.text('LPOS', 'l', '199998')).toBe(199_998);
    expect(await shard.text('LINSERT', 'l', 'AFTER', '199998', 'x')).toBe(200_000);
    expect(await shard.text('LPOP', 'l', 100_000)).toHaveLength(100_000);
    expect(await shard.text('LTRIM', 'l', 1000, 1999)).toBe('OK');
    counting = false;
    expect(turns).toBeGreaterThan(10);
    expect(await shard.text('LLEN', 'l')).toBe(1000);
    shard.check();
  });

  test('is an object among others: counted, listed, expired, waited for by count, renamed, removed', async () => {
    const shard = new TestShard();
    const counted = shard.text('SATCHEL.WAITCOUNT', 'k', 3, 0);
    await shard.run('RPUSH', 'k1', 'a');
    await shard.run('SADD', 'k2', 'a');
    await shard.run('SET', 'k3', 'a');
    expect(await counted).toBe(3);
    expect(await shard.text('SATCHEL.COUNT', 'k')).toBe(3);
    expect(((await shard.text('SCAN', 0)) as [string, string[]])[1].sort()).toEqual(['k1', 'k2', 'k3']);
    for (const [type, key] of [
      ['list', 'k1'],
      ['set', 'k2'],
      ['string', 'k3'],
    ]) {
      expect(await shard.text('TYPE', key ?? '')).toBe(type);
      expect(await shard.text('SCAN', 0, 'TYPE', type ?? '')).toEqual(['0', [key]]);
    }
    expect(((await shard.text('KEYS', 'k[12]')) as string[]).sort()).toEqual(['k1', 'k2']);
    expect(await shard.text('RENAME', 'k1', 'a much longer name')).toBe('OK');
    shard.check();
    expect(await shard.text('RENAME', 'a much longer name', 'k3')).toBe('OK');
    expect(await shard.text('TYPE', 'k3')).toBe('list');
    shard.check();
    expect(await shard.text('PEXPIRE', 'k3', 100)).toBe(1);
    expect(await shard.text('RENAME', 'k3', 'k4')).toBe('OK');
    expect(await shard.text('PTTL', 'k4')).toBe(100);
    shard.clock.advance(101);
    expect(await shard.text('EXISTS', 'k4', 'k2')).toBe(1);
    expect(await shard.text('SATCHEL.DELPREFIX', 'k')).toBe(1);
    expect([shard.job.collections.size, shard.grant.reservedBytes]).toEqual([0, 0]);
    shard.check();
  });

  test('takes the place of nothing but what is missing; a string takes its place, and it all ends with the job', async () => {
    const shard = new TestShard();
    await shard.run('RPUSH', 'k', 'a', 'b');
    expect(await shard.text('SATCHEL.PUT', 'k', 'v', 'ATTEMPT', 1)).toMatch(/^-FENCED /);
    expect(await shard.text('SATCHEL.PUT', 'k', 'v', 'NX')).toBeNull();
    expect(await shard.text('SATCHEL.WAIT', 'k', 0)).toMatch(/^-WRONGTYPE /);
    expect(await shard.text('SATCHEL.PUT', 'k', 'v', 'TIER', 'ssd')).toBe('OK');
    expect(await shard.text('GET', 'k')).toBe('v');
    shard.check();
    await shard.run('RPUSH', 'l', 'a');
    expect(await shard.text('SATCHEL.PUT', 'l', 'v', 'TIER', 'object')).toBe('OK');
    expect(await shard.text('TYPE', 'l')).toBe('string');
    shard.check();
    const waiting = shard.text('SATCHEL.WAIT', 'm', 0);
    await shard.run('RPUSH', 'm', 'a');
    expect(await waiting).toMatch(/^-WRONGTYPE /);
    const blocked = shard.text('BLPOP', 'none', 0);
    await shard.job.end();
    expect(await blocked).toMatch(/^-NOJOB /);
    expect(await shard.text('RPUSH', 'm', 'a')).toMatch(/^-NOJOB /);
    expect([shard.job.collections.usedBytes, shard.job.usage.bytes('dram'), shard.shardWaits.count]).toEqual([0, 0, 0]);
  });

  test('that was lost is not missing, nor does it wait as if it were', async () => {
    const shard = new TestShard({ lost: true });
    for (const command of [
      ['LPOP', 'k'],
      ['LLEN', 'k'],
      ['LRANGE', 'k', 0, 1],
      ['RPUSH', 'k', 'x'],
      ['SADD', 'k', 'x'],
      ['SMEMBERS', 'k'],
      ['BLPOP', 'k', 0],
      ['RENAME', 'k', 'l'],
      ['MSETNX', 'k', 'v'],
      ['KEYS', '*'],
      ['RANDOMKEY'],
    ])
      expect([command, await shard.text(...command)]).toEqual([command, expect.stringMatching(/^-LOST /)]);
    await shard.run('DEL', 'k');
    expect(await shard.text('RPUSH', 'k', 'x')).toBe(1);
    expect(await shard.text('LPOP', 'k')).toBe('x');
    expect(await shard.text('LPOP', 'k')).toBeNull();
  });

  test('that failed tells why to those who wait for it', async () => {
    const shard = new TestShard();
    const blocked = shard.text('BLPOP', 'other', 'k', 0);
    await shard.run('SATCHEL.FAIL', 'k', 'no input');
    expect(await blocked).toBe('-FAILED no input');
    expect(await shard.text('LPOP', 'k')).toBe('-FAILED no input');
    expect([shard.job.pops.size, shard.shardWaits.count]).toEqual([0, 0]);
  });

  test('needs the right to read besides that to write, to be taken of', async () => {
    const shard = new TestShard();
    const session = new TestSession();
    session.allow(shard.job, 'write');
    for (const command of [
      ['LPOP', 'k'],
      ['SPOP', 'k'],
      ['BLPOP', 'k', 0],
      ['LMOVE', 'k', 'l', 'LEFT', 'LEFT'],
    ])
      expect(await shard.runOn(session, ...command)).toMatchObject({ line: expect.stringMatching(/^NOPERM /) });
  });
});

test('a deque does what an array does', () => {
  const step = fc.tuple(fc.constantFrom('pushLeft', 'pushRight', 'popLeft', 'popRight', 'many', 'fewer'), fc.nat(1500));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const deque = new Deque();
      const model: string[] = [];
      let last = 0;
      const run = (name: string) => {
        const element = String(last++);
        if (name === 'pushLeft') [deque.pushLeft(element), model.unshift(element)];
        else if (name === 'pushRight') [deque.pushRight(element), model.push(element)];
        else if (name === 'popLeft') expect(deque.popLeft()).toBe(model.shift());
        else expect(deque.popRight()).toBe(model.pop());
      };
      for (const [name, count] of steps) {
        if (name === 'many') for (let at = 0; at < count; at++) run(count % 2 ? 'pushLeft' : 'pushRight');
        else if (name === 'fewer') for (let at = 0; at < count; at++) run(count % 2 ? 'popLeft' : 'popRight');
        else run(name);
        expect(deque.length).toBe(model.length);
      }
      expect(Array.from({ length: deque.length }, (_, index) => deque.at(index))).toEqual(model);
    }),
  );
});
