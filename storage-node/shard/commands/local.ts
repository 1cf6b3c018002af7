import { layoutVersion } from '@satchel/proto/shared-memory';
import type { Command, CommandContext } from '../command.js';
import { countArgument } from './arguments.js';

/** Reads that one report may tell of; a client reports every second. */
const mostReads = 1e9;
const mostBytes = 1e15;

/**
 * SATCHEL.ARENA: where processes of this host find the job's objects on this very shard. A map: `folder`, relative to the node's socket folder,
 * nil if there is nothing to be read; then `reason` says why.
 */
function arena({ job, reply }: CommandContext): void {
  // Who reads in place leaves no trace of use, by which a cache decides what to drop.
  const published = job.configuration.evict === 'lru' ? { reason: 'the job is a cache' } : job.share();
  reply.map(3);
  reply.text('layout');
  reply.integer(layoutVersion);
  reply.text('folder');
  if ('folder' in published) reply.bulk(Buffer.from(published.folder));
  else reply.nil();
  reply.text('reason');
  reply.bulk(Buffer.from('reason' in published ? published.reason : ''));
}

/** SATCHEL.LOCALREADS count bytes: what a client read in place since its last report. */
function localReads({ args, job, reply }: CommandContext): void {
  const count = countArgument(args, 1, 'the number of reads');
  const bytes = countArgument(args, 2, 'the number of bytes');
  job.usage.localReads += Math.min(count, mostReads);
  job.usage.localBytes += Math.min(bytes, mostBytes);
  reply.ok();
}

/** Commands of clients that read in place. They concern the shard that answers, whichever way it is reached. */
export const localCommands: readonly Command[] = [
  { name: 'satchel.arena', arity: 1, scope: 'connection', verb: 'read', flags: ['fast'], run: arena },
  { name: 'satchel.localreads', arity: 3, scope: 'connection', verb: 'read', flags: ['fast'], run: localReads },
];
