import type { Command } from 'commander';
import { bytes, listOf, positive, type RoundsOptions, size, whole, wholeFrom, withRounds } from '../../options.js';
import { standardOutput } from '../../output.js';
import { report } from '../../report.js';
import { runShards, type ShardsOptions } from './shards.js';

interface Options extends RoundsOptions, Pick<ShardsOptions, 'shards' | 'operations' | 'clients' | 'keys' | 'workers'> {
  readonly dram: string;
  readonly size: number;
  readonly pipeline: readonly number[];
  readonly concurrency: number;
  readonly seconds: number;
}

/** `bench shards`. */
export function addShards(program: Command): void {
  withRounds(program.command('shards'))
    .description('several shards beside one, the clients on the same cores')
    .option('--shards <n>', 'shards that are compared with one', wholeFrom(2), 2)
    .option('--dram <size>', 'memory of the node', size, '2GiB')
    .option('--operations <n>', 'operations of redis-benchmark in a round, four times as many with pipelining', whole, 200_000)
    .option('--clients <n>', 'connections of redis-benchmark', whole, 50)
    .option('--keys <n>', 'distinct keys', whole, 100_000)
    .option('--size <size>', 'bytes of a value', bytes, 1024)
    .option('--pipeline <list>', 'commands that redis-benchmark sends together', listOf(whole), [1, 16])
    .option('--workers <n>', 'processes with the SDK', whole, 2)
    .option('--concurrency <n>', 'operations that each of them has in flight', whole, 64)
    .option('--seconds <n>', 'how long they are measured in a round', positive, 2)
    .action(shards);
}

async function shards(given: Options): Promise<void> {
  const { rounds, operations, clients, keys, size: valueBytes, pipeline: pipelines, workers, concurrency, seconds } = given;
  const load = { workers, inFlight: concurrency, ms: seconds * 1000 };
  const options = { rounds, shards: given.shards, operations, clients, keys, valueBytes, pipelines, ...load };
  const output = standardOutput(given.json ?? false);
  await report(
    { benchmark: 'shards', settings: options, compared: ['operationsPerSecond', 'p99Ms', 'serverCpuUs', 'clientCpuUs'] },
    given,
    output,
    () => runShards({ nodes: 1, shards: given.shards, dram: given.dram, ssd: '1GiB' }, options, output),
  );
}
