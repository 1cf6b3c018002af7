import { type Clock, SatchelError } from '@satchel/proto/core';
import { expect, test } from 'vitest';
import { Lease } from './lease.js';

/** A clock that goes on when told. */
class ManualClock implements Clock {
  delays: number[] = [];
  #next: (() => void) | undefined;

  now(): number {
    return 0;
  }

  after(delayMs: number, callback: () => void): () => void {
    this.delays.push(delayMs);
    this.#next = callback;
    return () => {
      this.#next = undefined;
    };
  }

  /** Fires the timer and lets what follows from it settle. */
  async fire(): Promise<void> {
    const callback = this.#next;
    this.#next = undefined;
    callback?.();
    await new Promise((resolve) => setImmediate(resolve));
  }

  get armed(): boolean {
    return this.#next !== undefined;
  }
}

function hold(renew: () => Promise<number>): { clock: ManualClock; lease: Lease; lost: SatchelError[] } {
  const clock = new ManualClock();
  const lost: SatchelError[] = [];
  const lease = new Lease(60_000, { renew, onLost: (error) => lost.push(error), clock, random: () => 0 });
  return { clock, lease, lost };
}

test('a lease is renewed after a third of its period, whatever the controller makes the period', async () => {
  const periods = [60_000, 30_000];
  const { clock } = hold(() => Promise.resolve(periods.shift() ?? 9000));
  await clock.fire();
  await clock.fire();
  await clock.fire();
  expect(clock.delays).toEqual([20_000, 20_000, 10_000, 3000]);
});

test('an outage of the controller is outlasted with ever rarer attempts', async () => {
  let down = true;
  const { clock, lost } = hold(() => (down ? Promise.reject(new SatchelError('unavailable', 'down')) : Promise.resolve(60_000)));
  for (let attempt = 0; attempt < 6; attempt++) await clock.fire();
  expect(clock.delays.slice(1)).toEqual([200, 400, 800, 1600, 2000, 2000]);
  down = false;
  await clock.fire();
  expect(clock.delays.at(-1)).toBe(20_000);
  down = true;
  await clock.fire();
  expect(clock.delays.at(-1)).toBe(200);
  expect(lost).toEqual([]);
});

test('the end of the job is told once, and there are no renewals after it', async () => {
  const { clock, lost } = hold(() => Promise.reject(new SatchelError('no-job', 'it has ended')));
  await clock.fire();
  expect(lost.map((error) => error.code)).toEqual(['no-job']);
  expect(clock.armed).toBe(false);
});

test('a stopped lease does nothing, also when stopped during a renewal', async () => {
  const stopped = hold(() => Promise.resolve(60_000));
  stopped.lease.stop();
  expect(stopped.clock.armed).toBe(false);
  let fail: (error: SatchelError) => void = () => {};
  const during = hold(() => new Promise((_, reject) => (fail = reject)));
  await during.clock.fire();
  during.lease.stop();
  fail(new SatchelError('no-job', 'ended by us'));
  await new Promise((resolve) => setImmediate(resolve));
  expect([during.lost, during.clock.armed]).toEqual([[], false]);
});

test('a warning is given when a third of the lease is left and no renewal came through', async () => {
  const timers = new Set<{ atMs: number; callback: () => void }>();
  let nowMs = 0;
  const clock: Clock = {
    now: () => nowMs,
    after(delayMs, callback) {
      const timer = { atMs: nowMs + delayMs, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
  };
  const advance = async (untilMs: number) => {
    for (; nowMs < untilMs; nowMs += 100) {
      for (const timer of [...timers]) if (timer.atMs <= nowMs && timers.delete(timer)) timer.callback();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  let down = false;
  const warnings: number[] = [];
  const renew = () => (down ? Promise.reject(new SatchelError('unavailable', 'down')) : Promise.resolve(9000));
  const lease = new Lease(9000, { renew, onLost: () => {}, onWarning: (atMs) => warnings.push(atMs), clock, random: () => 0 });
  await advance(20_000);
  expect(warnings).toEqual([]);
  down = true;
  await advance(30_000);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toBeGreaterThan(nowMs - 6000);
  lease.stop();
  expect(timers.size).toBe(0);
});
