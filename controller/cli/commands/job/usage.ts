import type { Command } from 'commander';
import { type CliProcess, contextOf, newCommand } from '../../context.js';
import { withController } from '../../control.js';
import { receipt } from '../../job-view.js';

/** `job usage JOB`: the receipt so far. */
export function addJobUsage(parent: Command, io: CliProcess): void {
  newCommand(parent, 'usage <job>', 'what a job has used so far, in bytes and dollars').action(
    (job: string, _options: unknown, command: Command) => usage(job, command, io),
  );
}

async function usage(id: string, command: Command, io: CliProcess): Promise<void> {
  const context = contextOf(command, io);
  const job = await withController(context, (channel) => channel.call(channel.jobs, channel.jobs.getJob, { job: id }));
  context.output.result({ job: id, state: job.state, usage: job.usage }, () => receipt(job.usage));
}
