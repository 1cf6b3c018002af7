import { SatchelError } from '@satchel/proto/core';
import type { Command } from 'commander';
import { jobUrlArgument, jsonArgument } from '../../arguments.js';
import type { CliProcess, CommandContext } from '../../context.js';
import { withController } from '../../control.js';
import { UsageError } from '../../exit-code.js';
import { functionsOf, newFunctionCommand } from '../../functions-api.js';
import { renewJob } from '../../job-access.js';

interface InvokeOptions {
  readonly payload?: string;
  readonly job?: string;
  readonly url?: string;
  readonly async?: boolean;
}

/** `function invoke NAME`: calls a function; prints what it returned. */
export function addFunctionInvoke(parent: Command, io: CliProcess): void {
  newFunctionCommand(parent, 'invoke <name>', 'call a function; prints what it returns')
    .option('--payload <json>', 'the event (default: {})', jsonArgument)
    .option('--job <job>', 'job the function works on; its lease is renewed')
    .option('--url <url>', 'URL of the job the function works on', jobUrlArgument)
    .option('--async', 'queue the call as an event and do not wait for it')
    .action((name: string, options: InvokeOptions, command: Command) => invoke(name, options, command, io));
}

async function invoke(name: string, options: InvokeOptions, command: Command, io: CliProcess): Promise<void> {
  const context = functionsOf(command, io);
  const url = await jobUrl(options, context);
  const response = await context.functions.send({
    method: 'POST',
    path: `/2015-03-31/functions/${encodeURIComponent(name)}/invocations`,
    headers: {
      'x-amz-invocation-type': options.async ? 'Event' : 'RequestResponse',
      ...(url !== undefined && { 'x-satchel-url': url }),
    },
    body: options.payload ?? '{}',
  });
  const requestId = response.headers.get('x-amzn-requestid') ?? '';
  const text = await response.text();
  if (options.async) {
    context.output.result({ accepted: true, requestId }, () => `accepted as ${requestId}`);
    return;
  }
  const payload: unknown = text === '' ? null : JSON.parse(text);
  if (response.headers.has('x-amz-function-error'))
    throw new SatchelError('failed', `function ${name} failed: ${failureOf(payload)}`);
  context.output.result(payload, () => JSON.stringify(payload, undefined, 2));
}

function jobUrl(options: InvokeOptions, context: CommandContext): Promise<string> | string | undefined {
  const { job, url } = options;
  if (job === undefined) return url;
  if (url !== undefined) throw new UsageError('--job and --url both name a job; give one of them');
  return withController(context, async (channel) => (await renewJob(channel, job)).url);
}

/** AWS Lambda's description of an error: `{errorType, errorMessage}`. */
function failureOf(payload: unknown): string {
  const { errorType, errorMessage } = (payload ?? {}) as { errorType?: unknown; errorMessage?: unknown };
  return typeof errorMessage === 'string' ? `${String(errorType)}: ${errorMessage}` : JSON.stringify(payload);
}
