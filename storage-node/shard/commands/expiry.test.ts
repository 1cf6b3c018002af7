import { describe, expect, test } from 'vitest';
import { TestShard } from '../testing/test-shard.js';

describe('expiry', () => {
  test('an object is gone when its time has come, and its bytes come back without a reader', async () => {
    const shard = new TestShard();
    await shard.run('SET', 'a', 'x', 'PX', 1000);
    await shard.run('SET', 'b', 'x');
    shard.clock.advance(999);
    expect(await shard.text('GET', 'a')).toBe('x');
    shard.clock.advance(1);
    expect(await shard.text('GET', 'a')).toBe(null);
    await shard.run('SET', 'c', 'x', 'PX', 1000);
    shard.clock.advance(1600);
    expect(shard.dram.usage.objects).toBe(1);
    shard.check();
  });

  test('nothing runs when nothing has a time to live', async () => {
    const shard = new TestShard();
    await shard.run('SET', 'a', 'x', 'EX', 100);
    expect(shard.clock.timers).toBe(1);
    await shard.run('PERSIST', 'a');
    expect(shard.clock.timers).toBe(0);
    await shard.run('SETEX', 'a', 100, 'x');
    await shard.run('SET', 'a', 'x');
    expect(shard.clock.timers).toBe(0);
    await shard.run('SETEX', 'a', 100, 'x');
    await shard.run('DEL', 'a');
    expect(shard.clock.timers).toBe(0);
    await shard.run('SETEX', 'a', 100, 'x');
    await shard.run('FLUSHALL');
    expect(shard.clock.timers).toBe(0);
  });

  test('a later expiry is kept when an earlier one comes', async () => {
    const shard = new TestShard();
    await shard.run('SET', 'a', 'x', 'EX', 1);
    await shard.run('EXPIRE', 'a', 100);
    shard.clock.advance(5000);
    expect(await shard.text('TTL', 'a')).toBe(95);
  });

  test('many objects expire in slices of a turn', async () => {
    const shard = new TestShard();
    for (let index = 0; index < 2000; index++) shard.runNow('SET', `k${index}`, 'x', 'PX', 100);
    shard.clock.advance(1000);
    while (shard.dram.usage.objects > 0) await new Promise((resolve) => setImmediate(resolve));
    shard.check();
  });

  const nowMs = new TestShard().clock.nowMs;
  const table: [name: string, setup: string[], command: string, reply: unknown, ttl: number][] = [
    ['EXPIRE of a missing key', [], 'EXPIRE a 10', 0, -2],
    ['EXPIRE', ['SET a x'], 'EXPIRE a 10', 1, 10_000],
    ['PEXPIRE', ['SET a x'], 'PEXPIRE a 10', 1, 10],
    ['EXPIREAT', ['SET a x'], `EXPIREAT a ${nowMs / 1000 + 7}`, 1, 7000],
    ['PEXPIREAT', ['SET a x'], `PEXPIREAT a ${nowMs + 7}`, 1, 7],
    ['EXPIRE of a past time removes', ['SET a x'], 'EXPIRE a -1', 1, -2],
    ['EXPIREAT 0 removes', ['SET a x'], 'EXPIREAT a 0', 1, -2],
    ['NX on an object without expiry', ['SET a x'], 'EXPIRE a 10 NX', 1, 10_000],
    ['NX on an object with one', ['SET a x EX 5'], 'EXPIRE a 10 NX', 0, 5000],
    ['XX on an object without expiry', ['SET a x'], 'EXPIRE a 10 XX', 0, -1],
    ['GT on an object without expiry', ['SET a x'], 'EXPIRE a 10 GT', 0, -1],
    ['GT on a shorter one', ['SET a x EX 5'], 'EXPIRE a 10 GT', 1, 10_000],
    ['LT on an object without expiry', ['SET a x'], 'EXPIRE a 10 LT', 1, 10_000],
    ['LT on a shorter one', ['SET a x EX 5'], 'EXPIRE a 10 LT', 0, 5000],
    ['NX with GT', ['SET a x'], 'EXPIRE a 1 NX GT', '-ERR NX and XX, GT or LT options at the same time are not compatible', -1],
    ['GT with LT', ['SET a x'], 'EXPIRE a 1 GT LT', '-ERR GT and LT options at the same time are not compatible', -1],
    ['an unknown option', ['SET a x'], 'EXPIRE a 1 YY', '-ERR Unsupported option YY', -1],
    ['an overflow', ['SET a x'], 'EXPIRE a 9223372036854775807', "-ERR invalid expire time in 'expire' command", -1],
    ['PERSIST', ['SET a x EX 5'], 'PERSIST a', 1, -1],
    ['PERSIST without expiry', ['SET a x'], 'PERSIST a', 0, -1],
    ['EXPIRETIME', ['SET a x EX 5'], 'EXPIRETIME a', nowMs / 1000 + 5, 5000],
    ['PEXPIRETIME', ['SET a x EX 5'], 'PEXPIRETIME a', nowMs + 5000, 5000],
    ['TTL rounds', ['SET a x PX 1499'], 'TTL a', 1, 1499],
  ];
  for (const [name, setup, command, reply, ttl] of table) {
    test(name, async () => {
      const shard = new TestShard();
      for (const line of setup) await shard.run(...line.split(' '));
      expect(await shard.text(...command.split(' '))).toEqual(reply);
      expect(await shard.text('PTTL', 'a')).toBe(ttl);
      shard.check();
    });
  }
});
