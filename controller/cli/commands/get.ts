import { isUtf8 } from 'node:buffer';
import { SatchelError } from '@satchel/proto/core';
import type { Command } from 'commander';
import type { CliProcess } from '../context.js';
import { newDataCommand, withStore } from '../data-command.js';
import type { OpenStore } from '../store.js';

/** `get KEY`: the object's bytes on stdout, as they are. */
export function addGet(parent: Command, io: CliProcess, open?: OpenStore): void {
  newDataCommand(parent, 'get <key>', 'write an object to standard output, byte for byte').action(
    (key: string, _options: unknown, command: Command) => get(key, command, io, open),
  );
}

function get(key: string, command: Command, io: CliProcess, open: OpenStore | undefined): Promise<void> {
  return withStore(
    command,
    io,
    async (store, { output }) => {
      if (!output.json) {
        for await (const piece of store.getStream(key)) await output.bytes(piece);
        return;
      }
      const value = await store.get(key);
      if (value === undefined) throw new SatchelError('not-found', `there is no object '${key}'`);
      output.result(valueDocument(key, value), () => '');
    },
    open,
  );
}

/** JSON holds text only: bytes that are no UTF-8 come in base64. */
function valueDocument(key: string, value: Uint8Array): object {
  const encoding = isUtf8(value) ? 'utf8' : 'base64';
  return { key, size: value.length, encoding, value: Buffer.from(value).toString(encoding) };
}
