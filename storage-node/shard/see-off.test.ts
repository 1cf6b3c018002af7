import { limits } from '@satchel/proto/core';
import { expect, test } from 'vitest';
import { type SeenOff, seeOff } from './see-off.js';
import { ManualClock } from './testing/manual-clock.js';

/** Connections that become quiet at some time, and close `answersMs` after they were told to quit; undefined: never. */
function setUp(...clients: { quietAtMs?: number; answersMs?: number }[]) {
  const clock = new ManualClock();
  const beganMs = clock.now();
  const open = new Set<SeenOff>();
  const quits: (number | undefined)[] = clients.map(() => undefined);
  for (const [index, { quietAtMs = Number.POSITIVE_INFINITY, answersMs = 0 }] of clients.entries()) {
    const connection = {
      isQuiet: () => clock.now() - beganMs >= quietAtMs,
      quit: () => {
        if (quits[index] !== undefined) return;
        quits[index] = clock.now() - beganMs;
        clock.after(answersMs, () => open.delete(connection));
      },
    };
    open.add(connection);
  }
  let over = false;
  const done = seeOff(() => [...open], clock).then(() => {
    over = true;
  });
  const pass = async (ms: number) => {
    for (let past = 0; past < ms; past += 50) {
      clock.advance(50);
      await Promise.resolve();
      await Promise.resolve();
    }
  };
  return { pass, quits, done, isOver: () => over };
}

test('a shard without clients is left at once', async () => {
  await setUp().done;
});

test('a connection is ended as soon as it is quiet, and the shard is left when its answers are out', async () => {
  const { pass, quits, isOver } = setUp({ quietAtMs: 0 }, { quietAtMs: 3000, answersMs: 200 });
  await pass(3100);
  expect(quits).toEqual([0, 3000]);
  expect(isOver()).toBe(false);
  await pass(200);
  expect(isOver()).toBe(true);
});

test('a client that never pauses is ended after a while, and one that waits for ever is not waited for', async () => {
  const { pass, quits, isOver } = setUp({}, { answersMs: Number.POSITIVE_INFINITY });
  await pass(limits.leavePatienceMs - 50);
  expect(quits).toEqual([undefined, undefined]);
  await pass(100);
  expect(quits).toEqual([limits.leavePatienceMs, limits.leavePatienceMs]);
  expect(isOver()).toBe(false);
  await pass(limits.lingerMs + 100);
  expect(isOver()).toBe(true);
});
