import type { Command } from 'commander';
import {
  bytes,
  clusterOf,
  listOf,
  type PlaceOptions,
  type RoundsOptions,
  whole,
  withController,
  withOwnCluster,
  withRounds,
} from '../../options.js';
import { standardOutput } from '../../output.js';
import { report } from '../../report.js';
import { runThroughput, type ThroughputOptions } from './throughput.js';

interface Options extends RoundsOptions, PlaceOptions, Omit<ThroughputOptions, 'rounds' | 'valueBytes' | 'pipelines'> {
  readonly url?: string;
  readonly size: number;
  readonly pipeline: readonly number[];
}

/** `bench throughput`. */
export function addThroughput(program: Command): void {
  withController(withOwnCluster(withRounds(program.command('throughput')), { dram: '1GiB' }))
    .description('redis-benchmark on Satchel, on Redis and on a server that stores nothing, in turns')
    .option('--url <url>', 'run on this job instead of one of its own')
    .option('--operations <n>', 'operations of each kind in a round, four times as many with pipelining', whole, 200_000)
    .option('--clients <n>', 'connections', whole, 50)
    .option('--keys <n>', 'distinct keys', whole, 100_000)
    .option('--size <size>', 'bytes of a value', bytes, 1024)
    .option('--pipeline <list>', 'commands that are sent together', listOf(whole), [1, 16])
    .action(throughput);
}

async function throughput({ size, pipeline, ...given }: Options): Promise<void> {
  const { rounds, operations, clients, keys, url, controller } = given;
  const options = { rounds, operations, clients, keys, valueBytes: size, pipelines: pipeline };
  const cluster = clusterOf(given);
  const output = standardOutput(given.json ?? false);
  await report(
    {
      benchmark: 'throughput',
      settings: { ...options, shards: cluster.shards },
      compared: ['operationsPerSecond', 'p99Ms', 'serverCpuUs'],
    },
    given,
    output,
    () => runThroughput({ url, controller, cluster }, options, output),
  );
}
