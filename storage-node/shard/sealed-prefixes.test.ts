import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Key } from '../store/key.js';
import { SealedPrefixes } from './sealed-prefixes.js';
import { TestShard } from './testing/test-shard.js';

const ended = (...prefixes: string[]) => prefixes.map((prefix, index) => ({ serial: index + 1, prefix, pending: true }));

test('a key is sealed exactly if it begins with a prefix that has ended', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', '/', 'é'), minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(fc.array(word, { maxLength: 12 }), fc.array(word, { maxLength: 30 }), (prefixes, keys) => {
      const seals = new SealedPrefixes();
      seals.follow(ended(...prefixes));
      for (const key of keys) {
        const sealed = prefixes.some((prefix) => key.startsWith(prefix));
        const bytes = Buffer.concat([Buffer.from('xx'), Buffer.from(key), Buffer.from('aa')]);
        expect(seals.errorOf(bytes, 2, bytes.length - 2)?.code).toBe(sealed ? 'fenced' : undefined);
      }
    }),
  );
});

test('says which prefixes are news', () => {
  const seals = new SealedPrefixes();
  expect(seals.follow(ended('a/', 'b/'))).toBe(true);
  expect(seals.follow(ended('a/', 'b/'))).toBe(false);
  expect(seals.follow(ended('b/', 'a/1/'))).toBe(false);
  expect(seals.follow(ended('b/', 'c/'))).toBe(true);
  expect(() => seals.check(Key.of('c/1'))).toThrow("'c/'");
});

test('no command that writes leaves anything under a sealed prefix; others are not concerned', async () => {
  const shard = new TestShard();
  await shard.run('SET', 'elsewhere', '1');
  await shard.run('LPUSH', 'queue', 'x');
  shard.job.objects.seals.follow(ended('gone/'));
  const writes = [
    ['SET', 'gone/1', 'x'],
    ['MSET', 'gone/1', 'x', 'gone/2', 'y'],
    ['SATCHEL.PUT', 'gone/1', 'x', 'TIER', 'object'],
    ['APPEND', 'gone/1', 'x'],
    ['INCR', 'gone/1'],
    ['SETRANGE', 'gone/1', '5', 'x'],
    ['RENAME', 'elsewhere', 'gone/1'],
    ['LPUSH', 'gone/list', 'x'],
    ['SADD', 'gone/set', 'x'],
    ['LMOVE', 'queue', 'gone/list', 'LEFT', 'RIGHT'],
    ['SATCHEL.FAIL', 'gone/1', 'no reason'],
  ];
  for (const write of writes)
    expect([write[0], await shard.run(...write)]).toEqual([
      write[0],
      expect.objectContaining({ line: expect.stringMatching(/^FENCED/) }),
    ]);
  expect(await shard.run('SATCHEL.COUNT', 'gone/')).toBe(0);
  expect(await shard.run('GET', 'gone/1')).toBeNull();
  expect(await shard.run('DEL', 'gone/1')).toBe(0);
  expect(await shard.run('GET', 'elsewhere')).toEqual(Buffer.from('1'));
  expect(await shard.run('SET', 'gone', 'not under it')).toBe('OK');
});
