import { noUsage, slotMapProblem } from '@satchel/proto/core';
import { describe, expect, it } from 'vitest';
import { planJob, replanJob } from './allocation.js';
import type { ShardRoom } from './placement.js';
import { priceSheet, receiptDollars } from './prices.js';

const MiB = 2 ** 20;
const GiB = 2 ** 30;

/** Two nodes of two shards, with 512 MiB of dram and 4 GiB of ssd per shard. */
const fleet: ShardRoom[] = [1, 2, 3, 4].map((shard) => ({
  ...{ shard, node: shard < 3 ? 'a' : 'b', dramFreeBytes: 512 * MiB, ssdFreeBytes: 4 * GiB },
  ...{ throughputFreeBytesPerSecond: 500 * MiB, jobs: 0 },
}));
const because = (plan: { reasons: readonly { field: string; because: string }[] }, field: string) =>
  plan.reasons.find((reason) => reason.field === field)?.because;

describe('allocation', () => {
  it('puts a small job on one shard and a job with a large hint on all of them', () => {
    expect(planJob({ capacity: 64 * MiB }, fleet).allocation.shares).toHaveLength(1);
    for (const hints of [{ capacity: GiB }, { throughput: 2000 * MiB }, { functions: 25 }, {}]) {
      expect(planJob(hints, fleet).allocation.shares).toHaveLength(4);
    }
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
    expect(planJob({ capacity: GiB }, fleet).allocation.dollarsPerHour).toBeCloseTo(priceSheet.dramGiBHour, 10);
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
});

describe('receipt', () => {
  it('charges byte-seconds by tier and requests to the object store', () => {
    const hour = 3600 * GiB;
    expect(receiptDollars({ ...noUsage, dramByteSeconds: hour })).toBeCloseTo(0.0063, 6);
    expect(receiptDollars({ ...noUsage, ssdByteSeconds: hour })).toBeCloseTo(0.000194, 6);
    expect(receiptDollars({ ...noUsage, objectByteSeconds: hour })).toBeCloseTo(0.0000338, 6);
    expect(receiptDollars({ ...noUsage, objectRequests: 1000 })).toBeCloseTo(0.005, 6);
  });
});
