import { Command, Option } from 'commander';
import { runDemo } from './demo.js';
import { size, whole } from './options.js';
import { standardOutput } from './output.js';
import { addSimulate } from './simulate/command.js';
import { withCluster } from './target.js';
import { addFairness } from './workloads/fairness/command.js';
import { addHandoff } from './workloads/handoff/command.js';
import { addLatency } from './workloads/latency/command.js';
import { addRegistrations } from './workloads/registrations/command.js';
import { addResidency } from './workloads/residency/command.js';
import { addScaleOut } from './workloads/scale-out/command.js';
import { addShards } from './workloads/shards/command.js';
import { distributions } from './workloads/sort/function/generate.mjs';
import { parseSortOptions } from './workloads/sort/options.js';
import { printReport } from './workloads/sort/report.js';
import { runSort } from './workloads/sort/sort.js';
import { addThroughput } from './workloads/throughput/command.js';
import { addValues } from './workloads/values/command.js';
import { runWordCount } from './workloads/wordcount/wordcount.js';

interface Common {
  readonly json?: boolean;
  readonly controller?: string;
  readonly faas?: string;
  readonly nodes: number;
  readonly shards: number;
  readonly dram: string;
  readonly ssd: string;
  readonly object?: string;
}

/** The benchmarks' command line. */
export function createProgram(): Command {
  const program = new Command('satchel bench').description('workloads on real processes').exitOverride(exitWithUsage);
  withSort(onCluster(program.command('demo')).description('bring everything up, sort, verify, reclaim')).action(demo);
  withSort(onCluster(program.command('sort')).description('sort through the store')).action(sort);
  onCluster(program.command('wordcount <folder>'))
    .description('count the words of a folder of texts')
    .option('--mappers <n>', 'map functions', whole, 4)
    .option('--reducers <n>', 'reduce functions', whole, 2)
    .action(wordcount);
  addLatency(program);
  addThroughput(program);
  addValues(program);
  addShards(program);
  addHandoff(program);
  addResidency(program);
  addFairness(program);
  addScaleOut(program);
  addSimulate(program);
  addRegistrations(program);
  return program;
}

/** Exit codes: 0 help was asked for, 2 wrong usage. */
function exitWithUsage(error: { exitCode: number }): never {
  process.exit(error.exitCode === 0 ? 0 : 2);
}

function onCluster(command: Command): Command {
  return command
    .option('--json', 'print one JSON document')
    .option('--controller <host:port>', 'run on this cluster instead of one of its own', process.env['SATCHEL_CONTROLLER'])
    .option('--faas <host:port>', 'functions service of that cluster')
    .option('--nodes <n>', 'storage nodes of its own cluster', whole, 2)
    .option('--shards <n>', 'shards of each node', whole, 1)
    .option('--dram <size>', 'memory of each node', size, '1GiB')
    .option('--ssd <size>', 'disk of each node', size, '8GiB')
    .option('--object <uri>', 'object store: file:DIR or s3://BUCKET?endpoint=URL&region=R')
    .exitOverride(exitWithUsage);
}

function withSort(command: Command): Command {
  return command
    .option('--input <file>', 'sort the lines of this file instead of generated records')
    .option('--size <size>', 'bytes of generated records', size, '256MiB')
    .option('--mappers <n>', 'map functions', whole, 8)
    .option('--reducers <n>', 'reduce functions', whole, 8)
    .addOption(new Option('--distribution <name>', 'of keys').choices(distributions).default('uniform'))
    .option('--seed <n>', 'the same seed generates the same records', whole, 1);
}

async function demo(options: Common): Promise<void> {
  const output = standardOutput(options.json ?? false);
  output.result(await runDemo(options, parseSortOptions(options), output));
}

async function sort(options: Common): Promise<void> {
  const output = standardOutput(options.json ?? false);
  const report = await withCluster(options, options, (target) => runSort(target, parseSortOptions(options), output));
  printReport(report, output);
  output.result(report);
}

async function wordcount(folder: string, options: Common & { mappers: number; reducers: number }): Promise<void> {
  const output = standardOutput(options.json ?? false);
  const report = await withCluster(options, options, (target) => runWordCount(target, { ...options, folder }, output));
  output.table(
    ['word', 'count'],
    report.mostFrequent.map(([word, count]) => [word, String(count)]),
  );
  output.say(
    `${report.words} words, ${report.distinctWords} distinct, in ${report.texts} texts: as a single process counts them`,
  );
  output.result(report);
}
