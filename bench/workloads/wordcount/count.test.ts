import { expect, test } from 'vitest';
import { addCounts, countWords, partOf } from './function/count.mjs';

test('words are runs of letters, digits and apostrophes, whatever their case', () => {
  expect([...countWords("It's a map; a MAP of 2 maps — déjà-vu")]).toEqual([
    ["it's", 1],
    ['a', 2],
    ['map', 2],
    ['of', 1],
    ['2', 1],
    ['maps', 1],
    ['déjà', 1],
    ['vu', 1],
  ]);
});

test('each word belongs to one reducer, and lists add up', () => {
  for (const word of ['a', 'map', 'déjà']) {
    expect(partOf(word, 7)).toBe(partOf(word, 7));
    expect(partOf(word, 7)).toBeLessThan(7);
  }
  const counts = new Map([['a', 1]]);
  addCounts(counts, [
    ['a', 2],
    ['b', 1],
  ]);
  expect(counts).toEqual(
    new Map([
      ['a', 3],
      ['b', 1],
    ]),
  );
});
