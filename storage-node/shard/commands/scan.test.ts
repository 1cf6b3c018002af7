import { describe, expect, test } from 'vitest';
import { TestShard } from '../testing/test-shard.js';
import { Glob } from './glob.js';

async function scanAll(shard: TestShard, ...options: (string | number)[]): Promise<string[]> {
  const keys: string[] = [];
  let cursor = '0';
  do {
    const [next, page] = (await shard.text('SCAN', cursor, ...options)) as [string, string[]];
    keys.push(...page);
    cursor = next;
  } while (cursor !== '0');
  return keys.sort();
}

describe('SCAN', () => {
  test('lists every key exactly once over pages, in all tiers', async () => {
    const shard = new TestShard({ dramBytes: 30 * 70, ssdBytes: 30 * 70 });
    const keys = Array.from({ length: 100 }, (_, index) => `key-${index}`).sort();
    for (const key of keys) await shard.run('SET', key, 'x');
    expect(shard.object.usage.objects).toBeGreaterThan(0);
    expect(await scanAll(shard)).toEqual(keys);
    expect(await scanAll(shard, 'COUNT', 1)).toEqual(keys);
    expect(await scanAll(shard, 'COUNT', 1000)).toEqual(keys);
  });

  test('matches patterns and types', async () => {
    const shard = new TestShard();
    await shard.run('MSET', 'a:1', '', 'a:2', '', 'b:1', '', 'expired', '');
    await shard.run('PEXPIRE', 'expired', 10);
    shard.clock.nowMs += 10;
    expect(await scanAll(shard, 'MATCH', 'a:*')).toEqual(['a:1', 'a:2']);
    expect(await scanAll(shard, 'TYPE', 'string')).toEqual(['a:1', 'a:2', 'b:1']);
    expect(await scanAll(shard, 'TYPE', 'hash')).toEqual([]);
    shard.check();
  });

  test('refuses bad cursors and options as Redis does', async () => {
    const shard = new TestShard();
    expect(await shard.text('SCAN', 'x')).toBe('-ERR invalid cursor');
    expect(await shard.text('SCAN', '-1')).toBe('-ERR invalid cursor');
    expect(await shard.text('SCAN', '0', 'COUNT', '0')).toBe('-ERR syntax error');
    expect(await shard.text('SCAN', '0', 'COUNT', 'x')).toBe('-ERR value is not an integer or out of range');
    expect(await shard.text('SCAN', '0', 'MATCH')).toBe('-ERR syntax error');
    expect(await shard.text('SCAN', '0', 'BOGUS', '1')).toBe('-ERR syntax error');
  });
});

describe('patterns', () => {
  const table: [pattern: string, matching: string[], others: string[]][] = [
    ['*', ['', 'a', 'abc'], []],
    ['a*c', ['ac', 'abc', 'abcc'], ['a', 'ab', 'bac']],
    ['*a*b', ['ab', 'xaxb', 'abab'], ['aba', 'b']],
    ['a?c', ['abc', 'a*c'], ['ac', 'abbc']],
    ['[ab]x', ['ax', 'bx'], ['cx', 'x']],
    ['[^ab]x', ['cx', '^x'], ['ax', 'x']],
    ['[a-c]', ['a', 'b', 'c'], ['d', '-']],
    ['[c-a]', ['a', 'b', 'c'], ['d']],
    ['[\\]]', [']'], ['\\']],
    ['\\*', ['*'], ['a', '\\*']],
    ['a\\', ['a\\'], ['a']],
    ['[ab', ['a', 'b'], ['[ab']],
    ['', [''], ['a']],
  ];
  for (const [pattern, matching, others] of table) {
    test(`'${pattern}'`, () => {
      const glob = new Glob(pattern);
      for (const text of matching) expect([text, glob.matches(text)]).toEqual([text, true]);
      for (const text of others) expect([text, glob.matches(text)]).toEqual([text, false]);
    });
  }

  test('know what every match begins with', () => {
    expect(new Glob('abc*d').prefix).toBe('abc');
    expect(new Glob('a\\*b?').prefix).toBe('a*b');
    expect(new Glob('[a]b').prefix).toBe('');
  });

  test('many stars take time by the product of the lengths, not more', () => {
    expect(new Glob('*a'.repeat(50)).matches(`${'a'.repeat(5000)}b`)).toBe(false);
  });
});
