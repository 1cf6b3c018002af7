import { expect, it } from 'vitest';
import { FakeClock } from './testing/fake-clock.js';
import { Waiters } from './waiters.js';

it('waiters get what their key is told, or the other answer when it takes too long', async () => {
  const clock = new FakeClock();
  const waiters = new Waiters<string>(clock);
  const answers = [waiters.wait('a', 100, 'late'), waiters.wait('a', 200, 'late'), waiters.wait('b', 100, 'late')];
  expect(waiters.keys()).toEqual(['a', 'b']);
  waiters.tell('a', 'told');
  waiters.tell('nobody', 'told');
  clock.advance(150);
  expect(await Promise.all(answers)).toEqual(['told', 'told', 'late']);
  expect(waiters.keys()).toEqual([]);
});
