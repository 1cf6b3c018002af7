import { SatchelError, type Stripe } from '@satchel/proto/core';
import type { Reply } from '@satchel/proto/resp';
import type { ObjectKey } from '../call.js';

/** What a shard answers in place of a striped value: where its chunks are, and which bytes were asked for. */
export class StripedValue implements Stripe {
  readonly key: Buffer;
  readonly version: string;
  readonly size: number;
  readonly chunkBytes: number;
  /** The bytes [from, to) that were asked for. */
  readonly from: number;
  readonly to: number;

  constructor(key: ObjectKey, { version, size, chunkBytes }: Stripe, from = 0, to = size) {
    this.key = keyBytes(key);
    this.version = version;
    this.size = size;
    this.chunkBytes = chunkBytes;
    this.from = from;
    this.to = to;
  }
}

/** A key as bytes of its own. */
export function keyBytes(key: ObjectKey): Buffer {
  return typeof key === 'string' ? Buffer.from(key) : Buffer.from(key);
}

/** A value, what is needed to fetch it, or undefined if there is none. */
export function decodeMaybeStriped(reply: Reply): Buffer | StripedValue | undefined {
  if (Buffer.isBuffer(reply)) return reply;
  if (reply === null) return undefined;
  if (Array.isArray(reply)) return stripedOf(reply);
  throw new SatchelError('internal', `the shard answered ${typeof reply} where a value was expected`);
}

function stripedOf([, key, version, size, chunkBytes, from, to]: readonly Reply[]): StripedValue {
  const numbers = [size, chunkBytes, from, to].map(Number);
  if (!Buffer.isBuffer(key) || !numbers.every(Number.isSafeInteger)) {
    throw new SatchelError('internal', 'the description of a striped value cannot be read');
  }
  const [wholeBytes = 0, eachBytes = 0, first = 0, last = 0] = numbers;
  return new StripedValue(key, { version: String(version), size: wholeBytes, chunkBytes: eachBytes }, first, last);
}
