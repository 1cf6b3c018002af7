import { SatchelError } from '@satchel/proto/core';
import type { Command } from 'commander';
import type { CliProcess } from '../context.js';
import { newDataCommand, withStore } from '../data-command.js';
import type { OpenStore } from '../store.js';

/** `rm KEY`: removes an object. */
export function addRm(parent: Command, io: CliProcess, open?: OpenStore): void {
  newDataCommand(parent, 'rm <key>', 'remove an object').action((key: string, _options: unknown, command: Command) =>
    rm(key, command, io, open),
  );
}

function rm(key: string, command: Command, io: CliProcess, open: OpenStore | undefined): Promise<void> {
  return withStore(
    command,
    io,
    async (store, { output }) => {
      if (!(await store.delete(key))) throw new SatchelError('not-found', `there is no object '${key}'`);
      output.result({ key, deleted: true }, () => `${key} is removed`);
    },
    open,
  );
}
