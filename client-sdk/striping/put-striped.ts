import { SatchelError } from '@satchel/proto/core';
import type { ObjectKey } from '../call.js';
import { ChunkedValue } from '../chunked-value.js';
import type { PutOptions } from '../put-command.js';
import { chunksOf, chunksOfStream } from './chunks.js';
import type { StripeStore } from './stripe-store.js';
import { StripeWriter } from './stripe-writer.js';

/** Stores a value that is not striped. */
export type PutPlain = (value: Uint8Array | ChunkedValue) => Promise<boolean>;

/** Stores a value in chunks; one that is no longer than a chunk as it is. */
export async function putStriped(
  store: StripeStore,
  key: ObjectKey,
  value: Uint8Array,
  options: PutOptions | undefined,
  putPlain: PutPlain,
): Promise<boolean> {
  if (value.length <= store.settings.chunkBytes) return putPlain(value);
  const writer = new StripeWriter(store, key, options);
  return write(writer, chunksOf(value, store.settings.chunkBytes));
}

/**
 * Stores what a stream delivers: in chunks from the start if `options.stripe` asks for it, else once it is longer than
 * settings.fromBytes; until then it is held in memory.
 */
export async function putStriping(
  store: StripeStore,
  key: ObjectKey,
  source: AsyncIterable<Uint8Array | string>,
  options: PutOptions | undefined,
  putPlain: PutPlain,
): Promise<boolean> {
  const { chunkBytes, fromBytes } = store.settings;
  const plainBytes = options?.stripe === true ? chunkBytes : fromBytes;
  let writer: StripeWriter | undefined;
  const chunks = chunksOfStream(source, chunkBytes, () => writer?.heard());
  const held: ChunkedValue[] = [];
  try {
    for (let bytes = 0; ; ) {
      const next = await chunks.next();
      options?.signal?.throwIfAborted();
      if (next.done) return await putPlain(joined(held));
      held.push(next.value);
      bytes += next.value.length;
      if (bytes > plainBytes) break;
    }
    writer = newWriter(store, key, options);
    return await write(writer, followed(held, chunks));
  } finally {
    // The source learns that nobody reads it any longer.
    await chunks.return();
  }
}

function newWriter(store: StripeStore, key: ObjectKey, options: PutOptions | undefined): StripeWriter {
  try {
    return new StripeWriter(store, key, options);
  } catch (error) {
    if (options?.stripe === true) throw error;
    throw new SatchelError(
      'too-large',
      `the stream exceeds ${store.settings.fromBytes} bytes, and ${SatchelError.from(error).message}`,
    );
  }
}

async function write(writer: StripeWriter, chunks: AsyncIterable<ChunkedValue> | Iterable<Uint8Array>): Promise<boolean> {
  let stored = false;
  try {
    for await (const chunk of chunks) await writer.add(chunk);
    stored = await writer.finish();
    return stored;
  } catch (error) {
    void writer.abort();
    throw error;
  }
}

async function* followed(held: ChunkedValue[], rest: AsyncIterable<ChunkedValue>): AsyncGenerator<ChunkedValue> {
  for (let chunk = held.shift(); chunk !== undefined; chunk = held.shift()) yield chunk;
  yield* rest;
}

function joined(held: readonly ChunkedValue[]): ChunkedValue {
  const value = new ChunkedValue();
  for (const { chunks } of held) for (const chunk of chunks) value.add(chunk);
  return value;
}
