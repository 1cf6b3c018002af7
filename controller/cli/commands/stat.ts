import type { ObjectStat } from '@satchel/client';
import { formatBytes, formatDuration, SatchelError } from '@satchel/proto/core';
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
      output.result(statDocument(key, facts), () => describe(key, facts));
    },
    open,
  );
}

/** The fields of SATCHEL.STAT; what does not apply is null. */
function statDocument(key: string, { ttlMs, readsLeft, attempt, createdMs, ...same }: ObjectStat): object {
  return { key, ...same, ttl: ttlMs ?? null, reads: readsLeft ?? null, attempt: attempt ?? null, created: createdMs };
}

function describe(key: string, { size, tier, ttlMs, persist, readsLeft, attempt, createdMs }: ObjectStat): string {
  return fields([
    ['key', key],
    ['size', formatBytes(size)],
    ['tier', tier],
    ['ttl', ttlMs === undefined ? 'none' : formatDuration(ttlMs)],
    ['persist', persist ? 'yes' : 'no'],
    ['reads left', String(readsLeft ?? 'any number')],
    ['attempt', String(attempt ?? 'none')],
    ['created', new Date(createdMs).toISOString()],
  ]);
}
