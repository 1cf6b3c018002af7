import type { Command } from 'commander';
import { type CliProcess, contextOf, newCommand } from '../../../context.js';
import { withController } from '../../../control.js';
import { stageFields } from '../../../stage-view.js';

/** `job stage end JOB STAGE`: deletes what is under its prefix. */
export function addStageEnd(parent: Command, io: CliProcess): void {
  newCommand(parent, 'end <job> <stage>', 'end a stage and those below it, and delete what is under their prefix').action(
    (job: string, stage: string, _options: unknown, command: Command) => end(job, stage, command, io),
  );
}

async function end(job: string, id: string, command: Command, io: CliProcess): Promise<void> {
  const context = contextOf(command, io);
  const request = { job, stage: id };
  const stage = await withController(context, (channel) => channel.call(channel.jobs, channel.jobs.endStage, request));
  context.output.result(stage, () => stageFields(stage));
}
