import type { ErrorCode, SatchelError } from '@satchel/proto/core';
import { Call, type ObjectKey } from './call.js';
import type { Cluster } from './cluster.js';
import { decodeFlag } from './decode.js';
import { type PutStreamOptions, putWords } from './put-command.js';
import { sizedChunks } from './stream-put.js';

/** Why a key cannot be read though it can be written. */
const nothingToRead: ReadonlySet<ErrorCode> = new Set(['lost', 'failed', 'permission-denied']);

/** Stores a stream of `size` bytes while it is read. The source is ended also when nothing of it was read. */
export async function putFlowing(
  cluster: Cluster,
  key: ObjectKey,
  source: AsyncIterable<Uint8Array | string>,
  size: number,
  options: PutStreamOptions,
): Promise<boolean> {
  try {
    const after = putWords(options);
    // This finds the owner, and lets earlier calls on the key go first.
    const first = new Call(cluster, key, ['EXISTS', key], decodeFlag, true, options);
    cluster.submit(first);
    await first.promise.catch((error: SatchelError) => {
      if (!nothingToRead.has(error.code)) throw error;
    });
    const before = [after.length === 0 ? 'SET' : 'SATCHEL.PUT', key];
    return await cluster.streamPut(key, options).send({ before, size, after }, sizedChunks(source, size));
  } catch (error) {
    await endSource(source);
    throw error;
  }
}

async function endSource(source: AsyncIterable<unknown>): Promise<void> {
  if ('destroy' in source && typeof source.destroy === 'function') source.destroy();
  else await source[Symbol.asyncIterator]().return?.();
}
