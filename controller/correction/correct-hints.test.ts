import fc from 'fast-check';
import { expect, test } from 'vitest';
import { correctHints, type Observed, type ObservedJob, defaultCorrection as policy, widerShards } from './correct-hints.js';

const MiB = 2 ** 20;
const none: Observed = { asked: undefined, reserved: 0, peak: 0, sustained: 0, bound: undefined };
const bytes = (given: Partial<Observed>): Observed => ({
  ...{ asked: 1024 * MiB, reserved: 1024 * MiB, peak: 0, sustained: 0, bound: 1024 * MiB },
  ...given,
});
const job = (given: Partial<ObservedJob>): ObservedJob => ({
  ...{ watchedMs: policy.patienceMs, lifetimeMs: undefined, bytes: none, bytesPerSecond: none },
  ...given,
});

test.each([
  ['used as it said', job({ bytes: bytes({ peak: 600 * MiB, sustained: 500 * MiB }) }), undefined],
  ['far below, but not watched long enough', job({ watchedMs: 299_999, bytes: bytes({ peak: MiB }) }), undefined],
  ['far below: halves at most', job({ bytes: bytes({ peak: MiB }) }), 512 * MiB],
  ['below half: what it used and a quarter more', job({ bytes: bytes({ peak: 480 * MiB }) }), 600 * MiB],
  ['never below a sixteenth of what it said', job({ bytes: bytes({ reserved: 100 * MiB, peak: 0 }) }), 64 * MiB],
  ['at a sixteenth it stays', job({ bytes: bytes({ reserved: 64 * MiB, peak: 0 }) }), undefined],
  ['a long-lived job may begin late', job({ lifetimeMs: 3600_000, bytes: bytes({ peak: MiB }) }), undefined],
  [
    'near the reservation: grows at once',
    job({ watchedMs: 0, bytes: bytes({ reserved: 100 * MiB, peak: 95 * MiB, sustained: 95 * MiB }) }),
    118.75 * MiB,
  ],
  ['above it: doubles at most', job({ bytes: bytes({ reserved: 100 * MiB, peak: 900 * MiB, sustained: 900 * MiB }) }), 200 * MiB],
  ['never above the quota', job({ bytes: bytes({ reserved: 900 * MiB, peak: 1020 * MiB, sustained: 1020 * MiB }) }), 1024 * MiB],
  ['at the quota it stays', job({ bytes: bytes({ peak: 1024 * MiB, sustained: 1024 * MiB }) }), undefined],
  ['nothing was said: nothing is corrected', job({}), undefined],
])('capacity: %s', (_name, observed, expected) => {
  expect(correctHints(observed, policy)?.capacityBytes).toBe(expected);
});

test('throughput grows to four times what the job said at most', () => {
  const rate = (reserved: number): Observed => ({
    ...{ asked: 100 * MiB, reserved: reserved * MiB, peak: 1000 * MiB, sustained: 1000 * MiB, bound: undefined },
  });
  const after = (reserved: number) => correctHints(job({ bytesPerSecond: rate(reserved) }), policy)?.throughputBytesPerSecond;
  expect([after(100), after(200), after(300), after(400)]).toEqual([200 * MiB, 400 * MiB, 400 * MiB, undefined]);
});

test('a peak of a moment does not make it grow, but keeps it from shrinking', () => {
  const observed = job({ bytesPerSecond: bytes({ peak: 1024 * MiB, sustained: MiB, bound: undefined }) });
  expect(correctHints(observed, policy)).toBeUndefined();
});

test('a correction says the figures that led to it', () => {
  const correction = correctHints(job({ bytes: bytes({ peak: 100 * MiB, sustained: 50 * MiB }) }), policy);
  expect(correction?.because).toBe('capacity: at most 100 MiB used of 1 GiB reserved in 300 s');
  expect(correction?.figures).toEqual([
    { name: 'watchedMs', value: 300_000 },
    { name: 'capacityAskedBytes', value: 1024 * MiB },
    { name: 'capacityReservedBytes', value: 1024 * MiB },
    { name: 'capacityPeakBytes', value: 100 * MiB },
    { name: 'capacitySustainedBytes', value: 50 * MiB },
    { name: 'capacityCorrectedBytes', value: 512 * MiB },
  ]);
});

test.each([
  ['has room and is slow', {}, undefined],
  ['spills a little', { spilledBytes: 50 * MiB }, undefined],
  ['spills', { spilledBytes: 200 * MiB }, 4],
  ['keeps its shards busy', { bytesPerSecond: 600 * MiB }, 4],
  ['spills, and is yet to get what it was to have', { spilledBytes: 200 * MiB, shards: 1 }, undefined],
  ['spills on many shards', { spilledBytes: 200 * MiB, wanted: 12, shards: 12 }, 16],
  ['spills on as many as it may have', { spilledBytes: 200 * MiB, wanted: 16, shards: 16 }, undefined],
])('a job that reserves nothing and %s', (_, use, expected) => {
  const seen = { wanted: 2, shards: 2, heldBytes: 1000 * MiB, spilledBytes: 0, bytesPerSecond: MiB };
  expect(widerShards({ ...seen, ...use })?.shards).toBe(expected);
});

test('corrections end: repeated on a steady job they come to rest within bounds, with room above its peak', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 40 }), fc.double({ min: 0, max: 8, noNaN: true }), (asked, part) => {
      const used = asked * part;
      let reserved = asked;
      let steps = 0;
      for (;;) {
        const observed = { asked, reserved, peak: used, sustained: used, bound: undefined };
        const to = correctHints(job({ bytesPerSecond: observed }), policy)?.throughputBytesPerSecond;
        if (to === undefined) break;
        expect(to / reserved).toBeLessThanOrEqual(policy.step + 1 / reserved);
        expect(reserved / to).toBeLessThanOrEqual(policy.step + 1 / reserved);
        reserved = to;
        expect(++steps).toBeLessThan(10);
      }
      expect(reserved).toBeGreaterThanOrEqual(asked * policy.least);
      expect(reserved).toBeLessThanOrEqual(asked * policy.most + 1);
      if (part <= policy.most / policy.headroom) expect(reserved + 4 * MiB).toBeGreaterThanOrEqual(used);
    }),
  );
});
