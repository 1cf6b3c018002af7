import { chunkKeyBytes, isChunkKey, limits, persistPrefix, SatchelError } from '@satchel/proto/core';
import type { CommandArguments } from '@satchel/proto/resp';
import type { Command, KeyPositions } from './command.js';
import { lastKeyIndex } from './job-routing.js';

/** Refuses keys beyond the limit, and those kept for chunks. A key that begins with `@persist/` may be longer by that. */
export function checkKeys(command: Command, keys: KeyPositions, args: CommandArguments): void {
  const last = lastKeyIndex(keys, args.count);
  for (let index = keys.first; index <= last; index += keys.step) checkKey(command, args, index);
}

/** As `checkKeys`, of the key that is argument `index`. */
export function checkKey(command: Command, args: CommandArguments, index: number): void {
  const isChunk = isChunkKey(args.buffer, args.start(index), args.end(index));
  if (isChunk !== (command.chunks === true)) throw chunkKeyRefusal(isChunk);
  const length = args.end(index) - args.start(index);
  if (length > limits.keyBytes && length > limits.keyBytes + (isChunk ? chunkKeyBytes : allowance(args, index))) {
    throw new SatchelError('too-large', `a key has ${length} bytes, the limit is ${limits.keyBytes}`);
  }
}

function chunkKeyRefusal(isChunk: boolean): SatchelError {
  const why = isChunk
    ? "keys that begin with '\\0stripe{' are kept for chunks of striped objects"
    : 'the key is not one of a chunk';
  return new SatchelError('invalid-argument', why);
}

function allowance(args: CommandArguments, index: number): number {
  const start = args.start(index);
  return args.buffer.toString('latin1', start, start + persistPrefix.length) === persistPrefix ? persistPrefix.length : 0;
}
