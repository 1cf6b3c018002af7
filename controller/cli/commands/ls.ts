import type { Command } from 'commander';
import type { CliProcess } from '../context.js';
import { newDataCommand, withStore } from '../data-command.js';
import type { OpenStore } from '../store.js';

/** `ls [PREFIX]`: the job's keys, sorted. */
export function addLs(parent: Command, io: CliProcess, open?: OpenStore): void {
  newDataCommand(parent, 'ls [prefix]', 'list keys').action((prefix: string | undefined, _options: unknown, command: Command) =>
    ls(prefix ?? '', command, io, open),
  );
}

function ls(prefix: string, command: Command, io: CliProcess, open: OpenStore | undefined): Promise<void> {
  return withStore(
    command,
    io,
    async (store, { output }) => {
      const keys: string[] = [];
      for await (const key of store.list(prefix)) keys.push(key);
      keys.sort();
      if (output.json || keys.length > 0) output.result({ keys }, () => keys.join('\n'));
    },
    open,
  );
}
