import { expect, test } from 'vitest';
import { VirtualClock } from './virtual-clock.js';

test('timers fire in the order of their times, and of one time in the order they were set', async () => {
  const clock = new VirtualClock();
  const fired: string[] = [];
  for (const [name, delayMs] of [
    ['c', 20],
    ['a', 10],
    ['b', 10],
    ['d', 30],
  ] as const) {
    clock.after(delayMs, () => fired.push(`${name}${clock.passedMs}`));
  }
  await clock.runUntil(25);
  expect(fired).toEqual(['a10', 'b10', 'c20']);
  expect(clock.passedMs).toBe(25);
});

test('a timer that was cancelled does not fire', async () => {
  const clock = new VirtualClock();
  const fired: number[] = [];
  const cancel = clock.after(10, () => fired.push(10));
  clock.after(5, cancel);
  await clock.runUntil(100);
  expect(fired).toEqual([]);
});

test('what a timer sets off has run before time goes on, immediates and promises included', async () => {
  const clock = new VirtualClock();
  const seen: string[] = [];
  clock.after(10, () => {
    void Promise.resolve().then(async () => {
      await Promise.resolve();
      setImmediate(() => void Promise.resolve().then(() => seen.push(`flushed at ${clock.passedMs}`)));
    });
  });
  clock.after(11, () => seen.push(`next at ${clock.passedMs}`));
  await clock.runUntil(20);
  expect(seen).toEqual(['flushed at 10', 'next at 11']);
});

test('many timers come out sorted', async () => {
  const clock = new VirtualClock();
  const times: number[] = [];
  for (let index = 0; index < 1000; index++) clock.after((index * 7919) % 1000, () => times.push(clock.passedMs));
  await clock.runUntil(1000);
  expect(times).toHaveLength(1000);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});
