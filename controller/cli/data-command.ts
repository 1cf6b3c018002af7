import type { Command } from 'commander';
import { environmentValue, jobUrlArgument } from './arguments.js';
import { type CliProcess, type CommandContext, contextOf, newCommand } from './context.js';
import { UsageError } from './exit-code.js';
import { openStore } from './open-store.js';
import { withProgress } from './progress.js';
import type { DataStore, OpenStore } from './store.js';

/** A command that works on a job's objects: adds --url. */
export function newDataCommand(parent: Command, usage: string, description: string): Command {
  return newCommand(parent, usage, description).option('--url <url>', "the job's URL (default: SATCHEL_URL)", jobUrlArgument);
}

/** Runs `work` on the store of --url or SATCHEL_URL, closed afterwards, with progress if it takes long. */
export async function withStore(
  command: Command,
  io: CliProcess,
  work: (store: DataStore, context: CommandContext) => Promise<void>,
  open: OpenStore = openStore,
): Promise<void> {
  const given: string | undefined = command.opts()['url'];
  const url = given ?? urlOfEnvironment(io);
  const store = await withProgress(io, 'connecting', () => open(url));
  try {
    await withProgress(io, `${command.name()} is under way`, () => work(store, contextOf(command, io)));
  } finally {
    await store.close();
  }
}

function urlOfEnvironment(io: CliProcess): string {
  const url = io.env['SATCHEL_URL'];
  if (!url) throw new UsageError('no job is named: set SATCHEL_URL, or give --url redis://JOB:TOKEN@HOST:PORT');
  return environmentValue('SATCHEL_URL', url, jobUrlArgument);
}
