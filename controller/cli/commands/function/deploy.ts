import { resolve } from 'node:path';
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { durationMsArgument, positiveBytesArgument } from '../../arguments.js';
import type { CliProcess } from '../../context.js';
import { type FunctionDocument, functionsOf, newFunctionCommand } from '../../functions-api.js';

interface DeployOptions {
  readonly handler?: string;
  readonly memory?: number;
  readonly timeout?: number;
  readonly env: Record<string, string>;
}

/** `function deploy NAME DIR`: deploys a folder with a handler. */
export function addFunctionDeploy(parent: Command, io: CliProcess): void {
  newFunctionCommand(parent, 'deploy <name> <dir>', 'deploy a folder as a function')
    .option('--handler <module.export>', 'where the function is (default: index.handler)')
    .option('--memory <size>', 'memory of one sandbox, in whole MiB', memoryMiBArgument)
    .option('--timeout <duration>', 'a call that takes longer fails', durationMsArgument)
    .option('--env <NAME=VALUE>', 'environment variable; may be repeated', variableArgument, {})
    .action((name: string, dir: string, options: DeployOptions, command: Command) => deploy(name, dir, options, command, io));
}

async function deploy(name: string, dir: string, options: DeployOptions, command: Command, io: CliProcess): Promise<void> {
  const context = functionsOf(command, io);
  const request = {
    directory: resolve(dir),
    handler: options.handler,
    memoryMiB: options.memory,
    timeoutSeconds: options.timeout === undefined ? undefined : options.timeout / 1000,
    environment: Object.keys(options.env).length === 0 ? undefined : options.env,
  };
  const path = `/satchel/functions/${encodeURIComponent(name)}`;
  const response = await context.functions.send({ method: 'PUT', path, body: JSON.stringify(request) });
  const deployed = (await response.json()) as FunctionDocument;
  context.output.result(deployed, () => `function ${deployed.name} is deployed, version ${deployed.version}`);
}

function memoryMiBArgument(text: string): number {
  const mebibytes = positiveBytesArgument(text) / 2 ** 20;
  if (Number.isInteger(mebibytes)) return mebibytes;
  throw new InvalidArgumentError(`'${text}' is not a whole number of MiB.`);
}

function variableArgument(text: string, before: Record<string, string>): Record<string, string> {
  const equals = text.indexOf('=');
  if (equals <= 0) throw new InvalidArgumentError(`'${text}' is not NAME=VALUE.`);
  return { ...before, [text.slice(0, equals)]: text.slice(equals + 1) };
}
