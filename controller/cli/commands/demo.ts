import type { Command } from 'commander';
import { startBench } from '../bench-process.js';
import type { CliProcess } from '../context.js';

/** `demo`: a MapReduce sort through a cluster of its own, verified and reclaimed to the last byte. */
export function addDemo(parent: Command, io: CliProcess): void {
  parent
    .command('demo [arguments...]')
    .description('sort through a cluster of its own, verify, and show that every byte was reclaimed')
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action((_arguments: string[], _options: unknown, command: Command) => startBench(['demo', ...command.args], command, io));
}
