import { randomId } from '@satchel/proto/core';
import type { Command } from 'commander';
import { secondsArgument } from '../../arguments.js';
import { type CliProcess, contextOf, newCommand } from '../../context.js';
import { withController } from '../../control.js';
import { addHintOptions, type HintOptions, hintsOf } from '../../hint-options.js';
import { allocationFields } from '../../job-view.js';
import { fields } from '../../output.js';

interface RegisterOptions extends HintOptions {
  readonly lease?: number;
  readonly namespace?: string;
}

/** `job register NAME`: a new job, its URL and token. */
export function addJobRegister(parent: Command, io: CliProcess): void {
  addHintOptions(newCommand(parent, 'register <name>', 'register a job; prints its URL and token'))
    .option('--lease <duration>', 'how long the job lives without renewal (default: 60s)', secondsArgument)
    .option('--namespace <namespace>', 'tenant the job belongs to (default: default)')
    .action((name: string, options: RegisterOptions, command: Command) => register(name, options, command, io));
}

async function register(name: string, options: RegisterOptions, command: Command, io: CliProcess): Promise<void> {
  const context = contextOf(command, io);
  const hints = hintsOf(options);
  const request = { name, namespace: options.namespace ?? '', hints, leaseSeconds: options.lease ?? 0, requestId: randomId(24) };
  const { slotMap: _, ...registered } = await withController(context, (channel) =>
    channel.call(channel.jobs, channel.jobs.registerJob, request),
  );
  const { job, url, leaseSeconds, allocation } = registered;
  context.output.result(registered, () =>
    fields([['job', job], ['lease', `${leaseSeconds} s`], ...allocationFields(allocation), ['url', url]]),
  );
}
