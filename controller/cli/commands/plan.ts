import type { Command } from 'commander';
import { type CliProcess, contextOf, newCommand } from '../context.js';
import { withController } from '../control.js';
import { addHintOptions, type HintOptions, hintsOf } from '../hint-options.js';
import { planText } from '../plan-view.js';

interface PlanOptions extends HintOptions {
  readonly name?: string;
  readonly namespace?: string;
}

/** `plan [hints]`: what a job with these hints would be given, why, and what else was considered. */
export function addPlan(parent: Command, io: CliProcess): void {
  addHintOptions(newCommand(parent, 'plan', 'what a job with these hints would be given, why, and what else was considered'))
    .option('--name <name>', 'name of the job, whose history counts')
    .option('--namespace <namespace>', 'tenant of the job')
    .action((options: PlanOptions, command: Command) => plan(options, command, io));
}

async function plan(options: PlanOptions, command: Command, io: CliProcess): Promise<void> {
  const context = contextOf(command, io);
  const request = { name: options.name ?? '', namespace: options.namespace ?? '', hints: hintsOf(options) };
  const planned = await withController(context, (channel) => channel.call(channel.jobs, channel.jobs.planJob, request));
  context.output.result(planned, () => planText(planned));
}
