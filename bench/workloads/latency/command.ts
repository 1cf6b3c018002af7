import type { Command } from 'commander';
import {
  bytes,
  clusterOf,
  type LocalOptions,
  listOf,
  oneOf,
  type PlaceOptions,
  type RoundsOptions,
  whole,
  withController,
  withLocal,
  withOwnCluster,
  withRounds,
} from '../../options.js';
import { standardOutput } from '../../output.js';
import { report } from '../../report.js';
import { type RedisName, redisNames, type SatchelName } from '../../subjects.js';
import { runLatency } from './latency.js';

interface Options extends RoundsOptions, PlaceOptions, LocalOptions {
  readonly against: readonly RedisName[];
  readonly operations: number;
  readonly size: readonly number[];
  readonly concurrency: readonly number[];
  readonly socket?: boolean;
}

/** `bench latency`. */
export function addLatency(program: Command): void {
  withLocal(
    withController(withOwnCluster(withRounds(program.command('latency')), { dram: '1GiB' })),
    'also through shared memory',
  )
    .description('put and get through the SDK, by default one and 64 in flight')
    .option('--against <names>', `compare with ${redisNames.join(', ')}, in turns`, listOf(oneOf(redisNames)), [])
    .option('--socket', "also through the shard's Unix socket")
    .option('--operations <n>', 'operations of each kind in a round, more where they are fast', whole, 10_000)
    .option('--size <list>', 'bytes of a value', listOf(bytes), [1024])
    .option('--concurrency <list>', 'operations in flight', listOf(whole), [1, 64])
    .action(latency);
}

async function latency(given: Options): Promise<void> {
  const ways: SatchelName[] = ['satchel'];
  if (given.socket) ways.push('satchel-socket');
  if (given.local) ways.push('satchel-local');
  const { rounds, operations, size: sizes, concurrency: inFlights, against, controller } = given;
  const options = { rounds, operations, sizes, inFlights, ways, against };
  const output = standardOutput(given.json ?? false);
  await report(
    { benchmark: 'latency', settings: options, compared: ['p50Ms', 'p99Ms', 'operationsPerSecond', 'serverCpuUs'] },
    given,
    output,
    () => runLatency({ controller, cluster: clusterOf(given) }, options, output),
  );
}
