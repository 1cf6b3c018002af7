import { type Stripe, stripeVersionCharacters } from '@satchel/proto/core';
import type { ReplyWriter } from '@satchel/proto/resp';
import type { StoredObject } from '../../store/tier-store.js';
import { endOfReply, firstElement, wordAt } from '../reply-version.js';

/** What a reader is given in place of a striped value, or of a part of it, to fetch the chunks itself. */
export interface StripedValue extends Stripe {
  /** Of the object. */
  readonly key: Buffer;
  /** The bytes [from, to) that were asked for. */
  readonly from: number;
  readonly to: number;
}

const manifestBytes = stripeVersionCharacters + 8 + 4;

/** What is stored under the key of a striped object: version, size (f64), bytes of a chunk (u32), little endian. */
export function encodeManifest({ version, size, chunkBytes }: Stripe): Buffer {
  const bytes = Buffer.alloc(manifestBytes);
  bytes.write(version, 0, 'latin1');
  bytes.writeDoubleLE(size, stripeVersionCharacters);
  bytes.writeUInt32LE(chunkBytes, stripeVersionCharacters + 8);
  return bytes;
}

export function decodeManifest(bytes: Buffer): Stripe {
  return {
    version: bytes.toString('latin1', 0, stripeVersionCharacters),
    size: bytes.readDoubleLE(stripeVersionCharacters),
    chunkBytes: bytes.readUInt32LE(stripeVersionCharacters + 8),
  };
}

/** What the manifest that was found says; at once if its tier can. */
export function stripeOf(object: StoredObject): Stripe | Promise<Stripe> {
  const bytes = Buffer.alloc(manifestBytes);
  const reading = object.read(0, manifestBytes, bytes, 0);
  return reading === undefined ? decodeManifest(bytes) : reading.then(() => decodeManifest(bytes));
}

/** The whole value of a striped object. */
export function wholeStriped(key: Buffer, stripe: Stripe): StripedValue {
  return { ...stripe, key, from: 0, to: stripe.size };
}

const elements = 7;

/** Writes the striped value as the array that readers who know stripes get. */
export function writeStriped(reply: ReplyWriter, { key, version, size, chunkBytes, from, to }: StripedValue): void {
  reply.array(elements);
  reply.text('satchel.stripe');
  reply.bulk(key);
  reply.text(version);
  for (const number of [size, chunkBytes, from, to]) reply.integer(number);
}

/** Reads what {@link writeStriped} wrote at `start`. */
export function readStriped(bytes: Buffer, start: number): StripedValue {
  const ends = [firstElement(bytes, start)];
  for (let index = 0; index < elements; index++) ends.push(endOfReply(bytes, ends[index] as number));
  const word = (index: number): string => wordAt(bytes, ends[index] as number, ends[index + 1] as number);
  const number = (index: number): number => Number(word(index));
  const key = Buffer.from(word(1), 'latin1');
  return { key, version: word(2), size: number(3), chunkBytes: number(4), from: number(5), to: number(6) };
}
