import type { Command } from 'commander';
import {
  clusterOf,
  listOf,
  oneOf,
  type PlaceOptions,
  positive,
  type RoundsOptions,
  whole,
  withController,
  withOwnCluster,
  withRounds,
} from '../../options.js';
import { standardOutput } from '../../output.js';
import { report } from '../../report.js';
import { type Disturbance, disturbances, runFairness } from './fairness.js';

interface Options extends RoundsOptions, PlaceOptions {
  readonly seconds: number;
  readonly beside: readonly Disturbance[];
  readonly deleted: number;
  readonly scanned: number;
  readonly waits: number;
  readonly pipelined: number;
  readonly concurrency: number;
  readonly against?: 'redis';
}

/** `bench fairness`. */
export function addFairness(program: Command): void {
  withController(withOwnCluster(withRounds(program.command('fairness')), { dram: '6GiB' }))
    .description("other clients' gets alone, and while one client does something large")
    .option('--beside <list>', `what goes on: ${disturbances.join(', ')}`, listOf(oneOf(disturbances)), [...disturbances])
    .option('--seconds <n>', 'how long each is measured, but a deletion as long as it takes', positive, 2)
    .option('--deleted <n>', 'objects that DELPREFIX removes', whole, 1_000_000)
    .option('--scanned <n>', 'objects that are scanned', whole, 10_000_000)
    .option('--waits <n>', 'waits under way on the same store', whole, 1000)
    .option('--pipelined <n>', 'gets that one connection sends in one go', whole, 100_000)
    .option('--concurrency <n>', 'gets that the others have in flight', whole, 1)
    .option('--against <name>', 'the same at a Redis server, in turns: redis', oneOf(['redis'] as const))
    .action(fairness);
}

async function fairness(given: Options): Promise<void> {
  const { rounds, seconds, beside, deleted, scanned, waits, pipelined, concurrency, against, controller } = given;
  const output = standardOutput(given.json ?? false);
  const options = {
    rounds,
    ms: seconds * 1000,
    disturbances: beside,
    deletedKeys: deleted,
    scannedKeys: scanned,
    waits,
    pipelined,
    inFlight: concurrency,
    redis: against !== undefined,
  };
  await report({ benchmark: 'fairness', settings: options, compared: ['p50Ms', 'p99Ms', 'p999Ms'] }, given, output, () =>
    runFairness({ controller, cluster: clusterOf(given) }, options, output),
  );
}
