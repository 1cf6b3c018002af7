import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { steadyClock } from './steady-clock.js';
import { FakeClock } from './testing/fake-clock.js';

const hourMs = 3_600_000;

it('shows the time of the clock below as long as that does not go back', () => {
  const below = new FakeClock();
  const clock = steadyClock(below);
  for (const ms of [0, 5, 1000, 9 * hourMs]) {
    below.advance(ms);
    expect(clock.now()).toBe(below.now());
  }
});

it('goes on at half speed after a jump back until the other has caught up', () => {
  const below = new FakeClock();
  const clock = steadyClock(below);
  const beganMs = clock.now();
  below.skip(-hourMs);
  expect(clock.now()).toBe(beganMs);
  below.advance(1000);
  expect(clock.now()).toBe(beganMs + 500);
  below.advance(2 * hourMs);
  expect(clock.now()).toBe(below.now());
});

it('never goes back, is never behind, and goes no more slowly than half', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1e7, max: 1e7 }), { maxLength: 50 }), (steps) => {
      const below = new FakeClock();
      const clock = steadyClock(below);
      let beforeMs = clock.now();
      for (const step of steps) {
        below.skip(step);
        const nowMs = clock.now();
        expect(nowMs).toBeGreaterThanOrEqual(Math.max(below.now(), beforeMs + Math.max(0, step) / 2));
        beforeMs = nowMs;
      }
    }),
  );
});
