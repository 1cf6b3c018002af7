import { SatchelError } from './errors.js';
import { limits } from './limits.js';

/** One version of a striped object: what its manifest says of it. */
export interface Stripe {
  /** {@link stripeVersionCharacters} of base64url, chosen anew for every put. */
  readonly version: string;
  /** Bytes of the whole value. */
  readonly size: number;
  /** Bytes of every chunk but the last. */
  readonly chunkBytes: number;
}

/** 96 bits: two puts never have the same version. */
export const stripeVersionCharacters = 16;

const prefix = Buffer.from('\0stripe{', 'latin1');
const versionEnd = prefix.length + stripeVersionCharacters;
const point = 0x2e;
const closeBrace = 0x7d;
const digitZero = 0x30;

/** Longest key of a chunk: the object's key and what is before it. */
export const chunkKeyBytes = limits.keyBytes + versionEnd + 1 + String(limits.stripeChunks).length + 1;

/** What a chunk's key says. */
export interface ChunkName {
  readonly version: string;
  readonly index: number;
  /** The key of the object it is part of. */
  readonly key: Buffer;
}

/**
 * The key under which a chunk is stored: `\0stripe{VERSION.INDEX}KEY`. The tag spreads the chunks over the job's slots; the
 * object's key tells whoever finds a chunk whose it is. No client can name such a key in commands on objects.
 */
export function chunkKey({
  version,
  index,
  key,
}: {
  readonly version: string;
  readonly index: number;
  readonly key: Uint8Array;
}): Buffer {
  return Buffer.concat([prefix, Buffer.from(`${version}.${index}}`, 'latin1'), key]);
}

/** Whether `bytes[start, end)` is reserved for chunks. */
export function isChunkKey(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start] !== 0 || end - start < prefix.length) return false;
  for (let at = 1; at < prefix.length; at++) if (bytes[start + at] !== prefix[at]) return false;
  return true;
}

/** Reads a chunk's key; throws `invalid-argument` if `bytes[start, end)` is none. The object's key is a copy. */
export function parseChunkKey(bytes: Uint8Array, start: number, end: number): ChunkName {
  let at = start + versionEnd + 1;
  let index = 0;
  for (let digit = (bytes[at] ?? 0) - digitZero; at < end && digit >= 0 && digit <= 9; digit = (bytes[++at] ?? 0) - digitZero) {
    index = index * 10 + digit;
  }
  const digits = at - start - versionEnd - 1;
  const sound = isChunkKey(bytes, start, end) && bytes[start + versionEnd] === point && bytes[at] === closeBrace && at < end;
  if (!sound || digits < 1 || digits > 9) throw new SatchelError('invalid-argument', 'the key is not one of a chunk');
  const version = Buffer.from(bytes.subarray(start + prefix.length, start + versionEnd)).toString('latin1');
  return { version: checkedVersion(version), index, key: Buffer.from(bytes.subarray(at + 1, end)) };
}

/** A stripe with sound numbers; throws `invalid-argument` or `too-large` naming what is wrong. */
export function checkedStripe(stripe: Stripe): Stripe {
  const { version, size, chunkBytes } = stripe;
  checkedVersion(version);
  if (!Number.isSafeInteger(size) || size < 1) {
    throw new SatchelError('invalid-argument', `the size is ${size}; it must be a whole number from 1`);
  }
  if (!Number.isSafeInteger(chunkBytes) || chunkBytes < limits.leastStripeChunkBytes || chunkBytes > limits.stripeChunkBytes) {
    throw new SatchelError(
      'invalid-argument',
      `chunks have ${chunkBytes} bytes; it must be ${limits.leastStripeChunkBytes} to ${limits.stripeChunkBytes}`,
    );
  }
  if (chunkCount(stripe) > limits.stripeChunks) {
    throw new SatchelError('too-large', `the object has ${chunkCount(stripe)} chunks, the limit is ${limits.stripeChunks}`);
  }
  return stripe;
}

/** Chunks of a stripe. */
export function chunkCount({ size, chunkBytes }: Pick<Stripe, 'size' | 'chunkBytes'>): number {
  return Math.ceil(size / chunkBytes);
}

/** Bytes of one chunk. */
export function chunkLength({ size, chunkBytes }: Pick<Stripe, 'size' | 'chunkBytes'>, index: number): number {
  return Math.min(chunkBytes, size - index * chunkBytes);
}

/** A part of a chunk that a range of the value needs. */
export interface ChunkPart {
  readonly index: number;
  /** Within the chunk. */
  readonly from: number;
  readonly to: number;
}

/** The parts of chunks that make up bytes [from, to) of the value, in order. */
export function* chunkParts(
  { chunkBytes }: Pick<Stripe, 'chunkBytes'>,
  from: number,
  to: number,
): Generator<ChunkPart, void, undefined> {
  for (let at = from; at < to; ) {
    const index = Math.floor(at / chunkBytes);
    const start = index * chunkBytes;
    const end = Math.min(to, start + chunkBytes);
    yield { index, from: at - start, to: end - start };
    at = end;
  }
}

function checkedVersion(version: string): string {
  if (/^[A-Za-z0-9_-]{16}$/.test(version)) return version;
  throw new SatchelError('invalid-argument', `a version has ${stripeVersionCharacters} characters of base64url`);
}
