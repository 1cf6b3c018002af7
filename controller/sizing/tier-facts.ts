import type { Tier } from '@satchel/proto/core';

const MiB = 2 ** 20;

/** What tiers and functions deliver, each with where the figure comes from. They are assumptions of plans, not limits. */

/**
 * What one function moves when it runs for longer than a second: AWS Lambda sustains 78 MB/s each way once its burst
 * is spent (hpides/skyrise, measurements of 2024-03-28 and 2025-03-23, p10 77, p90 78.5).
 */
export const functionBytesPerSecond = 78_000_000;

/** What one shard, a single thread, is relied on to move; a node may announce less or more. */
export const shardBytesPerSecond = 500 * MiB;

/**
 * How many times over a shard's throughput is promised. What jobs reserve is their peak, and peaks do not coincide: over Pocket's sort, video and
 * sort again the busiest minute has 3.9 times the mean (anakli/pocket-controller). What is moved is observed, and starts nodes when it comes
 * near what there is.
 */
export const networkOvercommit = 4;

/**
 * Requests per second that one core serves. dram: 82–92 thousand, each request on its own (`satchel bench throughput`); ssd: half of dram,
 * where puts are slowest (`satchel bench values`); object: assumed, nearly all of it the HTTP client.
 */
export const coreRequestsPerSecond: Readonly<Record<Tier, number>> = { dram: 80_000, ssd: 40_000, object: 2000 };

/**
 * Median of reading a small value of a tier of the fleet's own: 0.086 ms over TCP on one host (`satchel bench latency`) and 0.064 ms
 * between hosts of one zone (mean of 445 pings, squaremiledev/asynctransport); flash adds 0.1 ms, which is assumed.
 */
export const readMs: Readonly<Record<Exclude<Tier, 'object'>, number>> = { dram: 0.15, ssd: 0.25 };

/** One stream of an object store: about 80 MB/s (quickwit.io on S3 Express, 2023). */
export const objectStreamBytesPerSecond = 80_000_000;

/**
 * Bytes of a typical value when nothing tells: between the median of 44 million blob accesses of functions (5.3 kB, Azure 2020) and that of
 * 10,283 Spark shuffle files (625 kB), their geometric mean rounded up to a power of two.
 */
export const assumedValueBytes = 64 * 1024;

/** How long ephemeral data lives when nothing tells: tens to hundreds of seconds (Pocket's applications). */
export const assumedTurnoverMs = 100_000;
