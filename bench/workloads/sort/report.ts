import { formatBytes, formatDollars, formatDuration } from '@satchel/proto/core';
import type { Usage__Output } from '@satchel/proto/gen';
import type { Output } from '../../output.js';
import { redisNode } from '../../prices.js';
import { type Percentiles, percentilesOfMs } from '../../statistics.js';
import type { Summary } from './function/checksum.mjs';
import type { ExchangeReport } from './function/exchange.mjs';

/** One stage: how long it took, and what functions and shards say they moved. */
export interface StageReport {
  readonly stage: 'input' | 'map' | 'reduce' | 'verify';
  readonly milliseconds: number;
  /** Value bytes as the functions counted them. */
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Value bytes as the shards counted them in the same time. */
  readonly shardBytesOut: number;
  readonly shardBytesIn: number;
}

/** Latency of whole objects, and how large they were on average. */
export interface ObjectLatency extends Percentiles {
  readonly meanBytes: number;
}

/** Everything a sort found out. */
export interface SortReport {
  readonly job: string;
  readonly verified: true;
  readonly output: Summary;
  readonly stages: readonly StageReport[];
  readonly shuffleBytes: number;
  readonly tierBytes: { readonly dram: number; readonly ssd: number; readonly object: number };
  readonly peakBytes: number;
  readonly get: ObjectLatency;
  readonly put: ObjectLatency;
  readonly dollars: number;
  readonly redis: { readonly nodes: number; readonly dollarsPerHour: number };
  /** Bytes left on the nodes after the job had ended. */
  readonly leftBytes: number;
}

/** Latencies of all functions together, in milliseconds. */
export function latencies(exchanges: readonly ExchangeReport[]): { get: ObjectLatency; put: ObjectLatency } {
  const latency = (milliseconds: readonly number[], bytes: readonly number[]): ObjectLatency => ({
    ...percentilesOfMs(milliseconds),
    meanBytes: bytes.reduce((sum, count) => sum + count, 0) / Math.max(1, milliseconds.length),
  });
  return {
    get: latency(
      exchanges.flatMap((exchange) => exchange.getsMs),
      exchanges.map((exchange) => exchange.bytesRead),
    ),
    put: latency(
      exchanges.flatMap((exchange) => exchange.putsMs),
      exchanges.map((exchange) => exchange.bytesWritten),
    ),
  };
}

/** Bytes a job holds in each tier. */
export function tierBytes(usage: Usage__Output): SortReport['tierBytes'] {
  return { dram: usage.dram?.bytes ?? 0, ssd: usage.ssd?.bytes ?? 0, object: usage.object?.bytes ?? 0 };
}

/** Prints the summary of a sort for people. */
export function printReport(report: SortReport, output: Output): void {
  output.table(
    ['stage', 'time', 'read by functions', 'written by functions', 'shards sent', 'shards stored'],
    report.stages.map((stage) => [
      stage.stage,
      formatDuration(stage.milliseconds),
      formatBytes(stage.bytesRead),
      formatBytes(stage.bytesWritten),
      formatBytes(stage.shardBytesOut),
      formatBytes(stage.shardBytesIn),
    ]),
  );
  const { dram, ssd, object } = report.tierBytes;
  output.table(
    [],
    [
      ['output', `${report.output.records} records, ${formatBytes(report.output.bytes)}: order, count and checksum verified`],
      ['shuffle', `${formatBytes(report.shuffleBytes)}, written and read by functions alone as the shards' counters show`],
      [
        'held at the end',
        `dram ${formatBytes(dram)}, ssd ${formatBytes(ssd)}, object ${formatBytes(object)}; peak ${formatBytes(report.peakBytes)}`,
      ],
      ['get', latencyLine(report.get)],
      ['put', latencyLine(report.put)],
      ['price of the job', formatDollars(report.dollars)],
      [
        'a Redis for its peak',
        `${formatDollars(report.redis.dollarsPerHour)} an hour, idle or not (${report.redis.nodes} × ${redisNode.name})`,
      ],
      ['left after the job', formatBytes(report.leftBytes)],
    ],
  );
}

function latencyLine(latency: ObjectLatency): string {
  const objects = `${latency.count} objects of ${formatBytes(latency.meanBytes)} on average`;
  return `p50 ${formatDuration(latency.p50)}, p99 ${formatDuration(latency.p99)} over ${objects}`;
}
