import { parseJobUrl } from '@satchel/proto/core';
import { Redis } from 'ioredis';
import type { NothingFunctions } from '../../baselines/nothing/main.js';
import { startRedis } from '../../baselines/redis.js';
import { type BenchmarkTarget, benchmarkKey, requireRedisBenchmark, runRedisBenchmark } from '../../baselines/redis-benchmark.js';
import type { Figures } from '../../figures.js';
import type { Output } from '../../output.js';
import { cpuSecondsOf } from '../../process-usage.js';
import type { Findings } from '../../report.js';
import { type Contestant, runRounds, type Work } from '../../rounds.js';
import { inScope, type Scope } from '../../scope.js';
import { type JobPlace, openTestedJob } from '../../tested-job.js';
import { Worker } from '../../worker.js';

export interface ThroughputOptions {
  readonly rounds: number;
  /** Operations of each kind in a round without pipelining; with it four times as many. */
  readonly operations: number;
  readonly clients: number;
  readonly keys: number;
  readonly valueBytes: number;
  readonly pipelines: readonly number[];
}

/** A server under redis-benchmark. */
interface TestedServer {
  readonly name: string;
  readonly target: BenchmarkTarget;
  readonly pids: readonly number[];
  readonly against: readonly string[];
  /** A client of the server, by which keys are filled and checked. */
  readonly client: Redis;
}

const tests = ['set', 'get'] as const;
const sampledKeys = 500;
const fillBatch = 1000;

/** What redis-benchmark measures of Satchel, of Redis and of a server that stores nothing, in turns, with the same settings. */
export function runThroughput(place: JobPlace, options: ThroughputOptions, output: Output): Promise<Findings> {
  requireRedisBenchmark();
  return inScope(async (scope) => {
    const servers = [await satchel(scope, place, options), await redis(scope), await nothing(scope, options)];
    for (const server of servers) await fill(server.client, options);
    const works = options.pipelines.flatMap((pipeline) =>
      tests.map((test): Work => {
        const contestants = servers.map((server) => contestantOf(server, test, pipeline, options, scope.signal));
        return { name: pipeline === 1 ? test.toUpperCase() : `${test.toUpperCase()} -P ${pipeline}`, contestants };
      }),
    );
    return { rows: await runRounds(works, options.rounds, (round) => output.say(`  round ${round}/${options.rounds}`)) };
  });
}

async function satchel(scope: Scope, place: JobPlace, { keys, valueBytes }: ThroughputOptions): Promise<TestedServer> {
  const capacity = 2 * keys * (valueBytes + 64) + 2 ** 26;
  const spread = place.cluster.shards * place.cluster.nodes > 1 ? { functions: 100 } : {};
  const job = await openTestedJob(scope, place, { name: 'throughput', latencySensitive: true, capacity, ...spread });
  const { host, port, token } = parseJobUrl(job.url);
  const client = await openClient(scope, new Redis(job.url, { enableReadyCheck: false }));
  return { name: 'satchel', target: { host, port, token }, pids: job.shardPids, against: ['redis', 'nothing'], client };
}

async function redis(scope: Scope): Promise<TestedServer> {
  const { host, port, pid } = await scope.open(startRedis(), (server) => server.stop());
  const client = await openClient(scope, new Redis({ host, port }));
  return { name: 'redis', target: { host, port }, pids: [pid], against: ['nothing'], client };
}

async function nothing(scope: Scope, { valueBytes }: ThroughputOptions): Promise<TestedServer> {
  const main = new URL('../../baselines/nothing/main.js', import.meta.url);
  const worker = await scope.open(new Worker<NothingFunctions>(main, true), (opened) => opened.close());
  const target = { host: '127.0.0.1', port: await worker.call('listen', { valueBytes }) };
  const client = await openClient(scope, new Redis({ ...target, enableReadyCheck: false }));
  return { name: 'nothing', target, pids: [worker.pid], against: [], client };
}

function openClient(scope: Scope, client: Redis): Promise<Redis> {
  return scope.open(client, (opened) => opened.disconnect());
}

/** Stores every key that redis-benchmark may ask for. */
async function fill(client: Redis, { keys, valueBytes }: ThroughputOptions): Promise<void> {
  const value = Buffer.alloc(valueBytes, 'x');
  for (let from = 0; from < keys; from += fillBatch) {
    const numbers = Array.from({ length: Math.min(fillBatch, keys - from) }, (_, index) => from + index);
    await Promise.all(numbers.map((number) => client.set(benchmarkKey(number), value)));
  }
}

function contestantOf(
  { name, target, pids, against, client }: TestedServer,
  test: 'set' | 'get',
  pipeline: number,
  options: ThroughputOptions,
  signal: AbortSignal,
): Contestant {
  const requests = options.operations * (pipeline === 1 ? 1 : 4);
  const run = async (): Promise<Figures> => {
    const before = cpuSecondsOf(pids);
    const figures = await runRedisBenchmark(target, { ...options, test, pipeline, requests }, signal);
    const cpu = pids.length === 0 ? {} : { serverCpuUs: ((cpuSecondsOf(pids) - before) * 1e6) / requests };
    const hits = test === 'get' ? { hitShare: await hitShare(client, options) } : {};
    return { ...figures, ...cpu, ...hits };
  };
  return { name, against, run };
}

/** The share of keys among those that redis-benchmark asks for that have a value of the right size. */
async function hitShare(client: Redis, { keys, valueBytes }: ThroughputOptions): Promise<number> {
  const numbers = Array.from({ length: sampledKeys }, () => Math.floor(Math.random() * keys));
  const values = await Promise.all(numbers.map((number) => client.getBuffer(benchmarkKey(number))));
  return values.filter((value) => value?.length === valueBytes).length / sampledKeys;
}
