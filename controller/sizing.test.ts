import type { Hints } from '@satchel/proto/core';
import { describe, expect, it } from 'vitest';
import { demandOf } from './sizing.js';

const MiB = 2 ** 20;
const GiB = 2 ** 30;

describe('demand of hints', () => {
  const cases: [string, Hints, Partial<ReturnType<typeof demandOf>['demand']>][] = [
    [
      'nothing is said: reserves nothing, spreads',
      {},
      { capacityBytes: undefined, throughputBytesPerSecond: undefined, shards: 16 },
    ],
    ['unknown latency is served from dram first', {}, { tiers: ['dram', 'ssd', 'object'] }],
    ['a small capacity is one shard', { capacity: 64 * MiB }, { capacityBytes: 64 * MiB, shards: 1 }],
    ['256 MiB are still one shard', { capacity: 256 * MiB }, { shards: 1 }],
    ['more capacity is a shard for each 256 MiB', { capacity: GiB }, { shards: 4 }],
    ['capacity alone is bounded', { capacity: 1024 * GiB }, { shards: 16 }],
    ['throughput as hinted', { throughput: 100 * MiB, functions: 1000 }, { throughputBytesPerSecond: 100 * MiB, shards: 1 }],
    ['functions × 78 MB/s', { functions: 100 }, { throughputBytesPerSecond: 7_800_000_000, shards: 15 }],
    ['throughput decides on shards when capacity is small', { capacity: MiB, throughput: 2 * GiB }, { shards: 5 }],
    ['throughput decides on shards when capacity is large', { capacity: 100 * GiB, throughput: MiB }, { shards: 1 }],
    ['shards are bounded', { throughput: 1e15 }, { shards: 256 }],
    ['latency sensitive', { latencySensitive: true }, { tiers: ['dram', 'ssd', 'object'] }],
    ['not latency sensitive: cheapest first', { latencySensitive: false }, { tiers: ['ssd', 'object'] }],
  ];
  it.each(cases)('%s', (_, hints, expected) => {
    expect(demandOf(hints).demand).toMatchObject(expected);
  });

  it('gives a reason for each number', () => {
    const { reasons } = demandOf({ functions: 100, capacity: GiB });
    expect(reasons.map(({ field }) => field)).toEqual(['quota', 'throughput', 'tiers', 'shards wanted']);
    expect(reasons[1]).toEqual({
      field: 'throughput',
      value: '7.3 GiB/s',
      because: '100 functions × 78 MB/s, what one function sustains',
    });
    for (const { because } of reasons) expect(because).not.toBe('');
  });
});
