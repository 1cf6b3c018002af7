import { setTimeout as delay } from 'node:timers/promises';
import { parseJobUrl, SatchelError } from '@satchel/proto/core';
import { Redis } from 'ioredis';
import { type BenchmarkTarget, requireRedisBenchmark, runRedisBenchmark } from '../../baselines/redis-benchmark.js';
import type { ClusterOptions } from '../../cluster.js';
import type { Figures } from '../../figures.js';
import { type LoadWorker, startLoadWorker } from '../../load/load-worker.js';
import type { Output } from '../../output.js';
import { cpuSecondsOf } from '../../process-usage.js';
import type { Findings } from '../../report.js';
import { type Contestant, runRounds, type Work } from '../../rounds.js';
import { inScope, type Scope } from '../../scope.js';
import { satchelChoice } from '../../subjects.js';
import { openTestedJob, type TestedJob } from '../../tested-job.js';

export interface ShardsOptions {
  readonly rounds: number;
  /** Shards that are compared with one. */
  readonly shards: number;
  readonly operations: number;
  readonly clients: number;
  readonly keys: number;
  readonly valueBytes: number;
  readonly pipelines: readonly number[];
  /** Processes with the SDK, and what each has in flight. */
  readonly workers: number;
  readonly inFlight: number;
  readonly ms: number;
}

/** A job on a number of shards, with processes that make load on it. */
interface Spread {
  readonly name: string;
  readonly job: TestedJob;
  readonly target: BenchmarkTarget;
  readonly workers: readonly LoadWorker[];
}

const prefix = 'object:';

/** What several shards do beside one, the clients running on the same cores. */
export function runShards(cluster: ClusterOptions, options: ShardsOptions, output: Output): Promise<Findings> {
  requireRedisBenchmark();
  return inScope(async (scope) => {
    const several = await spread(scope, { ...cluster, shards: options.shards }, options);
    const one = await spread(scope, { ...cluster, shards: 1 }, options);
    const works = [...benchmarkWorks(scope, several, one, options), ...loadWorks(several, one, options)];
    return { rows: await runRounds(works, options.rounds, (round) => output.say(`  round ${round}/${options.rounds}`)) };
  });
}

async function spread(scope: Scope, cluster: ClusterOptions, options: ShardsOptions): Promise<Spread> {
  const { shards } = cluster;
  const job = await openTestedJob(scope, { cluster }, { name: 'shards', latencySensitive: true, functions: 100 });
  if (job.shardPids.length !== shards) {
    throw new SatchelError('failed', `the job was put on ${job.shardPids.length} of ${shards} shards`);
  }
  const { host, port, token } = parseJobUrl(job.url);
  const target = { host, port, token, cluster: shards > 1 };
  const workers: LoadWorker[] = [];
  for (let index = 0; index < options.workers; index++) {
    workers.push(await startLoadWorker(scope, satchelChoice('satchel', job)));
  }
  await workers[0]?.call('store', { url: job.url, prefix, count: options.keys, valueBytes: options.valueBytes });
  await fillForBenchmark(job, target, options, scope.signal);
  return { name: shards === 1 ? '1 shard' : `${shards} shards`, job, target, workers };
}

/** In cluster mode redis-benchmark makes up its keys from the nodes' slots; enough puts at random reach nearly all of them. */
async function fillForBenchmark(
  job: TestedJob,
  target: BenchmarkTarget,
  options: ShardsOptions,
  signal: AbortSignal,
): Promise<void> {
  const { keys } = options;
  const benchmarkKeys = keys * Math.max(1, job.shardPids.length);
  await runRedisBenchmark(target, { ...options, test: 'set', pipeline: 16, requests: 4 * benchmarkKeys }, signal);
  const client = new Redis(job.url, { enableReadyCheck: false });
  const stored = (await client.dbsize()) - keys;
  client.disconnect();
  if (stored < 0.9 * keys) throw new SatchelError('failed', `only ${stored} of ${keys} keys were stored`);
}

function benchmarkWorks(scope: Scope, several: Spread, one: Spread, options: ShardsOptions): Work[] {
  return options.pipelines.flatMap((pipeline) =>
    (['set', 'get'] as const).map((test) => {
      const requests = options.operations * (pipeline === 1 ? 1 : 4);
      const run = async ({ job, target }: Spread): Promise<Figures> => {
        const before = cpuSecondsOf(job.shardPids);
        const figures = await runRedisBenchmark(target, { ...options, test, pipeline, requests }, scope.signal);
        return { ...figures, serverCpuUs: ((cpuSecondsOf(job.shardPids) - before) * 1e6) / requests };
      };
      const name = `redis-benchmark ${test.toUpperCase()}${pipeline === 1 ? '' : ` -P ${pipeline}`}`;
      return { name, contestants: pair(several, one, run) };
    }),
  );
}

function loadWorks(several: Spread, one: Spread, { workers, inFlight, keys, valueBytes, ms }: ShardsOptions): Work[] {
  return (['put', 'get'] as const).map((mix) => {
    const run = async (on: Spread): Promise<Figures> => {
      const before = cpuSecondsOf(on.job.shardPids);
      await Promise.all(on.workers.map((worker) => worker.call('begin', { mix, prefix, keys, valueBytes, inFlight })));
      await delay(ms);
      const loads = await Promise.all(on.workers.map((worker) => worker.call('end', undefined)));
      const sum = (read: (load: (typeof loads)[number]) => number | undefined) =>
        loads.reduce((total, load) => total + (read(load) ?? 0), 0);
      const operations = sum((load) => load.operations);
      return {
        p50Ms: sum(({ p50Ms }) => p50Ms) / loads.length,
        p99Ms: Math.max(...loads.map(({ p99Ms = 0 }) => p99Ms)),
        operationsPerSecond: sum(({ operationsPerSecond }) => operationsPerSecond),
        serverCpuUs: ((cpuSecondsOf(on.job.shardPids) - before) * 1e6) / operations,
        clientCpuUs: sum((load) => (load.clientCpuUs ?? 0) * load.operations) / operations,
        ...(mix === 'get' ? { hitShare: sum(({ hitShare }) => hitShare) / loads.length } : {}),
      };
    };
    return { name: `SDK ${mix}, ${workers} × ${inFlight} in flight`, contestants: pair(several, one, run) };
  });
}

function pair(several: Spread, one: Spread, run: (on: Spread) => Promise<Figures>): Contestant[] {
  return [
    { name: several.name, against: [one.name], run: () => run(several) },
    { name: one.name, against: [], run: () => run(one) },
  ];
}
