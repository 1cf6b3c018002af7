import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { Pauses } from '../shard/pauses.js';
import { PauseMetric } from './pause-metric.js';

test('pauses of each shard are printed as a cumulative Prometheus histogram', async () => {
  const registry = new Registry();
  const pauses = new Pauses();
  for (const milliseconds of [0.5, 4, 15, 2000]) pauses.record(milliseconds);
  new PauseMetric('pause_seconds', 'Pauses', registry, () => [[1, pauses.snapshot()]]);
  const lines = (await registry.metrics()).split('\n').filter((line) => line.startsWith('pause_seconds'));
  expect(lines).toEqual([
    'pause_seconds_bucket{shard="1",le="0.001"} 1',
    'pause_seconds_bucket{shard="1",le="0.002"} 1',
    'pause_seconds_bucket{shard="1",le="0.005"} 2',
    'pause_seconds_bucket{shard="1",le="0.01"} 2',
    'pause_seconds_bucket{shard="1",le="0.02"} 3',
    'pause_seconds_bucket{shard="1",le="0.05"} 3',
    'pause_seconds_bucket{shard="1",le="0.1"} 3',
    'pause_seconds_bucket{shard="1",le="0.5"} 3',
    'pause_seconds_bucket{shard="1",le="+Inf"} 4',
    'pause_seconds_sum{shard="1"} 2.0195',
    'pause_seconds_count{shard="1"} 4',
  ]);
});
