import type { Command } from 'commander';
import { type CliProcess, contextOf, newCommand } from '../../context.js';
import { withController } from '../../control.js';
import { renewJob } from '../../job-access.js';
import { fields } from '../../output.js';

/** `job renew JOB`: one more lease period from now, and a fresh token. */
export function addJobRenew(parent: Command, io: CliProcess): void {
  newCommand(parent, 'renew <job>', "extend a job's lease by one period; prints a fresh token").action(
    (job: string, _options: unknown, command: Command) => renew(job, command, io),
  );
}

async function renew(job: string, command: Command, io: CliProcess): Promise<void> {
  const context = contextOf(command, io);
  const access = await withController(context, (channel) => renewJob(channel, job));
  context.output.result(access, () =>
    fields([
      ['job', access.job],
      ['lease', `${access.leaseSeconds} s, until ${new Date(access.expiresAtMs).toISOString()}`],
      ['url', access.url],
    ]),
  );
}
