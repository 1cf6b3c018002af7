import type { Command } from 'commander';
import { bytes, type RoundsOptions, withRounds } from '../../options.js';
import { standardOutput } from '../../output.js';
import { report } from '../../report.js';
import { runScaleOut } from './scale-out.js';

interface Options extends RoundsOptions {
  readonly dram: number;
}

/** `bench scale-out`. */
export function addScaleOut(program: Command): void {
  withRounds(program.command('scale-out'))
    .description('from the decision to start a node to the first put on it, with the local provider')
    .option('--dram <size>', 'memory of a node; the job wants one and a half of them', bytes, 64 * 2 ** 20)
    .action(scaleOut);
}

async function scaleOut(given: Options): Promise<void> {
  const output = standardOutput(given.json ?? false);
  const options = { rounds: given.rounds, nodeBytes: given.dram };
  const about = { benchmark: 'scale-out', settings: options, compared: [] };
  await report(about, given, output, () => runScaleOut(options, output));
}
