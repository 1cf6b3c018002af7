import { constants } from 'node:buffer';
import { type ChunkPart, chunkKey, chunkParts, SatchelError } from '@satchel/proto/core';
import type { CallOptions } from '../call.js';
import { decodeValue } from '../decode.js';
import { objectStatOf } from '../object-stat.js';
import { lanesOf, type StripeStore } from './stripe-store.js';
import type { StripedValue } from './striped-value.js';

/** Reads a striped value, or the range of it that was asked for, its chunks in parallel. Rejects with `gone` if it is replaced meanwhile. */
export async function readStriped(store: StripeStore, value: StripedValue, options?: CallOptions): Promise<Buffer> {
  const bytes = value.to - value.from;
  if (bytes > constants.MAX_LENGTH) {
    throw new SatchelError(
      'too-large',
      `the value has ${bytes} bytes, a Buffer at most ${constants.MAX_LENGTH}; read it with getStream`,
    );
  }
  const target = Buffer.allocUnsafeSlow(bytes);
  let at = 0;
  for await (const chunk of streamStriped(store, value, options)) {
    chunk.copy(target, at);
    at += chunk.length;
  }
  return target;
}

/** The bytes of a striped value in order, read ahead by no more than settings.windowBytes. Throws `gone` if it is replaced meanwhile. */
export async function* streamStriped(
  store: StripeStore,
  value: StripedValue,
  options?: CallOptions,
): AsyncGenerator<Buffer, void, undefined> {
  const parts = chunkParts(value, value.from, value.to);
  const ahead: Promise<Buffer>[] = [];
  const lanes = lanesOf(store.settings, value.chunkBytes);
  const fill = (): void => {
    while (ahead.length < lanes) {
      const next = parts.next();
      if (next.done) return;
      const reading = readPart(store, value, next.value, options);
      // It is looked at in its turn.
      reading.catch(() => {});
      ahead.push(reading);
    }
  };
  fill();
  for (let first = ahead.shift(); first !== undefined; first = ahead.shift()) {
    const bytes = await first;
    fill();
    yield bytes;
  }
}

async function readPart(
  store: StripeStore,
  value: StripedValue,
  part: ChunkPart,
  options: CallOptions | undefined,
): Promise<Buffer> {
  const { index, from, to } = part;
  const key = chunkKey({ version: value.version, index, key: value.key });
  const there = store.local(key, from, to) ?? (await readRemote(store, value, key, part, options));
  if (there?.length === to - from) return there;
  throw new SatchelError('internal', `chunk ${index} has ${there.length} bytes where ${to - from} were expected`);
}

async function readRemote(
  store: StripeStore,
  value: StripedValue,
  key: Buffer,
  { from, to }: ChunkPart,
  options: CallOptions | undefined,
): Promise<Buffer> {
  let lost: SatchelError | undefined;
  try {
    const bytes = await store.call(key, ['SATCHEL.STRIPEGET', key, from, to], decodeValue, true, options);
    if (bytes !== undefined) return bytes;
  } catch (error) {
    if (!(error instanceof SatchelError) || error.code !== 'lost') throw error;
    lost = error;
  }
  const stat = await store.call(value.key, ['SATCHEL.STAT', value.key], objectStatOf, true, options);
  if (stat?.stripe?.version !== value.version) throw goneError(value.key);
  throw lost ?? new SatchelError('lost', `a chunk of '${String(value.key)}' is missing; put the object again`);
}

/** The error of whoever reads an object that is replaced or removed meanwhile. */
export function goneError(key: Uint8Array | string): SatchelError {
  const name = typeof key === 'string' ? key : Buffer.from(key).toString();
  return new SatchelError('gone', `'${name}' was replaced or removed while it was read; read it again`);
}
