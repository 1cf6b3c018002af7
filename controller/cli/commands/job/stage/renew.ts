import type { Command } from 'commander';
import { type CliProcess, contextOf, newCommand } from '../../../context.js';
import { withController } from '../../../control.js';
import { stageFields } from '../../../stage-view.js';

/** `job stage renew JOB STAGE`: one more lease period from now. */
export function addStageRenew(parent: Command, io: CliProcess): void {
  newCommand(parent, 'renew <job> <stage>', "extend a stage's lease by one period").action(
    (job: string, stage: string, _options: unknown, command: Command) => renew(job, stage, command, io),
  );
}

async function renew(job: string, id: string, command: Command, io: CliProcess): Promise<void> {
  const context = contextOf(command, io);
  const request = { job, stage: id };
  const stage = await withController(context, (channel) => channel.call(channel.jobs, channel.jobs.renewStage, request));
  context.output.result(stage, () => stageFields(stage));
}
