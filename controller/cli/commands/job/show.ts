import type { Job__Output } from '@satchel/proto/gen';
import type { Command } from 'commander';
import { type CliProcess, contextOf, newCommand } from '../../context.js';
import { withController } from '../../control.js';
import { allocationFields, jobDocument, leaseText, reasonsTable, receipt } from '../../job-view.js';
import { fields } from '../../output.js';
import { deficitText, movingTable, slotMapTable } from '../../slots-view.js';

/** `job show JOB`: everything the controller knows of a job. */
export function addJobShow(parent: Command, io: CliProcess): void {
  newCommand(parent, 'show <job>', 'show a job: lease, allocation with reasons, slots, usage').action(
    (job: string, _options: unknown, command: Command) => show(job, command, io),
  );
}

async function show(id: string, command: Command, io: CliProcess): Promise<void> {
  const context = contextOf(command, io);
  const job = await withController(context, (channel) => channel.call(channel.jobs, channel.jobs.getJob, { job: id }));
  context.output.result(jobDocument(job), () => describe(job));
}

/** A job for people. */
export function describe(job: Job__Output): string {
  const about = fields([
    ['job', job.job],
    ['name', job.name],
    ['namespace', job.namespace],
    ['state', job.state],
    ['created', new Date(job.createdAtMs).toISOString()],
    ['lease', `${job.leaseSeconds} s, ${leaseText(job, Date.now())}`],
    ...allocationFields(job.allocation),
    ['short of', deficitText(job)],
    ['epoch', String(job.slotMap?.epoch ?? 0)],
    ['revision', String(job.revision)],
  ]);
  const parts = [about, reasonsTable(job.reasons), slotMapTable(job), movingTable(job), receipt(job.usage)];
  return parts.filter((part) => part !== '').join('\n\n');
}
