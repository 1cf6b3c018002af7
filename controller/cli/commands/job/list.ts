import { formatBytes } from '@satchel/proto/core';
import type { Command } from 'commander';
import { type CliProcess, contextOf, newCommand } from '../../context.js';
import { withController } from '../../control.js';
import { bytesNow, jobDocument, leaseText } from '../../job-view.js';
import { table } from '../../output.js';

interface ListOptions {
  readonly namespace?: string;
  readonly ended?: boolean;
}

/** `job list`: the jobs the controller knows. */
export function addJobList(parent: Command, io: CliProcess): void {
  newCommand(parent, 'list', 'list jobs')
    .option('--namespace <namespace>', 'only jobs of this namespace')
    .option('--ended', 'also jobs that have ended and are still remembered')
    .action((options: ListOptions, command: Command) => list(options, command, io));
}

async function list(options: ListOptions, command: Command, io: CliProcess): Promise<void> {
  const context = contextOf(command, io);
  const request = { namespace: options.namespace ?? '', ended: options.ended === true };
  const { jobs } = await withController(context, (channel) => channel.call(channel.jobs, channel.jobs.listJobs, request));
  context.output.result({ jobs: jobs.map(jobDocument) }, () =>
    table(
      ['JOB', 'NAMESPACE', 'STATE', 'LEASE', 'QUOTA', 'BYTES', 'OBJECTS'],
      jobs.map((job) => [
        job.job,
        job.namespace,
        job.state,
        leaseText(job, Date.now()),
        job.allocation?.quotaBytes ? formatBytes(job.allocation.quotaBytes) : 'none',
        formatBytes(bytesNow(job.usage)),
        String(job.usage?.objects ?? 0),
      ]),
      'no jobs',
    ),
  );
}
