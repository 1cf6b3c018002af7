import type { Command } from 'commander';
import { type CliProcess, contextOf, newCommand } from '../../context.js';
import { withController } from '../../control.js';
import { receipt } from '../../job-view.js';

/** `job end JOB`: reclaims everything but persisted objects; prints the receipt. */
export function addJobEnd(parent: Command, io: CliProcess): void {
  newCommand(parent, 'end <job>', 'end a job and reclaim its bytes; prints the receipt').action(
    (job: string, _options: unknown, command: Command) => end(job, command, io),
  );
}

async function end(job: string, command: Command, io: CliProcess): Promise<void> {
  const context = contextOf(command, io);
  const { usage } = await withController(context, (channel) => channel.call(channel.jobs, channel.jobs.endJob, { job }, 30_000));
  context.output.result({ job, usage }, () => `job ${job} has ended\n\n${receipt(usage)}`);
}
