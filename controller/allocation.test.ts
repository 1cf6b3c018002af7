import { slotMapProblem } from '@satchel/proto/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planJob, replanJob } from './allocation.js';
import { ReservedCapacity, type ShardRoom } from './placement.js';
import { unitPricesOf } from './prices.js';
import type { RecordedPeaks } from './sizing/history.js';
import { defaultPriceSheet } from './sizing/price-sheet-file.js';

const MiB = 2 ** 20;
const GiB = 2 ** 30;

/** Two nodes of two shards, with 512 MiB of dram and 4 GiB of ssd per shard. */
const fleet: ShardRoom[] = [1, 2, 3, 4].map((shard) => ({
  ...{ shard, node: shard < 3 ? 'a' : 'b', dramFreeBytes: 512 * MiB, ssdFreeBytes: 4 * GiB },
  ...{ throughputFreeBytesPerSecond: 500 * MiB, jobs: 0 },
}));
const recorded: RecordedPeaks = {
  ...{ bytes: GiB, bytesPerSecond: 100 * MiB, requestsPerSecond: 100_000, meanBytesPerSecond: MiB, valueBytes: 1000 },
  ...{ durationMs: 1000, because: 'recorded: as before' },
};
const because = (plan: { reasons: readonly { field: string; because: string }[] }, field: string) =>
  plan.reasons.find((reason) => reason.field === field)?.because;

describe('allocation', () => {
  it('puts a small job on one shard and a job with a large hint on all of them', () => {
    expect(planJob({ capacity: 64 * MiB }, fleet).allocation.shares).toHaveLength(1);
    for (const hints of [{ capacity: GiB }, { throughput: 2000 * MiB }, { functions: 25 }]) {
      expect(planJob(hints, fleet).allocation.shares).toHaveLength(4);
    }
    expect(planJob({}, fleet).allocation.shares).toHaveLength(2);
  });

  it('reserves the capacity in dram and deals all slots', () => {
    const { allocation, ranges } = planJob({ capacity: GiB }, fleet);
    expect(allocation).toMatchObject({ dramBytes: GiB, ssdBytes: 0, objectBytes: 0, quotaBytes: GiB });
    expect(slotMapProblem(ranges)).toBeUndefined();
    expect(allocation.shares.reduce((sum, { slots }) => sum + slots, 0)).toBe(16_384);
  });

  it('spills what dram does not hold to ssd and then to object, and says so', () => {
    const plan = planJob({ capacity: 100 * GiB }, fleet);
    expect(plan.allocation).toMatchObject({ dramBytes: 2 * GiB, ssdBytes: 16 * GiB, objectBytes: 82 * GiB });
    expect(because(plan, 'dram')).toContain('free');
    expect(because(plan, 'shards')).toContain('larger than what the fleet has free');
  });

  it('leaves dram alone for a job that is not latency sensitive', () => {
    const { allocation } = planJob({ capacity: GiB, latencySensitive: false }, fleet);
    expect(allocation).toMatchObject({ dramBytes: 0, ssdBytes: GiB, tiers: ['ssd', 'object'] });
  });

  it('reserves nothing without a capacity hint', () => {
    expect(planJob({}, fleet).allocation).toMatchObject({
      dramBytes: 0,
      quotaBytes: 0,
      throughputBytesPerSecond: 0,
      dollarsPerHour: 0,
    });
  });

  it('says that throughput is short and starts with what there is', () => {
    const plan = planJob({ throughput: 10_000 * MiB }, fleet);
    expect(plan.allocation.throughputBytesPerSecond).toBe(2000 * MiB);
    expect(because(plan, 'throughput reserved')).toContain('free');
  });

  it('prices what it reserves', () => {
    const { dramGiBHour } = unitPricesOf(defaultPriceSheet());
    expect(planJob({ capacity: GiB }, fleet).allocation.dollarsPerHour).toBeCloseTo(dramGiBHour, 10);
  });

  it('tells to start a node when there is none', () => {
    expect(() => planJob({}, [])).toThrow(
      expect.objectContaining({ code: 'unavailable', message: expect.stringContaining('satchel up') }),
    );
  });

  it('keeps the slots of a running job', () => {
    const before = planJob({ capacity: 64 * MiB }, fleet);
    const after = replanJob({ capacity: 128 * MiB }, before.ranges, fleet.slice(0, 1));
    expect(after.ranges).toEqual(before.ranges);
    expect(after.allocation).toMatchObject({ dramBytes: 128 * MiB, quotaBytes: 128 * MiB });
  });

  it('sizes a job by earlier runs of its name, and makes no quota of it', () => {
    const plan = planJob({}, fleet, undefined, undefined, recorded);
    expect(plan.allocation).toMatchObject({ dramBytes: GiB, quotaBytes: 0, throughputBytesPerSecond: 100 * MiB });
    expect(plan.allocation.shares).toHaveLength(2);
    expect(because(plan, 'capacity')).toBe('recorded: as before');
  });

  it('keeps the parts of a mix apart, in bytes of each tier', () => {
    // Much that is moved fast: nodes bought for their network come with dram.
    const hints = { capacity: 12 * GiB, latencySensitive: false, throughput: 400 * MiB, valueSize: MiB };
    const { allocation, deficit } = planJob(hints, fleet);
    const { dramBytes, ssdBytes, objectBytes } = allocation;
    expect(dramBytes).toBeGreaterThan(0);
    expect(ssdBytes).toBeGreaterThan(0);
    expect(dramBytes + ssdBytes + objectBytes).toBe(12 * GiB);
    expect(allocation.tiers).toEqual(['dram', 'ssd', 'object']);
    expect(deficit?.dramBytes ?? 0).toBe(deficit?.bytes ?? 0);
  });

  it('gives a cache nothing beyond dram, as it drops what does not fit', () => {
    const { allocation } = planJob({ capacity: 4 * GiB, evict: 'lru' }, fleet);
    expect(allocation).toMatchObject({ dramBytes: 2 * GiB, ssdBytes: 0, objectBytes: 0 });
  });

  it('says what is missing in each tier', () => {
    expect(planJob({ capacity: 3 * GiB, throughput: MiB }, fleet).deficit).toMatchObject({
      dramBytes: GiB,
      ssdBytes: 0,
      bytes: GiB,
    });
    const onSsd = planJob({ capacity: 20 * GiB, latencySensitive: false }, fleet);
    expect(onSsd.deficit).toMatchObject({ dramBytes: 0, ssdBytes: 4 * GiB });
    expect(planJob({ capacity: GiB }, fleet).deficit).toBeUndefined();
  });

  it('is not kept out by jobs that reserve nothing, however many there are', () => {
    const crowded = fleet.map((room) => ({ ...room, jobs: 10_000 }));
    expect(planJob({ capacity: 2 * GiB }, crowded).allocation.dramBytes).toBe(2 * GiB);
    const reserved = new ReservedCapacity();
    for (let index = 0; index < 100; index++) reserved.add(planJob({}, fleet).allocation.shares);
    expect(reserved.of(1)).toMatchObject({ dramBytes: 0, ssdBytes: 0, throughputBytesPerSecond: 0 });
  });

  it('charges the requests of what spills to the object store, and says by what they are reckoned', () => {
    const fitting = planJob({ capacity: 18 * GiB }, fleet);
    expect(because(fitting, 'moved')).toBeUndefined();
    const spilling = planJob({ capacity: 27 * GiB }, fleet);
    const reasonOf = (field: string) => spilling.reasons.find((reason) => reason.field === field)?.because;
    expect(reasonOf('price')).toMatch(/its requests \$\d/);
    expect(reasonOf('moved')).toContain('assumed');
    expect(reasonOf('bottleneck')).toContain('requests to S3 Standard');
    // A third of a job that moves 553 MiB/s by values of 64 KiB: 1,475 puts/s and as many gets.
    expect(spilling.allocation.dollarsPerHour).toBeGreaterThan(20);
  });

  it('loses no byte by rounding', () => {
    const [capacity, throughput] = [GiB + 1, 1_999_999_999];
    const uneven = fleet.map((room, index) => ({ ...room, dramFreeBytes: 512 * MiB - index * 12_345_677 }));
    for (const rooms of [fleet, uneven]) {
      const { allocation, deficit } = planJob({ capacity, throughput }, rooms);
      expect(allocation).toMatchObject({
        dramBytes: capacity,
        ssdBytes: 0,
        objectBytes: 0,
        throughputBytesPerSecond: throughput,
      });
      expect(deficit).toBeUndefined();
    }
  });

  it('names the source of every number it gives', () => {
    const { reasons } = planJob({ capacity: 3 * GiB, functions: 2, lifetimeSeconds: 60 }, fleet);
    const fields = reasons.map(({ field }) => field);
    for (const field of [
      'quota',
      'capacity',
      'throughput',
      'lifetime',
      'shards',
      'tiers',
      'dram',
      'ssd',
      'price',
      'bottleneck',
    ]) {
      expect(fields).toContain(field);
    }
    expect(reasons.find(({ field }) => field === 'price')?.because).toMatch(/× .*\(\$\d.*, 2026-/);
  });

  it('holds in all cases: shares add up, nothing exceeds what is free, and what is not given is called a deficit', () => {
    const hints = fc.record(
      {
        capacity: fc.integer({ min: 1, max: 40 * GiB }),
        throughput: fc.integer({ min: 1, max: 4000 * MiB }),
        latencySensitive: fc.boolean(),
        valueSize: fc.integer({ min: 1, max: 64 * MiB }),
        lifetimeSeconds: fc.integer({ min: 1, max: 1e6 }),
        evict: fc.constant('lru' as const),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(hints, (given) => {
        const { allocation, deficit } = planJob(given, fleet);
        const { dramBytes, ssdBytes, objectBytes, shares, dollarsPerHour } = allocation;
        for (const share of shares) {
          expect(share.dramBytes).toBeLessThanOrEqual(512 * MiB);
          expect(share.ssdBytes).toBeLessThanOrEqual(4 * GiB);
          expect(share.throughputBytesPerSecond).toBeLessThanOrEqual(500 * MiB);
        }
        if (given.evict === undefined) expect(dramBytes + ssdBytes + objectBytes).toBe(given.capacity ?? 0);
        expect(Number.isFinite(dollarsPerHour) && dollarsPerHour >= 0).toBe(true);
        const missing = (given.throughput ?? 0) - allocation.throughputBytesPerSecond;
        expect(deficit?.throughputBytesPerSecond ?? 0).toBe(missing > shares.length ? missing : 0);
        for (const bytes of [dramBytes, ssdBytes, objectBytes]) expect(Number.isInteger(bytes) && bytes >= 0).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
