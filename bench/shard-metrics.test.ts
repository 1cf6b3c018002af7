import { expect, test } from 'vitest';
import { shardMetricsOf } from './shard-metrics.js';

test('sums are taken over shards, and pauses over 10 ms are those that are not in the class up to 10 ms', () => {
  const text = `# TYPE satchel_tier_reserved_bytes gauge
satchel_tier_reserved_bytes{shard="0",tier="dram"} 100
satchel_tier_reserved_bytes{shard="0",tier="ssd"} 7
satchel_tier_reserved_bytes{shard="1",tier="dram"} 20
satchel_tier_used_bytes{shard="0",tier="dram"} 60
satchel_resident_bytes{shard="0"} 5e6
satchel_gc_pause_seconds_bucket{shard="0",le="0.005"} 3
satchel_gc_pause_seconds_bucket{shard="0",le="0.01"} 4
satchel_gc_pause_seconds_bucket{shard="0",le="+Inf"} 6
satchel_gc_pause_seconds_sum{shard="0"} 0.5
satchel_gc_pause_seconds_count{shard="0"} 6
`;
  expect(shardMetricsOf(text)).toEqual({
    dramReservedBytes: 120,
    dramUsedBytes: 60,
    residentBytes: 5e6,
    gcPausesOver10Ms: 2,
    delaysOver10Ms: 0,
  });
});
