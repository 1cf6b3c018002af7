import { type Tier, tiers } from '@satchel/proto/core';
import type { Command } from 'commander';
import {
  bytes,
  clusterOf,
  type LocalOptions,
  listOf,
  oneOf,
  type PlaceOptions,
  positive,
  type RoundsOptions,
  whole,
  withController,
  withLocal,
  withOwnCluster,
  withRounds,
} from '../../options.js';
import { standardOutput } from '../../output.js';
import { report } from '../../report.js';
import { runValues } from './values.js';

interface Options extends RoundsOptions, PlaceOptions, LocalOptions {
  readonly sizes: readonly number[];
  readonly tiers: readonly Tier[];
  readonly concurrency: readonly number[];
  readonly operations: number;
  readonly seconds: number;
}

const KiB = 1024;
const MiB = KiB * KiB;
const allSizes = [100, KiB, 10 * KiB, 100 * KiB, MiB, 8 * MiB, 64 * MiB];

/** `bench values`. */
export function addValues(program: Command): void {
  withLocal(
    withController(withOwnCluster(withRounds(program.command('values')), { dram: '3GiB' })),
    'use dram through shared memory',
  )
    .description('put and get of values of all sizes in each tier, beside ioredis on Redis, in turns')
    .option('--sizes <list>', 'bytes of a value (default: 100,1KiB,10KiB,100KiB,1MiB,8MiB,64MiB)', listOf(bytes))
    .option('--tiers <list>', `tiers: ${tiers.join(', ')}`, listOf(oneOf(tiers)), [...tiers])
    .option('--concurrency <list>', 'operations in flight; all but the first up to 64 KiB only', listOf(whole), [1, 64])
    .option('--operations <n>', 'operations of each kind in a round, more where they are fast', whole, 5000)
    .option('--seconds <n>', 'most time that each takes in a round', positive, 1)
    .action(values);
}

async function values(given: Options): Promise<void> {
  const { rounds, sizes = allSizes, tiers, concurrency: inFlights, operations, seconds, local = false, controller } = given;
  const options = { rounds, sizes, tiers, inFlights, operations, limitMs: seconds * 1000, local };
  const output = standardOutput(given.json ?? false);
  await report(
    { benchmark: 'values', settings: options, compared: ['p50Ms', 'p99Ms', 'operationsPerSecond', 'serverCpuUs'] },
    given,
    output,
    () => runValues({ controller, cluster: clusterOf(given) }, options, output),
  );
}
