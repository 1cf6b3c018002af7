import type { Command } from 'commander';
import { type CliProcess, contextOf, newCommand } from '../../context.js';
import { withController } from '../../control.js';
import { UsageError } from '../../exit-code.js';
import { addHintOptions, type HintOptions, hintsOf } from '../../hint-options.js';
import { jobDocument } from '../../job-view.js';
import { describe } from './show.js';

/** `job scale JOB [hints]`: changes the hints given, keeps the others. */
export function addJobScale(parent: Command, io: CliProcess): void {
  addHintOptions(newCommand(parent, 'scale <job>', 'change hints of a running job; hints not given stay')).action(
    (job: string, options: HintOptions, command: Command) => scale(job, options, command, io),
  );
}

async function scale(id: string, options: HintOptions, command: Command, io: CliProcess): Promise<void> {
  const context = contextOf(command, io);
  const hints = hintsOf(options);
  if (Object.keys(hints).length === 0) throw new UsageError('job scale needs at least one hint, e.g. --capacity 10GiB');
  const job = await withController(context, (channel) => channel.call(channel.jobs, channel.jobs.scaleJob, { job: id, hints }));
  context.output.result(jobDocument(job), () => describe(job));
}
