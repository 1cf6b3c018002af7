import type { JobEvent__Output } from '@satchel/proto/gen';
import { dial, fromServiceError } from '@satchel/proto/rpc';
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
  const stream = channel.jobs.watchJob({ job });
  let stopped = false;
  const stop = () => {
    stopped = true;
    stream.cancel();
  };
  io.on('SIGINT', stop);
  try {
    for await (const event of stream) context.output.result(event, () => eventText(event as JobEvent__Output));
  } catch (error) {
    if (!stopped) throw fromServiceError(error as Parameters<typeof fromServiceError>[0], channel.address);
  } finally {
    io.off('SIGINT', stop);
    channel.close();
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
