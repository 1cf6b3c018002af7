import type { JobRecord } from '@satchel/controller/simulation';
import { describe, expect, test } from 'vitest';
import type { SimulatedJob } from '../workload/job.js';
import { slotsMoved } from './held-job.js';
import { LoadModel } from './load-model.js';

const job: SimulatedJob = {
  ...{ index: 0, name: 'a', kind: 'sort', startMs: 0, lifeMs: 100_000, peakBytes: 1000, reads: 1, objectBytes: 10 },
  ...{ curve: { ramp: 0.1, hold: 0.8, decay: 0.1 }, hints: {}, hinted: 'none', crashes: false },
};

/** As much of a record as the model of the load reads. */
function recordOf(
  ranges: JobRecord['ranges'],
  shares: readonly { shard: number; dramBytes: number }[],
  quotaBytes = 0,
): JobRecord {
  const allocation = { tiers: ['dram', 'ssd', 'object'], quotaBytes, shares } as unknown as JobRecord['allocation'];
  return { ranges, allocation } as JobRecord;
}

const halves = [
  { start: 0, shard: 1 },
  { start: 8192, shard: 2 },
];

function twoShards(): LoadModel {
  const load = new LoadModel();
  load.addShard(1, 'n1', 400, 50);
  load.addShard(2, 'n2', 10_000, 50);
  return load;
}

describe('the model of the load', () => {
  test('spreads a job’s bytes by its slots and spills from memory to SSD to the object store', () => {
    const load = twoShards();
    const record = recordOf(halves, []);
    load.start('a', job, record, 0);
    load.step(50_000, 5, () => record);
    expect(load.totals).toMatchObject({ wantedBytes: 1000, dramBytes: 900, ssdBytes: 50, objectBytes: 50, refusedBytes: 0 });
  });

  test('keeps reservations in memory before those who reserved nothing', () => {
    const load = twoShards();
    const whole = [{ start: 0, shard: 1 }];
    const [first, second] = [recordOf(whole, []), recordOf(whole, [{ shard: 1, dramBytes: 300 }])];
    load.start('a', job, first, 0);
    const held = load.start('b', { ...job, peakBytes: 300 }, second, 0);
    load.step(50_000, 5, (id) => (id === 'a' ? first : second));
    expect(held.holding(1)?.dramBytes).toBe(300);
    expect(load.totals.dramBytes).toBe(400);
  });

  test('lends nobody what others have reserved and do not use', () => {
    const load = twoShards();
    const whole = [{ start: 0, shard: 1 }];
    const [first, second] = [recordOf(whole, []), recordOf(whole, [{ shard: 1, dramBytes: 300 }])];
    const held = load.start('a', job, first, 0);
    load.start('b', { ...job, peakBytes: 10 }, second, 0);
    load.step(50_000, 5, (id) => (id === 'a' ? first : second));
    expect(held.holding(1)).toMatchObject({ bytes: 1000, dramBytes: 100, ssdBytes: 50 });
  });

  test('holds no more than the quota and says what was refused', () => {
    const load = twoShards();
    const record = recordOf(halves, [], 600);
    load.start('a', job, record, 0);
    load.step(50_000, 5, () => record);
    expect(load.totals).toMatchObject({ wantedBytes: 1000, refusedBytes: 400 });
  });

  test('writes to new owners, leaves at the former ones what they hold, until they are emptied', () => {
    const load = twoShards();
    const before = recordOf([{ start: 0, shard: 1 }], []);
    const after = recordOf([{ start: 0, shard: 2 }], []);
    const held = load.start('a', job, before, 0);
    load.step(5000, 5, () => before);
    expect(held.holding(1)?.bytes).toBeCloseTo(500);
    load.step(10_000, 5, () => after);
    expect(held.holding(1)?.bytes).toBeCloseTo(500);
    expect(held.holding(2)?.bytes).toBeCloseTo(500);
    expect(load.slotsMoved).toBe(16_384);
    held.emptied(1);
    expect(held.holding(1)?.bytes).toBe(0);
    expect(held.holding(2)?.bytes).toBeCloseTo(1000);
  });

  test('what a node held in memory dies with it and is not wanted again', () => {
    const load = twoShards();
    const record = recordOf(halves, []);
    const held = load.start('a', job, record, 0);
    load.step(50_000, 5, () => record);
    expect(held.lose(2, false)).toBeCloseTo(500);
    load.step(55_000, 5, () => record);
    expect(load.totals.wantedBytes).toBeCloseTo(500);
    expect(held.bytes).toBeCloseTo(500);
  });

  test('counts what was written and read', () => {
    const load = twoShards();
    const record = recordOf(halves, []);
    const held = load.start('a', job, record, 0);
    for (let ms = 1000; ms <= 100_000; ms += 1000) load.step(ms - 500, 1, () => record);
    const sum = (field: 'bytesIn' | 'bytesOut') => held.holdings.reduce((total, holding) => total + holding[field], 0);
    expect(sum('bytesIn')).toBeCloseTo(1000, 0);
    expect(sum('bytesOut')).toBeCloseTo(1000, 0);
  });
});

test('slots that moved are counted over ranges of any kind', () => {
  const ranges = (...starts: [number, number][]) => ({ ranges: starts.map(([start, shard]) => ({ start, shard })) });
  expect(slotsMoved(ranges([0, 1]), ranges([0, 1]))).toBe(0);
  expect(slotsMoved(ranges([0, 1]), ranges([0, 1], [8192, 2]))).toBe(8192);
  expect(slotsMoved(ranges([0, 1], [100, 2], [200, 3]), ranges([0, 1], [150, 3]))).toBe(100);
});
