import { Readable } from 'node:stream';
import { SatchelError } from '@satchel/proto/core';
import type { ObjectKey } from './call.js';
import type { ObjectStat } from './object-stat.js';
import { goneError } from './striping/stripe-reader.js';

/** Ranges on their way at a time, so that their shard need not wait for the reader between two. */
const chunksAhead = 3;

export interface StreamOptions {
  /** Bytes read at a time; the stream holds up to five times as many. Default 1 MiB. */
  readonly chunkBytes?: number;
  /** Ends the stream with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What a stream needs of a store. */
export interface RangeSource {
  get(key: ObjectKey, options?: { readonly signal?: AbortSignal }): Promise<Buffer | undefined>;
  getRange(key: ObjectKey, from: number, to: number, options?: { readonly signal?: AbortSignal }): Promise<Buffer>;
  stat(key: ObjectKey, options?: { readonly signal?: AbortSignal }): Promise<ObjectStat | undefined>;
  /** The value of a striped object, chunk by chunk. */
  chunks(key: ObjectKey, stat: ObjectStat, options?: { readonly signal?: AbortSignal }): AsyncIterable<Buffer>;
}

/** The value of `key` as a stream of its ranges. */
export function readRanges(source: RangeSource, key: ObjectKey, options: StreamOptions = {}): Readable {
  const chunkBytes = options.chunkBytes ?? 1024 * 1024;
  const call = options.signal && { signal: options.signal };
  return Readable.from(ranges(source, key, chunkBytes, call), { objectMode: false, highWaterMark: chunkBytes });
}

async function* ranges(
  source: RangeSource,
  key: ObjectKey,
  chunkBytes: number,
  call: { readonly signal: AbortSignal } | undefined,
): AsyncGenerator<Buffer> {
  const first = await source.stat(key, call);
  if (first === undefined) throw missing(key);
  if (first.stripe !== undefined) {
    yield* source.chunks(key, first, call);
    return;
  }
  if (first.size <= chunkBytes || first.readsLeft !== undefined) {
    const value = await source.get(key, call);
    if (value === undefined) throw missing(key);
    yield value;
    return;
  }
  const read = async (from: number): Promise<Buffer> => {
    // The object that is there after the range was read is the one that was there before: the range is a part of it.
    const [bytes, after] = await Promise.all([source.getRange(key, from, from + chunkBytes, call), source.stat(key, call)]);
    if (isSame(first, after) && bytes.length === Math.min(chunkBytes, first.size - from)) return bytes;
    throw goneError(key);
  };
  const ahead: Promise<Buffer>[] = [];
  for (let from = 0; from < first.size || ahead.length > 0; ) {
    for (; from < first.size && ahead.length < chunksAhead; from += chunkBytes) {
      const bytes = read(from);
      // Whoever ends the stream early is not told of what was read in vain.
      bytes.catch(() => {});
      ahead.push(bytes);
    }
    yield (await ahead.shift()) as Buffer;
  }
}

function isSame(before: ObjectStat, after: ObjectStat | undefined): boolean {
  return (
    after !== undefined && after.createdMs === before.createdMs && after.size === before.size && after.attempt === before.attempt
  );
}

function missing(key: ObjectKey): SatchelError {
  return new SatchelError('not-found', `there is no object '${String(key)}'`);
}
