import type { Command } from 'commander';
import { controllersArgument, environmentValue } from './arguments.js';
import { Output } from './output.js';

/** What a command sees of the process it runs in: `process` itself, or a test's stand-in. */
export interface CliProcess {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly env: NodeJS.ProcessEnv;
  on(event: NodeJS.Signals, listener: () => void): unknown;
  off(event: NodeJS.Signals, listener: () => void): unknown;
}

/** Where a controller listens unless told otherwise. */
const defaultController = '127.0.0.1:7400';

/** Options that every command takes. */
interface CommonOptions {
  readonly json?: boolean;
  readonly controller?: string;
}

/** What a command works with once its line is parsed. */
export interface CommandContext {
  readonly io: CliProcess;
  readonly output: Output;
  /** host:port of the controller, or of several. */
  readonly controller: string;
}

/** Adds --json and --controller; returns the command. */
export function addCommonOptions(command: Command): Command {
  return command
    .option('--json', 'print one JSON document on stdout')
    .option(
      '--controller <host:port>',
      'the controller, or several with commas between (default: SATCHEL_CONTROLLER, or 127.0.0.1:7400)',
      controllersArgument,
    );
}

/** A new command under `parent` with the options every command takes. */
export function newCommand(parent: Command, usage: string, description: string): Command {
  return addCommonOptions(parent.command(usage).description(description));
}

/** The context of a parsed command; common options may stand before or after the command's name. */
export function contextOf(command: Command, io: CliProcess): CommandContext {
  const options: CommonOptions = command.optsWithGlobals();
  const environment = io.env['SATCHEL_CONTROLLER'];
  const named = environment ? environmentValue('SATCHEL_CONTROLLER', environment, controllersArgument) : undefined;
  return { io, output: new Output(io, options.json === true), controller: options.controller ?? named ?? defaultController };
}
