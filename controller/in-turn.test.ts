import { expect, test } from 'vitest';
import { InTurn } from './in-turn.js';

test('work under one key runs in order, each after what was before has settled, failed or not; other keys do not wait', async () => {
  const turns = new InTurn();
  const seen: string[] = [];
  let release = () => {};
  const first = turns.run('a', () => new Promise<void>((_, reject) => (release = () => reject(new Error('first failed')))));
  const second = turns.run('a', async () => seen.push('second'));
  await turns.run('b', async () => seen.push('other'));
  expect(seen).toEqual(['other']);
  release();
  await expect(first).rejects.toThrow('first failed');
  await second;
  expect(seen).toEqual(['other', 'second']);
});
