import { limits } from '@satchel/proto/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addEndedPrefix, awaitingOnly, type EndedPrefix, endedPrefixBy, isEnded, prefixEmptied } from './ended-prefixes.js';

const report = (serial: number, shard: number, objects = 1) => ({ serial, shard, reclaimed: { objects, bytes: 10 * objects } });

describe('prefixes that have ended', () => {
  it('await each shard once, whatever it says again', () => {
    let ended: readonly EndedPrefix[] = addEndedPrefix([], 'a/', [1, 2]);
    expect(isEnded(ended, 'a/')).toBe(false);
    ended = prefixEmptied(ended, report(1, 1, 3));
    expect(prefixEmptied(ended, report(1, 1, 3))).toBe(ended);
    expect(prefixEmptied(ended, report(1, 9))).toBe(ended);
    expect(prefixEmptied(ended, report(7, 2))).toBe(ended);
    ended = prefixEmptied(ended, report(1, 2, 4));
    expect(ended).toEqual([{ serial: 1, prefix: 'a/', awaiting: [], reclaimed: { objects: 7, bytes: 70 } }]);
    expect([isEnded(ended, 'a/'), isEnded(ended, 'a/b/'), isEnded(ended, 'b/')]).toEqual([true, true, false]);
  });

  it('take the place of those below them, with a serial of their own', () => {
    let ended = addEndedPrefix([], 'a/1/', [1]);
    ended = addEndedPrefix(ended, 'b/', [1]);
    ended = addEndedPrefix(ended, 'a/', [1]);
    expect(ended.map(({ serial, prefix }) => [serial, prefix])).toEqual([
      [2, 'b/'],
      [3, 'a/'],
    ]);
    expect(endedPrefixBy(ended, 'a/2/')?.prefix).toBe('a/');
    expect(endedPrefixBy(ended, 'b')?.prefix).toBe('b/');
    expect(endedPrefixBy(ended, 'c/')).toBeUndefined();
  });

  it('do not await shards that cannot hold anything any more', () => {
    const ended = addEndedPrefix([], 'a/', [1, 2]);
    expect(awaitingOnly(ended, new Set([1, 2, 3]))).toBe(ended);
    expect(awaitingOnly(ended, new Set([2]))[0]?.awaiting).toEqual([2]);
  });

  it('are forgotten, oldest first, beyond a limit, but never while a shard has yet to empty them', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: limits.endedStages, maxLength: limits.endedStages + 40 }), (emptied) => {
        let ended: readonly EndedPrefix[] = [];
        for (const [index, isEmpty] of emptied.entries()) {
          ended = addEndedPrefix(ended, `${index}/`, [1]);
          if (isEmpty) ended = prefixEmptied(ended, report(index + 1, 1));
        }
        const awaited = emptied.flatMap((isEmpty, index) => (isEmpty ? [] : `${index}/`));
        const prefixes = ended.map(({ prefix }) => prefix);
        expect(prefixes).toEqual(expect.arrayContaining(awaited));
        expect(prefixes.length).toBeLessThanOrEqual(Math.max(limits.endedStages, awaited.length + 1));
        expect(prefixes.at(-1)).toBe(`${emptied.length - 1}/`);
      }),
      { numRuns: 20 },
    );
  });
});
