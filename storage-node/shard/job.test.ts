import { SatchelError } from '@satchel/proto/core';
import { describe, expect, test } from 'vitest';
import { Key } from '../store/key.js';
import { objectCharge, plainMetadata } from '../store/tier-store.js';
import { TestShard, type TestShardOptions } from './testing/test-shard.js';

describe('quota', () => {
  test('is taken by charge, an overwrite takes the difference only', async () => {
    const shard = new TestShard({ quotaBytes: objectCharge(1, 100) });
    expect(await shard.text('SET', 'a', 'x'.repeat(100))).toBe('OK');
    expect(await shard.text('SET', 'a', 'y'.repeat(100))).toBe('OK');
    expect(await shard.text('SET', 'a', 'y'.repeat(101))).toMatch(/^-QUOTA/);
    expect(await shard.text('APPEND', 'a', 'z')).toMatch(/^-QUOTA/);
    expect(await shard.text('SET', 'b', '')).toMatch(/^-QUOTA/);
    expect(await shard.text('GET', 'a')).toBe('y'.repeat(100));
    expect(await shard.text('SET', 'a', '')).toBe('OK');
    shard.check();
  });

  test('a write waits while more is asked for, and holds its key meanwhile', async () => {
    const shard = new TestShard();
    shard.grant.slow = true;
    const replies = ['SET a 1', 'APPEND a 2', 'GET a', 'DEL a', 'SETNX a 3', 'GET a'].map((line) =>
      shard.text(...line.split(' ')),
    );
    expect(await Promise.all(replies)).toEqual(['OK', 2, '12', 1, 1, '3']);
    shard.check();
  });

  test('a write that waits for more learns of the end of the job', async () => {
    const shard = new TestShard({ quotaBytes: 10 });
    shard.grant.slow = true;
    const reply = shard.text('SET', 'a', '1');
    await shard.job.end();
    expect(await reply).toMatch(/^-NOJOB/);
  });

  test('a refusal that comes later changes nothing', async () => {
    const shard = new TestShard({ quotaBytes: 200 });
    shard.grant.slow = true;
    await shard.run('SET', 'a', '1');
    expect(await shard.text('SET', 'a', 'x'.repeat(1000))).toMatch(/^-QUOTA/);
    expect(await shard.text('SATCHEL.FAIL', 'a', 'x'.repeat(1000))).toMatch(/^-QUOTA/);
    expect(await shard.text('GET', 'a')).toBe('1');
    shard.check();
  });
});

describe('tiers', () => {
  test('objects spill from tier to tier, and a full shard says so', async () => {
    const shard = new TestShard({ dramBytes: 100, ssdBytes: 100, objectBytes: 0 });
    expect(await shard.text('SET', 'a', 'x')).toBe('OK');
    expect(await shard.text('SET', 'b', 'x')).toBe('OK');
    expect(await shard.text('SATCHEL.STAT', 'b')).toMatchObject({ tier: 'ssd' });
    shard.object.failure = new Error('no device');
    expect(await shard.text('SET', 'c', 'x')).toMatch(/no device/);
    expect(await shard.text('GET', 'a')).toBe('x');
    shard.check();
  });

  test('what a failing device did not take does not count as bytes that came in', async () => {
    const shard = new TestShard({ dramBytes: 0, ssdBytes: 0 });
    await shard.run('SET', 'n', '1');
    shard.object.failure = new SatchelError('unavailable', 'the object store is away');
    for (const command of [
      ['INCR', 'n'],
      ['MSET', 'n', '22', 'm', '333'],
    ]) {
      expect(await shard.text(...command)).toMatch(/^-UNAVAILABLE the object store is away/);
    }
    expect(shard.job.usage.bytesIn).toBe(1);
  });

  test('a failing device leaves value, quota and usage as they were', async () => {
    const shard = new TestShard();
    await shard.run('SATCHEL.PUT', 'a', 'before', 'TIER', 'object', 'EX', 100);
    shard.object.failure = new Error('no device');
    for (const command of [
      'GET a',
      'SATCHEL.PUT a longer-than-before TIER object',
      'APPEND a x',
      'MGET a',
      'GETDEL a',
      'INCR a',
    ]) {
      expect([command, await shard.text(...command.split(' '))]).toEqual([command, expect.stringMatching(/^-ERR .*(no device)/)]);
    }
    shard.object.failure = undefined;
    expect(await shard.text('GET', 'a')).toBe('before');
    expect(await shard.text('TTL', 'a')).toBe(100);
    shard.check();
  });

  test('commands of one key come in turn while a device works, others pass by', async () => {
    const shard = new TestShard();
    shard.object.hold();
    const order: string[] = [];
    const run = (name: string, ...command: string[]) => shard.text(...command).then((reply) => order.push(`${name} ${reply}`));
    const all = [
      run('put', 'SATCHEL.PUT', 'a', '1', 'TIER', 'object'),
      run('get', 'GET', 'a'),
      run('append', 'APPEND', 'a', '2'),
      run('range', 'GETRANGE', 'a', '1', '1'),
      run('other', 'SET', 'b', '1'),
      run('del', 'DEL', 'a', 'b'),
      run('last', 'GET', 'a'),
    ];
    await all[4];
    expect(order).toEqual(['other OK']);
    shard.object.release();
    await Promise.all(all);
    expect(order.slice(0, 5)).toEqual(['other OK', 'put OK', 'get 1', 'append 2', 'range 2']);
    expect(order.slice(5).sort()).toEqual(['del 2', 'last null']);
    shard.check();
  });

  test('readers of one key read its device at the same time', async () => {
    const shard = new TestShard();
    await shard.run('SATCHEL.PUT', 'a', '1', 'TIER', 'object');
    shard.object.hold();
    const reads = [1, 2, 3].map(() => shard.text('GET', 'a'));
    expect(shard.object.heldOperations).toBe(3);
    shard.object.release();
    expect(await Promise.all(reads)).toEqual(['1', '1', '1']);
  });

  test('usage integrates bytes over time per tier and remembers the peak', async () => {
    const shard = new TestShard();
    const bytes = objectCharge(1, 936);
    await shard.run('SATCHEL.PUT', 'a', 'x'.repeat(936), 'TIER', 'ssd');
    shard.clock.advance(2000);
    await shard.run('DEL', 'a');
    shard.clock.advance(5000);
    const { usage } = shard.job;
    expect(usage.totals(shard.clock.nowMs, 0)).toMatchObject({ ssdByteSeconds: 2 * bytes, dramByteSeconds: 0 });
    expect(usage.peakBytes).toBe(bytes);
    expect(usage.heldBytes).toBe(0);
    expect(usage.bytesIn).toBe(936);
  });

  test('a job says once that it has changed until it is flushed', async () => {
    const shard = new TestShard();
    expect(shard.job.dirty).toBe(false);
    await shard.run('SET', 'a', 'x');
    expect(shard.job.dirty).toBe(true);
    shard.job.flush();
    await shard.run('GET', 'a');
    expect(shard.job.dirty).toBe(false);
  });
});

describe('a cache', () => {
  test('drops objects when its tier is full', async () => {
    const shard = new TestShard({ evict: true, dramBytes: 1000 });
    for (let index = 0; index < 100; index++) {
      expect(await shard.text('SET', `k${index}`, 'x'.repeat(index), 'EX', 100)).toBe('OK');
      shard.check();
    }
    expect(await shard.text('SATCHEL.COUNT', 'k')).toBe(shard.dram.usage.objects);
    expect(shard.ssd.usage.objects).toBe(0);
  });

  test('drops objects when its quota is used up, unless that cannot help', async () => {
    const shard = new TestShard({ evict: true, quotaBytes: 1000 });
    for (let index = 0; index < 100; index++) {
      shard.grant.slow = index % 2 === 0;
      expect(await shard.text('SET', `k${index}`, 'x'.repeat(index))).toBe('OK');
      shard.check();
    }
    const objects = shard.dram.usage.objects;
    expect(await shard.text('SET', 'k', 'x'.repeat(1000))).toMatch(/^-QUOTA/);
    expect(shard.dram.usage.objects).toBe(objects);
  });

  test('an object that is dropped to make room for its successor is accounted for once', async () => {
    const shard = new TestShard({ evict: true, dramBytes: 200 });
    for (let index = 0; index < 130; index++) await shard.run('SET', 'a', 'x'.repeat(index));
    expect(await shard.text('STRLEN', 'a')).toBe(129);
    shard.check();
    await shard.run('SET', 'a', 'x'.repeat(150));
    shard.check();
  });

  test('an object that is dropped while its successor is under way is accounted for once', async () => {
    const shard = new TestShard({ evict: true, dramBytes: 200 });
    await shard.run('SET', 'a', 'x');
    shard.object.hold();
    const put = shard.text('SATCHEL.PUT', 'a', 'successor', 'TIER', 'object');
    for (let index = 0; index < 10; index++) await shard.run('SET', `k${index}`, 'x'.repeat(100));
    shard.object.release();
    expect(await put).toBe('OK');
    shard.check();
  });
});

describe('a job that lost its DRAM data', () => {
  const lostCommands = [
    'GET a',
    'MGET k a',
    'EXISTS a',
    'STRLEN a',
    'GETRANGE a 0 1',
    'GETDEL a',
    'GETEX a',
    'TTL a',
    'PTTL a',
    'TYPE a',
    'TOUCH a',
    'EXPIRE a 10',
    'PERSIST a',
    'INCR a',
    'APPEND a x',
    'SETRANGE a 0 x',
    'SETNX a x',
    'SET a x NX',
    'SET a x XX',
    'SET a x GET',
    'SATCHEL.PUT a x NX',
    'SATCHEL.PUT a x ATTEMPT 1',
    'SATCHEL.STAT a',
    'SATCHEL.WAIT a 10',
  ];
  const knownAfter = ['SET a x', 'SETEX a 1 x', 'MSET a x', 'DEL a', 'SATCHEL.PUT a x', 'SATCHEL.DELPREFIX a', 'FLUSHALL'];

  function lostShard(options: TestShardOptions = {}): TestShard {
    return new TestShard({ ...options, lost: true });
  }

  test.each(lostCommands)('%s of a key not written since is lost, not missing', async (command) => {
    const shard = lostShard();
    await shard.run('SET', 'k', '1');
    expect(await shard.text(...command.split(' '))).toMatch(/^-LOST .*'a'/);
    await shard.run('DEL', 'a');
    const again = shard.text(...command.split(' '));
    shard.clock.advance(10);
    expect(String(await again)).not.toMatch(/^-[A-Z]/);
    shard.check();
  });

  test.each(knownAfter)('%s makes the key known', async (command) => {
    const shard = lostShard();
    expect(String(await shard.text(...command.split(' ')))).not.toMatch(/^-/);
    expect(await shard.text('EXISTS', 'a')).toBe(command.includes('x') && !command.includes('DELPREFIX') ? 1 : 0);
    expect(String(await shard.text('DEL', 'a'))).not.toMatch(/^-/);
    expect(await shard.text('GET', 'a')).toBe(null);
  });

  test('what expires, is read up or is deleted since is missing, not lost', async () => {
    const shard = lostShard();
    await shard.run('SET', 'a', 'x', 'PX', 10);
    await shard.run('SATCHEL.PUT', 'b', 'x', 'READS', 1);
    await shard.run('SET', 'c', 'x');
    shard.clock.advance(10);
    await shard.run('GET', 'b');
    await shard.run('GETDEL', 'c');
    expect(await shard.text('MGET', 'a', 'b', 'c')).toEqual([null, null, null]);
  });

  test('counting and listing name the share of slots until FLUSHALL, or DELPREFIX for its prefix', async () => {
    const shard = lostShard();
    const commands = [
      'SCAN 0',
      'DBSIZE',
      'SATCHEL.COUNT p',
      'SATCHEL.WAITCOUNT p 1 10',
      'SATCHEL.WATCHCOUNT w p',
      'SATCHEL.AWAITCOUNT w p 1 10',
    ];
    for (const command of commands) {
      expect([command, await shard.text(...command.split(' '))]).toEqual([
        command,
        expect.stringMatching(/^-LOST .*16384 of 16384 slots \(100.0 %\)/),
      ]);
    }
    await shard.run('SATCHEL.DELPREFIX', 'p');
    expect(await shard.text('SATCHEL.COUNT', 'pq')).toBe(0);
    expect(await shard.text('SCAN', 0, 'MATCH', 'p*')).toEqual(['0', []]);
    expect(await shard.text('GET', 'pq')).toBe(null);
    expect(await shard.text('SCAN', 0)).toMatch(/^-LOST/);
    expect(await shard.text('GET', 'q')).toMatch(/^-LOST/);
    await shard.run('FLUSHALL');
    expect(await shard.text('DBSIZE')).toBe(0);
    expect(await shard.text('GET', 'q')).toBe(null);
    expect(shard.job.watches.size).toBe(0);
  });

  test('an await is answered with the push of the error', async () => {
    const shard = lostShard();
    expect(await shard.text('SATCHEL.AWAIT', 'w', 'a', 0)).toBe('OK');
    expect(shard.session.pushes).toEqual([['satchel.wait', 'w', expect.stringMatching(/^-LOST/)]]);
  });

  test('finds what the other tiers kept, charges it, and expires it', async () => {
    const shard = new TestShard({ lost: true, quotaBytes: 1000 }, (ssd) => {
      const value = Buffer.from('kept');
      const nowMs = 1_760_000_000_000;
      ssd.put(Key.of('a'), value, 0, 4, plainMetadata(nowMs));
      ssd.put(Key.of('b'), value, 0, 4, { ...plainMetadata(nowMs), expiresAtMs: nowMs + 1000 });
    });
    shard.check();
    expect(await shard.text('MGET', 'a', 'b')).toEqual(['kept', 'kept']);
    shard.clock.advance(2000);
    expect(shard.ssd.usage.objects).toBe(1);
    expect(await shard.text('GET', 'b')).toBe(null);
    await shard.run('FLUSHALL');
    shard.check();
  });
});

describe('the end of a job', () => {
  test('frees all tiers, stops timers, and ends what is under way', async () => {
    const shard = new TestShard();
    await shard.run('SETEX', 'a', 100, 'x');
    await shard.run('SATCHEL.PUT', 'b', 'x', 'TIER', 'object');
    shard.object.hold();
    const put = shard.text('SATCHEL.PUT', 'b', 'y', 'TIER', 'object');
    const queued = shard.text('GET', 'b');
    const ending = shard.job.end();
    shard.object.release();
    expect(await put).toMatch(/^-NOJOB/);
    expect(await queued).toMatch(/^-NOJOB/);
    await ending;
    expect(shard.clock.timers).toBe(0);
    expect(shard.job.usage.heldBytes).toBe(0);
    expect(shard.dram.usage.objects + shard.ssd.usage.objects).toBe(0);
  });
});
