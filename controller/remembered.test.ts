import { expect, test } from 'vitest';
import { remembered } from './remembered.js';

test('what is asked again is not worked out again, and of too many nothing is kept', () => {
  const asked: number[] = [];
  const doubled = remembered(2, ({ number }: { number: number }) => {
    asked.push(number);
    return 2 * number;
  });
  const ask = (number: number) => doubled({ number });
  expect([1, 1, 2, 1, 2].map(ask)).toEqual([2, 2, 4, 2, 4]);
  expect(asked).toEqual([1, 2]);
  expect([3, 1].map(ask)).toEqual([6, 2]);
  expect(asked).toEqual([1, 2, 3, 1]);
});

test('that there is no result is a result', () => {
  let times = 0;
  const nothing = remembered(1, (_: string): undefined => void times++);
  expect([nothing('a'), nothing('a'), times]).toEqual([undefined, undefined, 1]);
});
