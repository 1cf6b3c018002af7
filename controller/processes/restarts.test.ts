import { expect, test } from 'vitest';
import { decideRestart } from './restarts.js';

test.each([
  ['the first death', [1000], { kind: 'restart', delayMs: 100 }],
  ['deaths in quick succession wait longer', [1000, 1100, 1300], { kind: 'restart', delayMs: 400 }],
  ['deaths long ago do not count', [0, 1, 2, 3, 4, 5, 6, 7, 100_000], { kind: 'restart', delayMs: 100 }],
  ['six within a minute are too many', [0, 1, 2, 3, 4, 5], { kind: 'give-up' }],
])('%s', (_name, deathsMs, decision) => {
  expect(decideRestart(deathsMs, false)).toEqual(decision);
});

test('a process that left is not started again, however often it died', () => {
  expect(decideRestart([0], true)).toEqual({ kind: 'let-go' });
  expect(decideRestart([0, 1, 2, 3, 4, 5], true)).toEqual({ kind: 'let-go' });
});
