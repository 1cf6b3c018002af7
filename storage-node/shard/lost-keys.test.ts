import { describe, expect, test } from 'vitest';
import { Key } from '../store/key.js';
import { LostKeys, lostListingError } from './lost-keys.js';

describe('lost keys', () => {
  test('are all but those known to be gone', () => {
    const lost = new LostKeys();
    lost.markGone(Key.of('a'));
    lost.markPrefixGone('p:');
    expect(['a', 'b', 'p:1', 'p'].map((key) => lost.has(Key.of(key)))).toEqual([false, true, false, true]);
    expect(['p:', 'p:1', 'p', ''].map((prefix) => lost.hasUnder(prefix))).toEqual([false, false, true, true]);
  });

  test('what is forgotten beyond the limit is lost again, the oldest first', () => {
    const lost = new LostKeys(undefined, 2);
    for (const key of ['a', 'b', 'c']) lost.markGone(Key.of(key));
    expect(['a', 'b', 'c'].map((key) => lost.has(Key.of(key)))).toEqual([true, false, false]);
    for (let index = 0; index < 1025; index++) lost.markPrefixGone(`p${index}:`);
    expect([lost.hasUnder('p0:'), lost.hasUnder('p1:'), lost.hasUnder('p1024:')]).toEqual([true, false, false]);
    lost.markPrefixGone('p');
    expect(lost.hasUnder('p0:')).toBe(false);
  });

  test('the error names the share of slots', () => {
    expect(lostListingError(4096, 3, 'node-1').toRespLine()).toMatch(/^LOST shard 3 of node-1 .*4096 of 16384 slots \(25.0 %\)/);
  });
});
