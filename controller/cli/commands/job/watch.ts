import type { JobEvent__Output } from '@satchel/proto/gen';
import { type ControllerChannel, dial, fromServiceError } from '@satchel/proto/rpc';
import type { Command } from 'commander';
import { type CliProcess, contextOf, newCommand } from '../../context.js';
import { reclaimedText } from '../../stage-view.js';

/** `job watch JOB`: a line for each thing that happens to a job, until the job has ended. */
export function addJobWatch(parent: Command, io: CliProcess): void {
  newCommand(parent, 'watch <job>', 'print what happens to a job, a line each, until it has ended').action(
    (job: string, _options: unknown, command: Command) => watch(job, command, io),
  );
}

async function watch(job: string, command: Command, io: CliProcess): Promise<void> {
  const context = contextOf(command, io);
  const channel = dial(context.controller);
  const stop = () => channel.close();
  io.on('SIGINT', stop);
  try {
    for await (const event of events(channel, job)) context.output.result(event, () => eventText(event));
  } finally {
    io.off('SIGINT', stop);
    channel.close();
  }
}

async function* events(channel: ControllerChannel, job: string): AsyncGenerator<JobEvent__Output> {
  try {
    for await (const event of channel.jobs.watchJob({ job })) yield event as JobEvent__Output;
  } catch (error) {
    throw fromServiceError(error as Parameters<typeof fromServiceError>[0], channel.address);
  }
}

function eventText({ atMs, kind, stage, reason, expiresAtMs, epoch, reclaimed }: JobEvent__Output): string {
  const words = [
    new Date(atMs).toISOString(),
    kind,
    stage,
    reason && `(${reason})`,
    expiresAtMs > 0 ? `lapses ${new Date(expiresAtMs).toISOString()}` : '',
    epoch > 0 ? `epoch ${epoch}` : '',
    reclaimed === null ? '' : `reclaimed ${reclaimedText(reclaimed)}`,
  ];
  return words.filter((word) => word !== '').join('  ');
}
