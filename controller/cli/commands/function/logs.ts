import type { Command } from 'commander';
import type { CliProcess } from '../../context.js';
import { functionsOf, newFunctionCommand } from '../../functions-api.js';

interface LogLine {
  readonly atMs: number;
  readonly requestId: string;
  readonly line: string;
}

/** `function logs NAME`: the newest lines the function printed. */
export function addFunctionLogs(parent: Command, io: CliProcess): void {
  newFunctionCommand(parent, 'logs <name>', 'the newest lines a function printed').action(
    (name: string, _options: unknown, command: Command) => logs(name, command, io),
  );
}

async function logs(name: string, command: Command, io: CliProcess): Promise<void> {
  const context = functionsOf(command, io);
  const response = await context.functions.send({ method: 'GET', path: `/satchel/functions/${encodeURIComponent(name)}/logs` });
  const document = (await response.json()) as { lines: LogLine[] };
  context.output.result(
    document,
    () =>
      document.lines.map(({ atMs, requestId, line }) => `${new Date(atMs).toISOString()} ${requestId} ${line}`).join('\n') ||
      'no lines',
  );
}
