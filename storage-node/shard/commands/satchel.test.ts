import { describe, expect, test } from 'vitest';
import { TestShard } from '../testing/test-shard.js';

describe('SATCHEL.PUT', () => {
  test('stores metadata that SATCHEL.STAT shows, and SET takes it all away', async () => {
    const shard = new TestShard();
    expect(await shard.text('SATCHEL.PUT', 'a', 'value', 'EX', 5, 'TIER', 'ssd', 'READS', 3, 'ATTEMPT', 7)).toBe('OK');
    const stat = { size: 5, tier: 'ssd', ttl: 5000, persist: 0, reads: 3, attempt: 7, created: shard.clock.nowMs };
    expect(await shard.text('SATCHEL.STAT', 'a')).toEqual(stat);
    await shard.run('SET', 'a', 'x');
    const plain = { size: 1, tier: 'dram', ttl: -1, persist: 0, reads: 0, attempt: -1, created: shard.clock.nowMs };
    expect(await shard.text('SATCHEL.STAT', 'a')).toEqual(plain);
    expect(await shard.text('SATCHEL.STAT', 'b')).toBe(null);
    shard.check();
  });

  test('APPEND keeps metadata and tier', async () => {
    const shard = new TestShard();
    await shard.run('SATCHEL.PUT', 'a', 'x', 'TIER', 'object', 'ATTEMPT', 7);
    expect(await shard.text('APPEND', 'a', 'y')).toBe(2);
    expect(await shard.text('SATCHEL.STAT', 'a')).toMatchObject({ size: 2, tier: 'object', attempt: 7 });
    shard.check();
  });

  test('NX leaves what is there', async () => {
    const shard = new TestShard();
    expect(await shard.text('SATCHEL.PUT', 'a', '1', 'NX')).toBe('OK');
    expect(await shard.text('SATCHEL.PUT', 'a', '2', 'NX')).toBe(null);
    expect(await shard.text('GET', 'a')).toBe('1');
  });

  test('ATTEMPT succeeds on an absent key and for the same attempt, else it is fenced', async () => {
    const shard = new TestShard();
    expect(await shard.text('SATCHEL.PUT', 'a', '1', 'ATTEMPT', 1)).toBe('OK');
    expect(await shard.text('SATCHEL.PUT', 'a', '1', 'ATTEMPT', 1)).toBe('OK');
    expect(await shard.text('SATCHEL.PUT', 'a', '2', 'ATTEMPT', 2)).toMatch(/^-FENCED .*attempt 1/);
    await shard.run('DEL', 'a');
    expect(await shard.text('SATCHEL.PUT', 'a', '2', 'ATTEMPT', 2)).toBe('OK');
    await shard.run('SET', 'a', 'plain');
    expect(await shard.text('SATCHEL.PUT', 'a', '3', 'ATTEMPT', 0)).toMatch(/^-FENCED .*without an attempt/);
  });

  test('refuses options it does not know or that make no sense', async () => {
    const shard = new TestShard();
    for (const options of ['BOGUS', 'EX', 'READS 0', 'ATTEMPT -1', 'TIER tape', 'EX 0', 'EX 1 PX 1', 'READS x']) {
      expect([options, await shard.text('SATCHEL.PUT', 'a', '1', ...options.split(' '))]).toEqual([
        options,
        expect.stringMatching(/^-ERR/),
      ]);
    }
    expect(await shard.text('EXISTS', 'a')).toBe(0);
  });
});

describe('READS n', () => {
  test.each(['dram', 'ssd', 'object'])('the object in %s goes with the n-th whole read', async (tier) => {
    const shard = new TestShard();
    await shard.run('SATCHEL.PUT', 'a', 'value', 'READS', 4, 'TIER', tier);
    expect(await shard.text('GETRANGE', 'a', 0, 1)).toMatch(/^-ERR .*READS/);
    expect(await shard.text('STRLEN', 'a')).toBe(5);
    expect(await shard.text('MGET', 'a', 'a')).toEqual(['value', 'value']);
    expect(await shard.text('GETEX', 'a', 'EX', 100)).toBe('value');
    expect(await shard.text('SATCHEL.STAT', 'a')).toMatchObject({ reads: 1, ttl: 100_000 });
    expect(await shard.text('SATCHEL.WAIT', 'a', 0)).toBe('value');
    expect(await shard.text('GET', 'a')).toBe(null);
    shard.check();
  });

  test('readers at the same time get exactly n values from a slow tier', async () => {
    const shard = new TestShard();
    await shard.run('SATCHEL.PUT', 'a', 'value', 'READS', 3, 'TIER', 'object');
    const replies = await Promise.all(Array.from({ length: 8 }, () => shard.text('GET', 'a')));
    expect(replies.filter((reply) => reply === 'value')).toHaveLength(3);
    shard.check();
  });

  test('a read that fails does not count', async () => {
    const shard = new TestShard();
    await shard.run('SATCHEL.PUT', 'a', 'value', 'READS', 1, 'TIER', 'object');
    shard.object.failure = new Error('no device');
    expect(await shard.text('GET', 'a')).toMatch(/no device/);
    shard.object.failure = undefined;
    expect(await shard.text('GET', 'a')).toBe('value');
    shard.check();
  });
});

describe('@persist/', () => {
  async function persisting(): Promise<TestShard> {
    const shard = new TestShard();
    expect(await shard.text('SATCHEL.PUT', 'a', 'value', 'PERSIST', 'EX', 100)).toBe('OK');
    expect(await shard.text('SATCHEL.PUT', 'ab', 'other', 'PERSIST')).toBe('OK');
    return shard;
  }

  test('shows what was put with PERSIST, also after the key is gone', async () => {
    const shard = await persisting();
    expect(await shard.text('SATCHEL.STAT', 'a')).toMatchObject({ persist: 1 });
    await shard.run('FLUSHALL');
    expect(await shard.text('GET', '@persist/a')).toBe('value');
    expect(await shard.text('MGET', '@persist/a', 'a', '@persist/x')).toEqual(['value', null, null]);
    expect(await shard.text('STRLEN', '@persist/a')).toBe(5);
    expect(await shard.text('EXISTS', '@persist/a', '@persist/x')).toBe(1);
    expect(await shard.text('GETRANGE', '@persist/a', 1, 2)).toBe('al');
    expect(await shard.text('TTL', '@persist/a')).toBe(100);
    expect(await shard.text('TTL', '@persist/ab')).toBe(-1);
    expect(await shard.text('TTL', '@persist/x')).toBe(-2);
    expect(await shard.text('TYPE', '@persist/a')).toBe('string');
    expect(await shard.text('SATCHEL.STAT', '@persist/a')).toMatchObject({ size: 5, tier: 'object', persist: 1, ttl: 100_000 });
    shard.check();
  });

  test('lists, counts and removes', async () => {
    const shard = await persisting();
    const [cursor, keys] = (await shard.text('SCAN', 0, 'MATCH', '@persist/*')) as [string, string[]];
    expect([cursor, keys.sort()]).toEqual(['0', ['@persist/a', '@persist/ab']]);
    const [next, first] = (await shard.text('SCAN', 0, 'MATCH', '@persist/*', 'COUNT', 1)) as [string, string[]];
    const [end, second] = (await shard.text('SCAN', next, 'MATCH', '@persist/*', 'COUNT', 1)) as [string, string[]];
    expect([...first, ...second].sort()).toEqual(['@persist/a', '@persist/ab']);
    expect(end).toBe('0');
    expect(await shard.text('SATCHEL.COUNT', '@persist/a')).toBe(2);
    expect(await shard.text('SATCHEL.COUNT', '@persist/ab')).toBe(1);
    expect(await shard.text('DEL', '@persist/a', '@persist/x', 'ab')).toBe(2);
    expect(await shard.text('SATCHEL.DELPREFIX', '@persist/')).toBe(1);
    expect(await shard.text('SCAN', 0, 'MATCH', '@persist/*')).toEqual(['0', []]);
    expect(await shard.text('GET', 'a')).toBe('value');
  });

  test('is not written directly', async () => {
    const shard = new TestShard();
    for (const command of [
      'SET @persist/a x',
      'APPEND @persist/a x',
      'INCR @persist/a',
      'MSET b 1 @persist/a x',
      'EXPIRE @persist/a 1',
    ]) {
      expect([command, await shard.text(...command.split(' '))]).toEqual([command, expect.stringMatching(/^-ERR .*SATCHEL.PUT/)]);
    }
    expect(await shard.text('SATCHEL.WAIT', '@persist/a', 1)).toMatch(/^-ERR/);
    expect(await shard.text('DBSIZE')).toBe(0);
  });

  test('nothing is stored or charged if the object tier refuses', async () => {
    const shard = new TestShard();
    shard.persisted.failure = new Error('no object tier');
    expect(await shard.text('SATCHEL.PUT', 'a', 'value', 'PERSIST')).toMatch(/no object tier/);
    expect(await shard.text('EXISTS', 'a')).toBe(0);
    shard.check();
  });

  test('the copy stays as it was if the quota refuses the put', async () => {
    const shard = new TestShard({ quotaBytes: 1000 });
    expect(await shard.text('SATCHEL.PUT', 'a', 'value', 'PERSIST')).toBe('OK');
    expect(await shard.text('SATCHEL.PUT', 'a', 'x'.repeat(2000), 'PERSIST')).toMatch(/QUOTA/);
    expect(await shard.text('GET', '@persist/a')).toBe('value');
    expect(await shard.text('GET', 'a')).toBe('value');
    expect(await shard.text('SATCHEL.PUT', 'a', 'x'.repeat(900), 'PERSIST')).toBe('OK');
    shard.check();
  });
});

describe('SATCHEL.FAIL', () => {
  test('readers get the reason until the key is written or deleted', async () => {
    const shard = new TestShard();
    await shard.run('SET', 'a', '1');
    expect(await shard.text('SATCHEL.FAIL', 'a', 'mapper 7 died')).toBe('OK');
    for (const command of [
      'GET a',
      'MGET b a',
      'GETDEL a',
      'STRLEN a',
      'EXISTS a',
      'SATCHEL.STAT a',
      'SATCHEL.WAIT a 0',
      'INCR a',
      'TTL a',
    ]) {
      expect([command, await shard.text(...command.split(' '))]).toEqual([command, '-FAILED mapper 7 died']);
    }
    expect(await shard.text('SETNX', 'a', '2')).toBe(1);
    expect(await shard.text('GET', 'a')).toBe('2');
    await shard.run('SATCHEL.FAIL', 'a', 'again');
    expect(await shard.text('DEL', 'a')).toBe(0);
    expect(await shard.text('GET', 'a')).toBe(null);
    shard.check();
  });

  test('is charged, replaced, bounded in size and freed with all else', async () => {
    const shard = new TestShard({ quotaBytes: 200 });
    await shard.run('SATCHEL.FAIL', 'a', 'x'.repeat(100));
    shard.check(165);
    expect(await shard.text('SATCHEL.FAIL', 'b', 'x')).toMatch(/^-QUOTA/);
    expect(await shard.text('SATCHEL.FAIL', 'b', 'x'.repeat(1025))).toMatch(/^-TOOLARGE/);
    expect(await shard.text('SATCHEL.DELPREFIX', 'a')).toBe(0);
    shard.check();
    await shard.run('SATCHEL.FAIL', 'a', 'x');
    await shard.run('SATCHEL.FAIL', 'a', 'xy');
    shard.check(67);
    await shard.run('FLUSHALL');
    shard.check();
  });
});

describe('SATCHEL.COUNT and SATCHEL.DELPREFIX', () => {
  test('count and remove what begins with a prefix', async () => {
    const shard = new TestShard({ dramBytes: 20_000, ssdBytes: 20_000 });
    for (let index = 0; index < 1000; index++) await shard.run('SET', `${index % 2 === 0 ? 'even' : 'odd'}:${index}`, 'x');
    expect(await shard.text('SATCHEL.COUNT', '')).toBe(1000);
    expect(await shard.text('SATCHEL.COUNT', 'even:')).toBe(500);
    expect(await shard.text('SATCHEL.DELPREFIX', 'even:')).toBe(500);
    expect(await shard.text('SATCHEL.COUNT', 'even:')).toBe(0);
    expect(await shard.text('DBSIZE')).toBe(500);
    expect(shard.job.counters.size).toBe(0);
    shard.check();
  });

  test('a count is right although keys come and go while it is made', async () => {
    const shard = new TestShard();
    for (let index = 0; index < 3000; index++) shard.runNow('SET', `k:${index}`, 'x');
    const counting = shard.text('SATCHEL.COUNT', 'k:');
    for (let index = 0; index < 3000; index += 3) shard.runNow('DEL', `k:${index}`);
    for (let index = 3000; index < 3500; index++) shard.runNow('SET', `k:${index}`, 'x');
    expect(await counting).toBe(await shard.text('DBSIZE'));
  });

  test('DELPREFIX waits for keys that are being written', async () => {
    const shard = new TestShard();
    await shard.run('SATCHEL.PUT', 'a', 'x', 'TIER', 'object');
    shard.object.hold();
    const put = shard.text('SATCHEL.PUT', 'a', 'y', 'TIER', 'object');
    const removing = shard.text('SATCHEL.DELPREFIX', 'a');
    shard.object.release();
    expect(await put).toBe('OK');
    expect(await removing).toBe(1);
    expect(await shard.text('EXISTS', 'a')).toBe(0);
    shard.check();
  });

  test('FLUSHALL waits for keys that are being written, and those who come later for it', async () => {
    const shard = new TestShard();
    shard.object.hold();
    const put = shard.text('SATCHEL.PUT', 'a', 'y', 'TIER', 'object');
    const flushing = shard.text('FLUSHALL');
    const later = [shard.text('SETNX', 'a', 'z'), shard.text('SETNX', 'b', 'z')];
    shard.object.release();
    expect(await put).toBe('OK');
    expect(await flushing).toBe('OK');
    expect(await Promise.all(later)).toEqual([1, 1]);
    expect(await shard.text('MGET', 'a', 'b')).toEqual(['z', 'z']);
    shard.check();
  });
});
