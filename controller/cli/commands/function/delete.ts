import type { Command } from 'commander';
import type { CliProcess } from '../../context.js';
import { functionsOf, newFunctionCommand } from '../../functions-api.js';

/** `function delete NAME`: removes a function and its code. */
export function addFunctionDelete(parent: Command, io: CliProcess): void {
  newFunctionCommand(parent, 'delete <name>', 'remove a function').action((name: string, _options: unknown, command: Command) =>
    remove(name, command, io),
  );
}

async function remove(name: string, command: Command, io: CliProcess): Promise<void> {
  const context = functionsOf(command, io);
  await context.functions.send({ method: 'DELETE', path: `/satchel/functions/${encodeURIComponent(name)}` });
  context.output.result({ function: name, deleted: true }, () => `function ${name} is deleted`);
}
