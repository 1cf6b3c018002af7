import { SatchelError } from '@satchel/proto/core';
import type { Command } from 'commander';
import { addressArgument, environmentValue } from './arguments.js';
import { type CliProcess, type CommandContext, contextOf, newCommand } from './context.js';
import { withProgress } from './progress.js';

/** A function's settings, as the functions API lists them. */
export interface FunctionDocument {
  readonly name: string;
  readonly handler: string;
  readonly memoryMiB: number;
  readonly timeoutSeconds: number;
  readonly version: string;
  readonly deployedAtMs: number;
}

/** A request to the functions API. */
interface FunctionsRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** The functions API of one address. */
export interface FunctionsApi {
  /** Sends a request; what is not answered with success is a SatchelError with the API's message. */
  send(request: FunctionsRequest): Promise<Response>;
}

/** A command that talks to the functions API: adds --faas. */
export function newFunctionCommand(parent: Command, usage: string, description: string): Command {
  return newCommand(parent, usage, description).option(
    '--faas <host:port>',
    'the functions API (default: SATCHEL_FUNCTIONS, or 127.0.0.1:7420)',
    addressArgument,
  );
}

/** The command's context, and the API at --faas, SATCHEL_FUNCTIONS or the default port. */
export function functionsOf(command: Command, io: CliProcess): CommandContext & { readonly functions: FunctionsApi } {
  const given: string | undefined = command.opts()['faas'];
  const environment = io.env['SATCHEL_FUNCTIONS'];
  const named = environment ? environmentValue('SATCHEL_FUNCTIONS', environment, addressArgument) : undefined;
  const address = given ?? named ?? '127.0.0.1:7420';
  return {
    ...contextOf(command, io),
    functions: { send: (request) => withProgress(io, `waiting for the functions at ${address}`, () => send(address, request)) },
  };
}

async function send(address: string, { method, path, headers = {}, body }: FunctionsRequest): Promise<Response> {
  let response: Response;
  try {
    const content = body === undefined ? {} : { body };
    response = await fetch(`http://${address}${path}`, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...content,
    });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new SatchelError('unavailable', `the functions at ${address} cannot be reached: ${cause}`, { cause: error });
  }
  if (response.ok) return response;
  throw new SatchelError('failed', await messageOf(response));
}

async function messageOf(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const body = JSON.parse(text) as { Message?: unknown; message?: unknown } | null;
    const message = body?.Message ?? body?.message;
    if (typeof message === 'string') return message;
  } catch {
    // Not one of ours; its text is all there is.
  }
  return `the functions API answered ${response.status}: ${text}`;
}
