import type { Clock } from '@satchel/proto/core';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { Departure, mayLeave } from './departure.js';

test('a node may leave when its jobs are purged and what they left is removed, here and in the object store', () => {
  expect(mayLeave({ purging: 0, discarded: 0 })).toBe(true);
  expect(mayLeave({ purging: 1, discarded: 0 })).toBe(false);
  expect(mayLeave({ purging: 0, discarded: 1 })).toBe(false);
});

function watched() {
  let timer: (() => void) | undefined;
  const clock: Clock = {
    now: () => 0,
    after: (_, callback) => {
      timer = callback;
      return () => {
        timer = undefined;
      };
    },
  };
  const remains = { purging: 0, discarded: 0 };
  const departure = new Departure(() => remains, clock, pino({ level: 'silent' }));
  let due = false;
  void departure.due.then(() => {
    due = true;
  });
  const isDue = async () => {
    await Promise.resolve();
    return due;
  };
  return { departure, remains, isDue, tick: () => timer?.(), waits: () => timer !== undefined };
}

test('it is due at once on an empty node, and not before the controller lets the node go', async () => {
  const { departure, isDue, waits } = watched();
  expect([await isDue(), waits()]).toEqual([false, false]);
  departure.begin();
  departure.begin();
  expect([await isDue(), waits()]).toEqual([true, false]);
});

test('it waits for what remains, until the node is stopped', async () => {
  const { departure, remains, isDue, tick } = watched();
  remains.discarded = 2;
  departure.begin();
  tick();
  expect(await isDue()).toBe(false);
  remains.discarded = 0;
  tick();
  expect(await isDue()).toBe(true);
  const stopped = watched();
  stopped.remains.purging = 1;
  stopped.departure.begin();
  stopped.departure.close();
  expect(stopped.waits()).toBe(false);
});
