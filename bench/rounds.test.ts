import { expect, test } from 'vitest';
import { rotated, runRounds } from './rounds.js';

test('contestants of a work take turns, and each round begins with another', async () => {
  const order: string[] = [];
  const contestant = (work: string, name: string) => ({
    name,
    against: [],
    run: async () => {
      order.push(work + name);
      return { p50Ms: 1 };
    },
  });
  const works = ['1', '2'].map((name) => ({ name, contestants: ['a', 'b'].map((who) => contestant(name, who)) }));
  const finished: number[] = [];
  await runRounds(works, 2, (round) => finished.push(round));
  expect(order).toEqual(['1a', '1b', '2a', '2b', '1b', '1a', '2b', '2a']);
  expect(finished).toEqual([1, 2]);
});

test('rows come in the order of works and contestants, compared with whom they name', async () => {
  let next = 1;
  const run = async () => ({ p50Ms: next++ });
  const contestants = [
    { name: 'a', against: ['b'], run },
    { name: 'b', against: [], run },
  ];
  const rows = await runRounds([{ name: 'get', contestants }], 1, () => {});
  expect(rows).toEqual([
    { work: 'get', subject: 'a', figures: { p50Ms: 1 }, ratios: { b: { p50Ms: 0.5 } }, rounds: [{ p50Ms: 1 }] },
    { work: 'get', subject: 'b', figures: { p50Ms: 2 }, ratios: {}, rounds: [{ p50Ms: 2 }] },
  ]);
});

test('a list begun at another element has all elements', () => {
  expect(rotated([1, 2, 3], 4)).toEqual([2, 3, 1]);
  expect(rotated([], 4)).toEqual([]);
});
