import type { Hints } from '@satchel/proto/core';
import { hintNames, parseHints } from '@satchel/proto/validation';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planJob } from '../allocation.js';
import type { ShardRoom } from '../placement.js';
import { type Demand, demandOf } from './demand.js';
import type { RecordedPeaks } from './history.js';
import { assumedValueBytes } from './tier-facts.js';

const MiB = 2 ** 20;
const GiB = 2 ** 30;

const recorded: RecordedPeaks = {
  bytes: 3 * GiB,
  bytesPerSecond: 900 * MiB,
  requestsPerSecond: 5000,
  meanBytesPerSecond: 100 * MiB,
  valueBytes: 20_000,
  durationMs: 60_000,
  because: 'recorded',
};

describe('demand of hints', () => {
  const cases: [string, Hints, Partial<Demand>][] = [
    [
      'nothing is said: reserves nothing, begins on few shards',
      {},
      { quotaBytes: undefined, capacityBytes: undefined, throughputBytesPerSecond: undefined, shards: 2, latency: 'unknown' },
    ],
    ['a small capacity is one shard', { capacity: 64 * MiB }, { capacityBytes: 64 * MiB, quotaBytes: 64 * MiB, shards: 1 }],
    ['256 MiB are still one shard', { capacity: 256 * MiB }, { shards: 1 }],
    ['more capacity is a shard for each 256 MiB', { capacity: GiB }, { shards: 4 }],
    ['capacity alone is bounded', { capacity: 1024 * GiB }, { shards: 16 }],
    ['throughput as hinted', { throughput: 100 * MiB, functions: 1000 }, { throughputBytesPerSecond: 100 * MiB, shards: 1 }],
    ['functions × 78 MB/s', { functions: 100 }, { throughputBytesPerSecond: 7_800_000_000, shards: 15 }],
    [
      'requests × value size',
      { requests: 1000, valueSize: MiB, functions: 9 },
      { throughputBytesPerSecond: 1000 * MiB, shards: 2 },
    ],
    ['throughput / value size', { throughput: 100 * MiB, valueSize: MiB }, { requestsPerSecond: 100 }],
    ['requests as hinted', { requests: 7, throughput: 100 * MiB, valueSize: MiB }, { requestsPerSecond: 7 }],
    ['requests decide on shards when values are small', { requests: 400_000, valueSize: 100 }, { shards: 5 }],
    ['throughput decides on shards when capacity is small', { capacity: MiB, throughput: 2 * GiB }, { shards: 5 }],
    ['throughput decides on shards when capacity is large', { capacity: 100 * GiB, throughput: MiB }, { shards: 1 }],
    ['shards are bounded', { throughput: 1e15 }, { shards: 256 }],
    ['the product of two hints is bounded', { requests: 1e9, valueSize: 2 ** 50 }, { throughputBytesPerSecond: 2 ** 50 }],
    ['latency sensitive', { latencySensitive: true }, { latency: 'sensitive' }],
    ['not latency sensitive', { latencySensitive: false }, { latency: 'tolerant' }],
    ['a cache', { evict: 'lru' }, { cache: true }],
    ['a lifetime', { lifetimeSeconds: 90 }, { lifetimeMs: 90_000 }],
  ];
  it.each(cases)('%s', (_, hints, expected) => {
    expect(demandOf(hints).demand).toMatchObject(expected);
  });

  const traffic: [string, Hints, RecordedPeaks | undefined, Demand['traffic']][] = [
    [
      'the throughput',
      { throughput: 6400, valueSize: 64 },
      undefined,
      { bytesPerSecond: 6400, requestsPerSecond: 100, valueBytes: 64 },
    ],
    [
      'the capacity in and out once in a lifetime',
      { capacity: 1e9, lifetimeSeconds: 1000 },
      undefined,
      { bytesPerSecond: 2e6, requestsPerSecond: 2e6 / assumedValueBytes, valueBytes: assumedValueBytes },
    ],
    [
      'the capacity in and out every 100 s',
      { capacity: 1e9 },
      undefined,
      { bytesPerSecond: 2e7, requestsPerSecond: 2e7 / assumedValueBytes, valueBytes: assumedValueBytes },
    ],
    [
      'the recorded mean',
      {},
      recorded,
      { bytesPerSecond: 100 * MiB, requestsPerSecond: (100 * MiB) / 20_000, valueBytes: 20_000 },
    ],
    [
      'what hints say, not the record',
      { throughput: 1e6, requests: 100 },
      recorded,
      { bytesPerSecond: 1e6, requestsPerSecond: 100, valueBytes: 1e4 },
    ],
  ];
  it.each(traffic)('what is moved is %s', (_, hints, peaks, expected) => {
    expect(demandOf(hints, peaks).demand.traffic).toEqual(expected);
  });

  it('follows the record of its name where no hint speaks', () => {
    expect(demandOf({}, recorded).demand).toMatchObject({
      quotaBytes: undefined,
      capacityBytes: 3 * GiB,
      throughputBytesPerSecond: 900 * MiB,
      requestsPerSecond: 5000,
      lifetimeMs: 60_000,
      shards: 2,
    });
  });

  it('lets a hint beat the record, one by one', () => {
    expect(demandOf({ capacity: MiB }, recorded).demand).toMatchObject({
      capacityBytes: MiB,
      throughputBytesPerSecond: 900 * MiB,
    });
    expect(demandOf({ functions: 1 }, recorded).demand).toMatchObject({ capacityBytes: 3 * GiB, throughputBytesPerSecond: 78e6 });
  });

  it('never makes a quota of a record', () => {
    expect(demandOf({}, recorded).demand.quotaBytes).toBeUndefined();
  });

  it('gives a reason for each number', () => {
    const { reasons, trafficReasons } = demandOf({ functions: 100, capacity: GiB });
    expect(reasons.map(({ field }) => field)).toEqual(['quota', 'capacity', 'throughput', 'latency', 'shards wanted']);
    const known = demandOf({ requests: 5, lifetimeSeconds: 60 }).reasons.map(({ field }) => field);
    expect(known).toEqual(['quota', 'capacity', 'throughput', 'requests', 'lifetime', 'latency', 'shards wanted']);
    expect(trafficReasons.map(({ field }) => field)).toEqual(['value size', 'moved']);
    expect(reasons[2]).toEqual({
      field: 'throughput',
      value: '7.3 GiB/s',
      because: '100 functions × 78 MB/s, what one function sustains',
    });
    for (const { because } of reasons) expect(because).not.toBe('');
  });
});

describe('every hint', () => {
  /** Another value of each hint than the base has; `replicas` has only one that is allowed. */
  const changed: Required<Omit<Hints, 'replicas'>> = {
    ...{ capacity: 2 * GiB, throughput: GiB, functions: 5000, latencySensitive: false, evict: 'lru' },
    ...{ requests: 900_000, valueSize: 10, lifetimeSeconds: 5 },
  };
  const bases: Hints[] = [
    {},
    { capacity: GiB, latencySensitive: false, throughput: 50 * MiB, valueSize: 4096, lifetimeSeconds: 3600 },
  ];
  const rooms: ShardRoom[] = [1, 2].map((shard) => ({
    ...{ shard, node: 'a', dramFreeBytes: 8 * GiB, ssdFreeBytes: 80 * GiB },
    ...{ throughputFreeBytesPerSecond: GiB, jobs: 0 },
  }));

  it.each(hintNames)('%s changes what a job is given', (name) => {
    if (name === 'replicas') {
      expect(() => parseHints({ replicas: 2 })).toThrow('does not replicate yet; leave it at 1');
      return;
    }
    const outcome = (hints: Hints) => ({ ...demandOf(hints).demand, ...planJob(hints, rooms).allocation });
    const differs = bases.some((base) => {
      const { [name]: _, ...without } = base;
      return JSON.stringify(outcome({ ...without, [name]: changed[name] })) !== JSON.stringify(outcome(base));
    });
    expect(differs).toBe(true);
  });
});

describe('dimensions', () => {
  const amount = (max: number) => fc.option(fc.integer({ min: 1, max }), { nil: undefined });
  const hints = fc.record({
    capacity: amount(2 ** 45),
    throughput: amount(2 ** 38),
    functions: amount(10_000),
    requests: amount(1e7),
    valueSize: amount(2 ** 24),
    lifetimeSeconds: amount(1e6),
  });
  const clean = (given: Hints) =>
    parseHints(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)));

  it('hold: twice the bytes, rates and functions are twice the demand', () => {
    fc.assert(
      fc.property(hints, (given) => {
        const one = demandOf(clean(given)).demand;
        const doubled = Object.fromEntries(
          Object.entries(clean(given)).map(([name, value]) => [
            name,
            name === 'valueSize' || name === 'lifetimeSeconds' ? value : 2 * Number(value),
          ]),
        );
        const two = demandOf(parseHints(doubled)).demand;
        expect(two.capacityBytes).toEqual(one.capacityBytes && 2 * one.capacityBytes);
        if ((two.throughputBytesPerSecond ?? 0) < 2 ** 50) {
          expect(two.throughputBytesPerSecond).toEqual(one.throughputBytesPerSecond && 2 * one.throughputBytesPerSecond);
          expect(two.requestsPerSecond ?? 0).toBeCloseTo(2 * (one.requestsPerSecond ?? 0), 3);
          expect(two.traffic.bytesPerSecond / (one.traffic.bytesPerSecond || 1)).toBeCloseTo(
            one.traffic.bytesPerSecond > 0 ? 2 : 0,
            6,
          );
        }
      }),
    );
  });

  it('hold without hints: nothing is reserved', () => {
    const { demand } = demandOf({});
    expect([demand.capacityBytes, demand.throughputBytesPerSecond, demand.requestsPerSecond]).toEqual([
      ...[undefined, undefined, undefined],
    ]);
  });
});
