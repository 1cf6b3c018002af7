import { formatBytes } from '@satchel/proto/core';
import type { Job__Output } from '@satchel/proto/gen';
import type { Command } from 'commander';
import { type CliProcess, contextOf, newCommand } from '../../context.js';
import { withController } from '../../control.js';
import { bytesNow, jobDocument, leaseText } from '../../job-view.js';
import { table } from '../../output.js';
import { reclaimedText } from '../../stage-view.js';

interface ListOptions {
  readonly namespace?: string;
  readonly ended?: boolean;
  readonly expired?: boolean;
}

/** `job list`: the jobs the controller knows. */
export function addJobList(parent: Command, io: CliProcess): void {
  newCommand(parent, 'list', 'list jobs')
    .option('--namespace <namespace>', 'only jobs of this namespace')
    .option('--ended', 'also jobs that have ended and are still remembered')
    .option('--expired', 'only jobs whose lease lapsed, with what was reclaimed')
    .action((options: ListOptions, command: Command) => list(options, command, io));
}

async function list(options: ListOptions, command: Command, io: CliProcess): Promise<void> {
  const context = contextOf(command, io);
  const request = { namespace: options.namespace ?? '', ended: options.ended === true, expired: options.expired === true };
  const { jobs } = await withController(context, (channel) => channel.call(channel.jobs, channel.jobs.listJobs, request));
  context.output.result({ jobs: jobs.map(jobDocument) }, () => (options.expired ? expiredTable(jobs) : jobTable(jobs)));
}

function expiredTable(jobs: readonly Job__Output[]): string {
  return table(
    ['JOB', 'NAMESPACE', 'STATE', 'LEASE LAPSED', 'RECLAIMED'],
    jobs.map((job) => [job.job, job.namespace, job.state, new Date(job.endedAtMs).toISOString(), reclaimedText(job.reclaimed)]),
    'no job whose lease lapsed is remembered',
  );
}

function jobTable(jobs: readonly Job__Output[]): string {
  return table(
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
  );
}
