import type { Command } from 'commander';
import { type CliProcess, contextOf, newCommand } from '../../../context.js';
import { withController } from '../../../control.js';
import { table } from '../../../output.js';
import { reclaimedText, stageLeaseText } from '../../../stage-view.js';

interface ListOptions {
  readonly ended?: boolean;
}

/** `job stage list JOB`: the stages of a job. */
export function addStageList(parent: Command, io: CliProcess): void {
  newCommand(parent, 'list <job>', 'list the stages of a job')
    .option('--ended', 'also stages that have ended and are still remembered')
    .action((job: string, options: ListOptions, command: Command) => list(job, options, command, io));
}

async function list(job: string, options: ListOptions, command: Command, io: CliProcess): Promise<void> {
  const context = contextOf(command, io);
  const request = { job, ended: options.ended === true };
  const { stages } = await withController(context, (channel) => channel.call(channel.jobs, channel.jobs.listStages, request));
  context.output.result({ stages }, () =>
    table(
      ['STAGE', 'STATE', 'LEASE', 'PREFIX', 'PARENT', 'RECLAIMED'],
      stages.map((stage) => [
        stage.stage,
        stage.state,
        stageLeaseText(stage, Date.now()),
        stage.prefix,
        stage.parent || '-',
        reclaimedText(stage.reclaimed),
      ]),
      'no stages',
    ),
  );
}
