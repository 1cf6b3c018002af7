import { limits } from '@satchel/proto/core';
import { describe, expect, test } from 'vitest';
import { TestSession, TestShard } from '../testing/test-shard.js';

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe('SATCHEL.WAIT', () => {
  test('returns the value that is there, or the one that comes', async () => {
    const shard = new TestShard();
    await shard.run('SET', 'a', '1');
    expect(await shard.text('SATCHEL.WAIT', 'a', 1000)).toBe('1');
    for (const tier of ['dram', 'ssd', 'object']) {
      const waiting = [shard.text('SATCHEL.WAIT', tier, 0), shard.text('SATCHEL.WAIT', tier, 1000)];
      await shard.run('SATCHEL.PUT', tier, 'value', 'TIER', tier);
      expect(await Promise.all(waiting)).toEqual(['value', 'value']);
    }
    expect(shard.clock.timers).toBe(0);
    expect(shard.shardWaits.count).toBe(0);
    expect(shard.session.listeners).toBe(0);
    shard.check();
  });

  test.each(['APPEND a value', 'INCR a', 'SETNX a value', 'MSET b 1 a value'])('%s wakes waiters', async (command) => {
    const shard = new TestShard();
    const waiting = shard.text('SATCHEL.WAIT', 'a', 0);
    await shard.run(...command.split(' '));
    expect(await waiting).toBe(command.startsWith('INCR') ? '1' : 'value');
  });

  test('returns nil on time-out, with one timer for all', async () => {
    const shard = new TestShard();
    const waiting = [50, 20, 30].map((ms) => shard.text('SATCHEL.WAIT', 'a', ms));
    expect(shard.clock.timers).toBe(1);
    shard.clock.advance(30);
    expect(await waiting[1]).toBe(null);
    expect(await waiting[2]).toBe(null);
    expect(shard.shardWaits.count).toBe(1);
    shard.clock.advance(20);
    expect(await waiting[0]).toBe(null);
    expect(shard.clock.timers).toBe(0);
  });

  test('an object of READS n goes to n waiters, in their order', async () => {
    const shard = new TestShard();
    const waiting = [1, 2, 3].map(() => shard.text('SATCHEL.WAIT', 'a', 10));
    await shard.run('SATCHEL.PUT', 'a', 'value', 'READS', 2);
    expect(await Promise.all(waiting.slice(0, 2))).toEqual(['value', 'value']);
    expect(await shard.text('EXISTS', 'a')).toBe(0);
    shard.clock.advance(10);
    expect(await waiting[2]).toBe(null);
    shard.check();
    const one = shard.text('SATCHEL.WAIT', 'a', 0);
    await shard.run('SATCHEL.PUT', 'a', 'value', 'READS', 3);
    expect(await one).toBe('value');
    expect(await shard.text('SATCHEL.STAT', 'a')).toMatchObject({ reads: 2 });
  });

  test('ends with -FAILED when the key fails, with -NOJOB when the job ends, and with the connection', async () => {
    const shard = new TestShard();
    const failing = shard.text('SATCHEL.WAIT', 'a', 0);
    await shard.run('SATCHEL.FAIL', 'a', 'no mapper');
    expect(await failing).toBe('-FAILED no mapper');
    const session = new TestSession();
    const closing = shard.runOn(session, 'SATCHEL.WAIT', 'b', 0);
    session.close();
    await closing;
    const ending = shard.text('SATCHEL.WAIT', 'b', 0);
    expect(shard.shardWaits.count).toBe(1);
    await shard.job.end();
    expect(await ending).toMatch(/^-NOJOB/);
    expect(shard.shardWaits.count).toBe(0);
    expect(await shard.text('SET', 'a', '1')).toMatch(/^-NOJOB/);
    expect(await shard.text('GET', 'a')).toMatch(/^-NOJOB/);
  });

  test('the limit of a shard limits', async () => {
    const shard = new TestShard();
    shard.shardWaits.count = limits.shardWaits;
    expect(await shard.text('SATCHEL.WAIT', 'a', 0)).toMatch(/^-OOM/);
    expect(await shard.text('SATCHEL.WAIT', 'a', -1)).toMatch(/^-ERR/);
    expect(shard.shardWaits.count).toBe(limits.shardWaits);
  });

  test('a wait that queues behind a put gets its value', async () => {
    const shard = new TestShard();
    shard.object.hold();
    const put = shard.text('SATCHEL.PUT', 'a', 'value', 'TIER', 'object');
    const waiting = shard.text('SATCHEL.WAIT', 'a', 0);
    await nextTurn();
    shard.object.release();
    expect(await put).toBe('OK');
    expect(await waiting).toBe('value');
    shard.check();
  });
});

describe('SATCHEL.WAITCOUNT', () => {
  test('returns once there are enough objects, or on time-out what there is', async () => {
    const shard = new TestShard();
    await shard.run('MSET', 'p:1', '', 'p:2', '', 'q', '');
    expect(await shard.text('SATCHEL.WAITCOUNT', 'p:', 2, 0)).toBe(2);
    const waiting = shard.text('SATCHEL.WAITCOUNT', 'p:', 4, 0);
    await nextTurn();
    await shard.run('SET', 'p:3', '');
    await shard.run('SET', 'p:3', 'again');
    await shard.run('SET', 'p:4', '');
    expect(await waiting).toBe(4);
    const late = shard.text('SATCHEL.WAITCOUNT', 'p:', 9, 50);
    await nextTurn();
    await shard.run('DEL', 'p:1');
    shard.clock.advance(50);
    expect(await late).toBe(3);
    expect(shard.job.counters.size).toBe(0);
    expect(shard.shardWaits.count).toBe(0);
    expect(shard.session.listeners).toBe(0);
  });
});

describe('SATCHEL.AWAIT', () => {
  test('answers at once and pushes the outcome', async () => {
    const shard = new TestShard();
    await shard.run('SET', 'there', '1');
    expect(await shard.text('SATCHEL.AWAIT', 'w0', 'there', 0)).toBe('OK');
    expect(await shard.text('SATCHEL.AWAIT', 'w1', 'a', 0)).toBe('OK');
    expect(await shard.text('SATCHEL.AWAIT', 'w2', 'b', 10)).toBe('OK');
    expect(await shard.text('SATCHEL.AWAIT', 'w3', 'c', 0)).toBe('OK');
    expect(await shard.text('SATCHEL.AWAIT', 'w3', 'd', 0)).toMatch(/^-ERR .*w3/);
    await shard.run('SATCHEL.PUT', 'a', '2', 'TIER', 'object');
    shard.clock.advance(10);
    await shard.run('SATCHEL.FAIL', 'c', 'broken');
    expect(shard.session.pushes).toEqual([
      ['satchel.wait', 'w0', '1'],
      ['satchel.wait', 'w1', '2'],
      ['satchel.wait', 'w2', null],
      ['satchel.wait', 'w3', '-FAILED broken'],
    ]);
    expect(shard.job.watches.size).toBe(0);
    expect(shard.session.listeners).toBe(0);
    expect(shard.shardWaits.count).toBe(0);
  });

  test('reads a slow tier without holding back its connection', async () => {
    const shard = new TestShard();
    await shard.run('SATCHEL.PUT', 'a', 'value', 'TIER', 'object');
    shard.object.hold();
    expect(shard.runNow('SATCHEL.AWAIT', 'w', 'a', 0)).toBe('OK');
    expect(shard.session.pushes).toEqual([]);
    shard.object.release();
    while (shard.session.pushes.length === 0) await nextTurn();
    expect(shard.session.pushes).toEqual([['satchel.wait', 'w', 'value']]);
    shard.check();
  });

  test('UNWATCH and the end of the connection end it', async () => {
    const shard = new TestShard();
    await shard.run('SATCHEL.AWAIT', 'w1', 'a', 0);
    expect(await shard.text('SATCHEL.UNWATCH', 'w1')).toBe(1);
    expect(await shard.text('SATCHEL.UNWATCH', 'w1')).toBe(0);
    await shard.run('SATCHEL.AWAIT', 'w1', 'a', 1000);
    await shard.run('SATCHEL.AWAITCOUNT', 'w2', 'p', 3, 1000);
    await shard.run('SATCHEL.WATCHCOUNT', 'w3', 'p');
    shard.session.close();
    await shard.runOn(new TestSession(), 'MSET', 'a', '1', 'p1', '', 'p2', '', 'p3', '');
    await nextTurn();
    expect(shard.session.pushes).toEqual([]);
    expect(shard.shardWaits.count).toBe(0);
    expect(shard.clock.timers).toBe(0);
    expect(shard.job.counters.size).toBe(0);
  });

  test('needs RESP3', async () => {
    const shard = new TestShard();
    shard.session.version = 2;
    expect(await shard.text('SATCHEL.AWAIT', 'w', 'a', 0)).toMatch(/^-ERR .*RESP3/);
  });
});

describe('SATCHEL.WATCHCOUNT', () => {
  test('pushes the count once per turn in which it changed', async () => {
    const shard = new TestShard();
    await shard.run('SET', 'p1', '');
    expect(await shard.text('SATCHEL.WATCHCOUNT', 'w', 'p')).toBe(1);
    await shard.run('MSET', 'p2', '', 'p3', '');
    await nextTurn();
    await shard.run('SET', 'p1', 'again');
    await nextTurn();
    await shard.run('FLUSHALL');
    await nextTurn();
    expect(shard.session.pushes).toEqual([
      ['satchel.count', 'w', 3],
      ['satchel.count', 'w', 0],
    ]);
    expect(await shard.text('SATCHEL.UNWATCH', 'w')).toBe(1);
    expect(shard.job.counters.size).toBe(0);
  });

  test('AWAITCOUNT pushes once the count is reached or the time is over', async () => {
    const shard = new TestShard();
    await shard.run('SATCHEL.AWAITCOUNT', 'w1', 'p', 1, 0);
    await shard.run('SATCHEL.AWAITCOUNT', 'w2', 'p', 5, 10);
    await shard.run('SET', 'p1', '');
    shard.clock.advance(10);
    expect(shard.session.pushes).toEqual([
      ['satchel.wait', 'w1', 1],
      ['satchel.wait', 'w2', 1],
    ]);
    expect(shard.job.counters.size).toBe(0);
  });

  test('expiry counts down', async () => {
    const shard = new TestShard();
    await shard.run('SET', 'p1', '', 'PX', 100);
    await shard.run('SATCHEL.WATCHCOUNT', 'w', 'p');
    shard.clock.advance(1000);
    await nextTurn();
    expect(shard.session.pushes).toEqual([['satchel.count', 'w', 0]]);
  });
});
