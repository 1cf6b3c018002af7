import { formatBytes } from '@satchel/proto/core';
import type { Receipt__Output } from '@satchel/proto/gen';
import type { Command } from 'commander';
import { type CliProcess, contextOf, newCommand } from '../../context.js';
import { withController } from '../../control.js';
import { receipt as usageText } from '../../job-view.js';
import { fields } from '../../output.js';
import { chargesText } from '../../receipt-view.js';

/** `job usage JOB`: the receipt so far. */
export function addJobUsage(parent: Command, io: CliProcess): void {
  newCommand(parent, 'usage <job>', 'what a job has used so far, in bytes and dollars').action(
    (job: string, _options: unknown, command: Command) => usage(job, command, io),
  );
}

async function usage(id: string, command: Command, io: CliProcess): Promise<void> {
  const context = contextOf(command, io);
  const [job, receipt] = await withController(context, (channel) =>
    Promise.all([
      channel.call(channel.jobs, channel.jobs.getJob, { job: id }),
      channel.call(channel.jobs, channel.jobs.getReceipt, { job: id }),
    ]),
  );
  const { job: _job, usage: _usage, namespace, month: _month, months: _months, ...charges } = receipt;
  const document = { job: id, namespace, state: job.state, usage: job.usage, ...charges };
  context.output.result(document, () => `${usageText(job.usage)}\n${peaks(receipt)}\n\n${chargesText(receipt)}`);
}

function peaks({ peakBytesPerSecond, peakRequestsPerSecond }: Receipt__Output): string {
  return fields([
    ['peak bytes/s', formatBytes(peakBytesPerSecond)],
    ['peak requests/s', peakRequestsPerSecond.toFixed(0)],
  ]);
}
