import type { Command } from 'commander';
import type { CliProcess } from '../../context.js';
import { type FunctionDocument, functionsOf, newFunctionCommand } from '../../functions-api.js';
import { table } from '../../output.js';

/** `function list`: what is deployed. */
export function addFunctionList(parent: Command, io: CliProcess): void {
  newFunctionCommand(parent, 'list', 'list deployed functions').action((_options: unknown, command: Command) =>
    list(command, io),
  );
}

async function list(command: Command, io: CliProcess): Promise<void> {
  const context = functionsOf(command, io);
  const response = await context.functions.send({ method: 'GET', path: '/satchel/functions' });
  const document = (await response.json()) as { functions: FunctionDocument[] };
  context.output.result(document, () =>
    table(
      ['FUNCTION', 'HANDLER', 'MEMORY', 'TIMEOUT', 'VERSION', 'DEPLOYED'],
      document.functions.map(({ name, handler, memoryMiB, timeoutSeconds, version, deployedAtMs }) => [
        name,
        handler,
        `${memoryMiB} MiB`,
        `${timeoutSeconds} s`,
        version,
        new Date(deployedAtMs).toISOString(),
      ]),
      'no functions',
    ),
  );
}
