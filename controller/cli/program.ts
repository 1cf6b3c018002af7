import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { addBench } from './commands/bench.js';
import { addDemo } from './commands/demo.js';
import { addFunctionDelete } from './commands/function/delete.js';
import { addFunctionDeploy } from './commands/function/deploy.js';
import { addFunctionInvoke } from './commands/function/invoke.js';
import { addFunctionList } from './commands/function/list.js';
import { addFunctionLogs } from './commands/function/logs.js';
import { addGet } from './commands/get.js';
import { addJobEnd } from './commands/job/end.js';
import { addJobList } from './commands/job/list.js';
import { addJobRegister } from './commands/job/register.js';
import { addJobRenew } from './commands/job/renew.js';
import { addJobScale } from './commands/job/scale.js';
import { addJobShow } from './commands/job/show.js';
import { addStageBegin } from './commands/job/stage/begin.js';
import { addStageEnd } from './commands/job/stage/end.js';
import { addStageList } from './commands/job/stage/list.js';
import { addStageRenew } from './commands/job/stage/renew.js';
import { addJobUsage } from './commands/job/usage.js';
import { addJobWatch } from './commands/job/watch.js';
import { addLs } from './commands/ls.js';
import { addNamespaceList } from './commands/namespace/list.js';
import { addNamespaceSet } from './commands/namespace/set.js';
import { addNamespaceShow } from './commands/namespace/show.js';
import { addNamespaceUsage } from './commands/namespace/usage.js';
import { addNodeDecisions } from './commands/node/decisions.js';
import { addNodeDrain } from './commands/node/drain.js';
import { addNodeList } from './commands/node/list.js';
import { addNodeRemove } from './commands/node/remove.js';
import { addNodeUndrain } from './commands/node/undrain.js';
import { addPlan } from './commands/plan.js';
import { addPut } from './commands/put.js';
import { addRm } from './commands/rm.js';
import { addStat } from './commands/stat.js';
import { addUp } from './commands/up.js';
import { addCommonOptions, type CliProcess } from './context.js';
import { ExitCodeError, exitCode, UsageError } from './exit-code.js';
import { oneLine } from './output.js';

/**
 * Runs one `satchel` command line (without node and script) and returns its exit code: 0 done,
 * 1 failed with one line on stderr, 2 wrong usage. Never throws and never exits the process.
 */
export async function run(commandLine: readonly string[], io: CliProcess): Promise<number> {
  try {
    await buildProgram(io).parseAsync(commandLine, { from: 'user' });
    return exitCode.done;
  } catch (error) {
    return report(error, io);
  }
}

/** The command tree. Options are positional, so that `bench` and `demo` receive theirs unread. */
function buildProgram(io: CliProcess): Command {
  const program = new Command('satchel')
    .version(version, '--version', 'print the version')
    .description('Serverless ephemeral storage: jobs exchange intermediate data at memory speed')
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) })
    .showSuggestionAfterError(false);
  addCommonOptions(program);
  addUp(program, io);
  const job = group(program, 'job', 'jobs', io, jobCommands);
  group(job, 'stage', 'stages of a job', io, [addStageBegin, addStageRenew, addStageEnd, addStageList]);
  describe(job, 'jobs');
  group(program, 'node', 'storage nodes', io, [addNodeList, addNodeDrain, addNodeUndrain, addNodeRemove, addNodeDecisions]);
  group(program, 'namespace', 'namespaces', io, [addNamespaceList, addNamespaceShow, addNamespaceSet, addNamespaceUsage]);
  for (const add of [addPlan, addPut, addGet, addLs, addStat, addRm]) add(program, io);
  group(program, 'function', 'functions', io, functionCommands);
  for (const add of [addBench, addDemo]) add(program, io);
  return program;
}

/** Of the package, wherever it is installed. */
const { version }: { readonly version: string } = createRequire(import.meta.url)('@satchel/controller/package.json');

type Add = (parent: Command, io: CliProcess) => void;

const jobCommands: readonly Add[] = [
  ...[addJobRegister, addJobList, addJobShow, addJobRenew, addJobScale, addJobEnd, addJobUsage, addJobWatch],
];
const functionCommands: readonly Add[] = [
  ...[addFunctionDeploy, addFunctionList, addFunctionInvoke, addFunctionLogs, addFunctionDelete],
];

/** A command that holds subcommands, and names them in its description. */
function group(parent: Command, name: string, what: string, io: CliProcess, commands: readonly Add[]): Command {
  const command = addCommonOptions(parent.command(name));
  for (const add of commands) add(command, io);
  return describe(command, what);
}

function describe(command: Command, what: string): Command {
  return command.description(`${what}: ${command.commands.map((one) => one.name()).join(', ')}`);
}

function report(error: unknown, io: CliProcess): number {
  // Commander has printed its own message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.done : exitCode.usage;
  if (error instanceof ExitCodeError) return error.exitCode;
  // Whoever read our output has read enough.
  if (error instanceof Error && 'code' in error && error.code === 'EPIPE') return exitCode.done;
  const message = error instanceof Error ? error.message : String(error);
  io.stderr.write(`satchel: ${oneLine(message)}\n`);
  return error instanceof UsageError ? exitCode.usage : exitCode.failed;
}
