import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ExpiryWheel } from './expiry-wheel.js';
import { ManualClock } from './testing/manual-clock.js';

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

test('every hash that was added and not removed falls due within a second of its time, never before it', async () => {
  const change = fc.record({
    hash: fc.integer({ min: 4_294_967_290, max: 4_294_967_295 }),
    afterMs: fc.nat(5000),
    kept: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(change), async (changes) => {
      const clock = new ManualClock();
      const due: number[] = [];
      const wheel = new ExpiryWheel(clock, (hash) => due.push(hash));
      const atMs = changes.map(({ afterMs }) => clock.nowMs + afterMs);
      for (const [index, { hash }] of changes.entries()) wheel.add(hash, atMs[index] as number);
      for (const [index, { hash, kept }] of changes.entries()) if (!kept) wheel.remove(hash, atMs[index] as number);
      while (wheel.size > 0) {
        clock.advance(500);
        await nextTurn();
        const overdue = changes.filter(({ kept }, index) => kept && (atMs[index] as number) <= clock.nowMs - 1000);
        for (const { hash } of overdue) expect(due).toContain(hash);
        const early = due.filter(
          (hash) => !changes.some((one, index) => one.hash === hash && one.kept && (atMs[index] as number) <= clock.nowMs),
        );
        expect(early).toEqual([]);
      }
      expect(clock.timers).toBe(0);
    }),
    { numRuns: 50 },
  );
});

test('what cannot be expired now is tried again, and a stopped wheel tries nothing', async () => {
  const clock = new ManualClock();
  let tries = 0;
  const wheel = new ExpiryWheel(clock, () => {
    if (++tries < 3) throw new Error('no disk');
  });
  wheel.add(7, clock.nowMs + 100);
  for (let turn = 0; turn < 6; turn++) {
    clock.advance(500);
    await nextTurn();
  }
  expect(tries).toBe(3);
  expect(wheel.size).toBe(0);
  wheel.add(7, clock.nowMs + 100);
  wheel.stop();
  clock.advance(5000);
  expect(tries).toBe(3);
});
