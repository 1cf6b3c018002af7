import { formatBytes } from '@satchel/proto/core';
import type { Command } from 'commander';
import { bytes, positive, type RoundsOptions, whole, withRounds } from '../../options.js';
import { standardOutput } from '../../output.js';
import { report } from '../../report.js';
import { type ResidencyOptions, runResidency } from './residency.js';

interface Options extends RoundsOptions, Pick<ResidencyOptions, 'objects'> {
  readonly few: number;
  readonly size: number;
  readonly seconds: number;
  readonly concurrency: number;
}

/** What a shard gets per object beyond its value, so that none spills. */
const roomBytes = 160;

/** `bench residency`. */
export function addResidency(program: Command): void {
  withRounds(program.command('residency'))
    .description('mixed load on a shard that holds many objects and on one that holds few, in turns')
    .option('--objects <n>', 'objects that are resident', whole, 10_000_000)
    .option('--few <n>', 'objects of the shard that it is compared with', whole, 10_000)
    .option('--size <size>', 'bytes of a value', bytes, 100)
    .option('--seconds <n>', 'how long each is measured in a round', positive, 3)
    .option('--concurrency <n>', 'operations in flight', whole, 8)
    .action(residency);
}

async function residency(given: Options): Promise<void> {
  const { rounds, objects, few, size, seconds, concurrency } = given;
  const output = standardOutput(given.json ?? false);
  const options = { rounds, objects, fewObjects: few, valueBytes: size, ms: seconds * 1000, inFlight: concurrency };
  const dramBytes = Math.ceil(2 ** 28 + 1.25 * Math.max(objects, few) * (size + roomBytes));
  const cluster = { nodes: 1, shards: 1, dram: String(dramBytes), ssd: '1GiB' };
  output.say(`  two clusters of one shard with ${formatBytes(dramBytes)} each`);
  await report(
    { benchmark: 'residency', settings: options, compared: ['p50Ms', 'p99Ms', 'p999Ms', 'serverCpuUs'] },
    given,
    output,
    () => runResidency(cluster, options, output),
  );
}
