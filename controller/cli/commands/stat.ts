import { SatchelError } from '@satchel/proto/core';
import type { Command } from 'commander';
import type { CliProcess } from '../context.js';
import { newDataCommand, withStore } from '../data-command.js';
import { fields } from '../output.js';
import type { OpenStore } from '../store.js';

/** `stat KEY`: an object's metadata. */
export function addStat(parent: Command, io: CliProcess, open?: OpenStore): void {
  newDataCommand(parent, 'stat <key>', "an object's size, tier and other metadata").action(
    (key: string, _options: unknown, command: Command) => stat(key, command, io, open),
  );
}

function stat(key: string, command: Command, io: CliProcess, open: OpenStore | undefined): Promise<void> {
  return withStore(
    command,
    io,
    async (store, { output }) => {
      const facts = await store.stat(key);
      if (facts === undefined) throw new SatchelError('not-found', `there is no object '${key}'`);
      const document = { key, ...facts };
      output.result(document, () => fields(Object.entries(document).map(([name, value]) => [name, textOf(value)])));
    },
    open,
  );
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '-';
  return value instanceof Date ? value.toISOString() : String(value);
}
