import { writeFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { listOf, positive, whole, wholeFrom } from '../options.js';
import { standardOutput } from '../output.js';
import { liveThrough } from './day.js';
import { defaultOptions, type SimulationOptions, simulationOptions } from './options.js';
import { reportOf } from './report/document.js';
import { printReport } from './report/table.js';

interface CommandOptions {
  readonly json?: boolean;
  readonly out?: string;
  readonly plot?: string;
  readonly seed: number;
  readonly nodes: number;
  readonly jobs: number;
  readonly hours: number;
  readonly shapes: SimulationOptions['shapes'];
  readonly peak: number;
  readonly burst: number;
  readonly life: number;
  readonly hints: number;
  readonly wrongHints: number;
  readonly linger?: number;
  readonly start: number;
  readonly failures: number;
}

const { hints } = defaultOptions;

/** `satchel bench simulate`: a virtual day of the controller. */
export function addSimulate(parent: Command): void {
  parent
    .command('simulate')
    .description('a virtual day of the controller, with synthetic nodes and jobs of published shape')
    .option('--seed <n>', 'the same seed gives the same day', wholeFrom(0), defaultOptions.seed)
    .option('--nodes <n>', 'nodes that there may be at most', whole, defaultOptions.nodes)
    .option('--jobs <n>', 'jobs of the day', whole, defaultOptions.jobs)
    .option('--hours <n>', 'length of the day', positive, defaultOptions.hours)
    .option(
      '--shapes <list>',
      'EC2 sizes of nodes and the part each may be: r6gd.medium=3,im4gn.large=1',
      listOf(shape),
      defaultOptions.shapes,
    )
    .option('--peak <part>', 'peak of what jobs want ÷ memory of the largest fleet', positive, defaultOptions.peakShare)
    .option('--burst <n>', 'jobs that arrive together, on average', positive, defaultOptions.burstJobs)
    .option('--life <factor>', 'all lifetimes are multiplied by it', positive, defaultOptions.lifeFactor)
    .option('--hints <part>', 'part of the jobs that give hints that are true', part, hints.exact)
    .option('--wrong-hints <part>', 'part of the jobs that give hints three times too high or too low', part, hints.wrong)
    .option(
      '--linger <seconds>',
      'how long the fleet is to be idle before it shrinks (default: as the autoscaler has it)',
      positive,
    )
    .option(
      '--start <seconds>',
      'how long a node takes to start, give or take a fifth',
      positive,
      defaultOptions.startMs.least / 800,
    )
    .option('--failures <hours>', 'mean time between failures of a node', positive, defaultOptions.nodeFailureHours)
    .option('--out <file>', 'write what was found to this file, as JSON')
    .option('--plot <file>', 'draw the day to this file, as SVG')
    .option('--json', 'print it as one JSON document')
    .action(simulate);
}

async function simulate(given: CommandOptions): Promise<void> {
  const output = standardOutput(given.json ?? false);
  const day = await liveThrough(optionsOf(given), (hour) => {
    if (process.stderr.isTTY) process.stderr.write(`\rhour ${hour} `);
  });
  if (process.stderr.isTTY) process.stderr.write('\r');
  const report = reportOf(day);
  if (given.out !== undefined) await writeFile(given.out, `${JSON.stringify(report, null, 1)}\n`);
  if (given.plot !== undefined) {
    const { plotOf } = await import('./report/plot.js');
    await writeFile(given.plot, await plotOf(report));
  }
  printReport(report, output);
  output.result(report);
}

function optionsOf(given: CommandOptions): SimulationOptions {
  const { seed, nodes, jobs, hours, shapes, start } = given;
  return simulationOptions({
    ...{ seed, nodes, jobs, hours, shapes },
    peakShare: given.peak,
    burstJobs: given.burst,
    lifeFactor: given.life,
    hints: {
      ...hints,
      exact: given.hints,
      wrong: given.wrongHints,
      functionsOnly: Math.min(hints.functionsOnly, 1 - given.hints - given.wrongHints),
    },
    startMs: { least: start * 800, most: start * 1200 },
    nodeFailureHours: given.failures,
    lingerMs: given.linger === undefined ? undefined : given.linger * 1000,
  });
}

function part(text: string): number {
  const value = Number(text);
  if (value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('It must be from 0 to 1.');
}

function shape(text: string): { name: string; part: number } {
  const [name = '', weight = '1'] = text.split('=');
  return { name, part: positive(weight) };
}
