import { randomNumbers } from '../../arena/churn.js';

/** Keys of a torture; the first few are changed most. */
export const tortureKeys = 30_000;
export const hotKeys = 64;
const baseBytes = 2 * 1024 * 1024;
const headerBytes = 12;
export const largestBytes = 1024 * 1024;

/** The same bytes in every process: values are pieces of them, so that bytes in a wrong place are noticed. */
const base = ((): Buffer => {
  const bytes = Buffer.alloc(baseBytes);
  const random = randomNumbers(99);
  for (let at = 0; at < baseBytes; at += 4) bytes.writeUInt32LE(Math.floor(random() * 2 ** 32), at);
  return bytes;
})();

function pieceStart(key: number, sequence: number): number {
  return (Math.imul(key + 1, 0x9e3779b1) ^ Math.imul(sequence, 0x85ebca6b)) & (baseBytes / 2 - 1);
}

/** Writes the value of a key after its change number `sequence`: both and its length, then bytes that follow from them. Returns its length. */
export function writeValue(target: Buffer, key: number, sequence: number, bytes: number): number {
  const length = Math.max(headerBytes, bytes);
  target.writeUInt32LE(key, 0);
  target.writeUInt32LE(sequence, 4);
  target.writeUInt32LE(length, 8);
  const start = pieceStart(key, sequence);
  base.copy(target, headerBytes, start, start + length - headerBytes);
  return length;
}

/** What is wrong with a value that was read for a key; its sequence number if nothing is. */
export function checkValue(value: Buffer, key: number): number | string {
  if (value.length < headerBytes) return `key ${key}: ${value.length} bytes`;
  const sequence = value.readUInt32LE(4);
  if (value.readUInt32LE(0) !== key) return `key ${key}: value of key ${value.readUInt32LE(0)}`;
  if (value.readUInt32LE(8) !== value.length) return `key ${key}: ${value.length} bytes instead of ${value.readUInt32LE(8)}`;
  const start = pieceStart(key, sequence);
  const end = start + value.length - headerBytes;
  return value.compare(base, start, end, headerBytes) === 0 ? sequence : `key ${key}: wrong bytes in value ${sequence}`;
}

/** Bytes [from, to) of the value of a key after change `sequence`, header aside. */
export function isPieceOf(bytes: Buffer, key: number, sequence: number, from: number): boolean {
  const start = pieceStart(key, sequence) + from - headerBytes;
  return bytes.compare(base, start, start + bytes.length) === 0;
}

/** Sizes of all classes: mostly small, some of several units, a few large, and the borders between them. */
export function tortureBytes(random: number, fraction: number): number {
  if (random < 0.6) return Math.floor(fraction * 2048);
  if (random < 0.9) return Math.floor(fraction * 20_000);
  if (random < 0.95) return 1024 * 2 ** Math.floor(fraction * 8) + (Math.floor(fraction * 8000) % 3) - 1;
  return Math.floor(fraction * (random < 0.999 ? 200_000 : largestBytes));
}
