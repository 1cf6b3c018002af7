import type { Command } from 'commander';
import { startBench } from '../bench-process.js';
import type { CliProcess } from '../context.js';

/** `bench WORKLOAD …`: runs a workload or benchmark; its options are the bench's own. */
export function addBench(parent: Command, io: CliProcess): void {
  parent
    .command('bench [arguments...]')
    .description('run a benchmark or workload: throughput, latency, values, sort … (bench --help tells all)')
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action((_arguments: string[], _options: unknown, command: Command) => startBench(command.args, command, io));
}
