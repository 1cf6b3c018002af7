import type { Command } from 'commander';
import { bytes, positive, type RoundsOptions, whole, wholeFrom, withRounds } from '../../options.js';
import { standardOutput } from '../../output.js';
import { report } from '../../report.js';
import { runRegistrations } from './registrations.js';

interface Options extends RoundsOptions {
  readonly nodes: number;
  readonly shards: number;
  readonly dram: number;
  readonly jobs: number;
  readonly concurrency: number;
  readonly seconds: number;
  readonly busy: number;
  readonly nodeOptions?: string;
  readonly prefix?: string;
}

/** `bench registrations`. */
export function addRegistrations(program: Command): void {
  withRounds(program.command('registrations'))
    .description('registrations, heartbeats and memory of a controller with a large fleet and many live jobs')
    .option('--nodes <n>', 'storage nodes, which hold nothing', whole, 1000)
    .option('--shards <n>', 'shards of each', whole, 4)
    .option('--dram <size>', 'memory of each', bytes, 64 * 2 ** 30)
    .option('--jobs <n>', 'jobs that are live while others are registered', whole, 10_000)
    .option('--concurrency <n>', 'registrations in flight', whole, 64)
    .option('--seconds <n>', 'how long each kind is measured in a round', positive, 3)
    .option('--busy <n>', 'jobs of each node whose counters change from heartbeat to heartbeat', wholeFrom(0), 1)
    .option('--node-options <options>', 'options of Node.js for the controller, for example --cpu-prof')
    .option('--prefix <command>', 'command that runs the controller, for example: taskset -c 0')
    .action(registrations);
}

async function registrations(given: Options): Promise<void> {
  const { rounds, nodes, shards, dram, jobs, concurrency, seconds, busy, nodeOptions, prefix } = given;
  const output = standardOutput(given.json ?? false);
  const load = { inFlight: concurrency, ms: seconds * 1000, busyJobs: busy };
  const options = { rounds, nodes, shards, dramBytes: dram, jobs, ...load };
  const words = (text: string | undefined) => text?.split(' ').filter((word) => word !== '') ?? [];
  await report({ benchmark: 'registrations', settings: options, compared: [] }, given, output, () =>
    runRegistrations({ ...options, nodeArguments: words(nodeOptions), prefix: words(prefix) }, output),
  );
}
