import type { Command } from 'commander';
import { durationMsArgument } from '../../../arguments.js';
import { type CliProcess, contextOf, newCommand } from '../../../context.js';
import { withController } from '../../../control.js';
import { stageFields } from '../../../stage-view.js';

interface BeginOptions {
  readonly lease?: number;
  readonly parent?: string;
  readonly prefix?: string;
}

/** `job stage begin JOB NAME`: a part of a job with a key prefix. */
export function addStageBegin(parent: Command, io: CliProcess): void {
  newCommand(parent, 'begin <job> <name>', 'begin a stage; prints its id and the prefix of its keys')
    .option('--lease <duration>', 'how long it lives without renewal (default: as long as what is above it)', durationMsArgument)
    .option('--parent <stage>', 'the stage above it (default: the job)')
    .option('--prefix <prefix>', "what its keys begin with (default: its id, under the parent's prefix)")
    .action((job: string, name: string, options: BeginOptions, command: Command) => begin(job, name, options, command, io));
}

async function begin(job: string, name: string, options: BeginOptions, command: Command, io: CliProcess): Promise<void> {
  const context = contextOf(command, io);
  const { lease: leaseMs = 0, parent = '', prefix = '' } = options;
  const request = { job, name, leaseMs, parent, prefix };
  const stage = await withController(context, (channel) => channel.call(channel.jobs, channel.jobs.beginStage, request));
  context.output.result(stage, () => stageFields(stage));
}
