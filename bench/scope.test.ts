import { expect, test } from 'vitest';
import { inScope, Scope } from './scope.js';

test('what was opened is closed last first, and a failure to close keeps nothing open', async () => {
  const closed: number[] = [];
  const work = inScope(async (scope) => {
    for (const number of [1, 2, 3]) {
      await scope.open(Promise.resolve(number), (thing) => {
        closed.push(thing);
        if (thing === 2) return Promise.reject(new Error('does not close'));
      });
    }
    throw new Error('the work failed');
  });
  await expect(work).rejects.toThrow('the work failed');
  expect(closed).toEqual([3, 2, 1]);
});

test('what opens after the end is closed at once', async () => {
  const scope = new Scope();
  const closed: string[] = [];
  let opened: (name: string) => void = () => {};
  const opening = scope.open(new Promise<string>((resolve) => (opened = resolve)), (name) => closed.push(name));
  await scope.close();
  opened('late');
  await expect(opening).rejects.toThrow('stopped');
  expect(closed).toEqual(['late']);
});

test('a signal ends the work and closes its scope', async () => {
  const closed: string[] = [];
  const work = inScope(async (scope) => {
    await scope.open(Promise.resolve('thing'), (name) => closed.push(name));
    return new Promise(() => {});
  });
  setImmediate(() => process.emit('SIGTERM', 'SIGTERM'));
  await expect(work).rejects.toThrow('stopped by SIGTERM');
  expect(closed).toEqual(['thing']);
});
