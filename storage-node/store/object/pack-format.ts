import type { Key } from '../key.js';

/**
 * A pack holds values one after the other, each with its key so that a pack says what is in it:
 * key length u32, value length u32 (little endian), key, value.
 */
const headerBytes = 8;

/** Bytes a value takes in a pack. */
export function packedBytes(keyLength: number, valueLength: number): number {
  return headerBytes + keyLength + valueLength;
}

/** Where the value begins after its entry begins. */
export function valueOffset(keyLength: number): number {
  return headerBytes + keyLength;
}

/** An entry of a pack in a buffer of its own. */
export function packEntry(key: Key, value: Buffer, start: number, end: number): Buffer {
  const entry = entryWithoutValue(key, end - start);
  value.copy(entry, valueOffset(key.length), start, end);
  return entry;
}

/** Copying more than this takes longer than anybody should wait. */
const sliceBytes = 256 * 1024;

/** The same of a value in pieces, which is copied a slice per turn of the event loop. */
export async function packPieces(key: Key, pieces: readonly Buffer[], valueLength: number): Promise<Buffer> {
  const entry = entryWithoutValue(key, valueLength);
  let at = valueOffset(key.length);
  for (const piece of pieces) {
    for (let from = 0; from < piece.length; from += sliceBytes) {
      if (at > sliceBytes) await new Promise((resolve) => setImmediate(resolve));
      at += piece.copy(entry, at, from, Math.min(piece.length, from + sliceBytes));
    }
  }
  return entry;
}

/** An entry whose value is still to be copied in. */
function entryWithoutValue(key: Key, valueLength: number): Buffer {
  const entry = Buffer.allocUnsafeSlow(packedBytes(key.length, valueLength));
  entry.writeUInt32LE(key.length, 0);
  entry.writeUInt32LE(valueLength, 4);
  key.buffer.copy(entry, headerBytes, key.start, key.end);
  return entry;
}

/** One value as a pack tells it. */
export interface PackedValue {
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

/** The values of a pack in their order. */
export function* valuesOfPack(pack: Buffer): Generator<PackedValue> {
  for (let at = 0; at + headerBytes <= pack.length; ) {
    const keyStart = at + headerBytes;
    const keyEnd = keyStart + pack.readUInt32LE(at);
    const valueEnd = keyEnd + pack.readUInt32LE(at + 4);
    if (valueEnd > pack.length) return;
    yield { keyStart, keyEnd, valueStart: keyEnd, valueEnd };
    at = valueEnd;
  }
}
