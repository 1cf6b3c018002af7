import { hashOfBytes, Key } from '../key.js';
import { type ObjectMetadata, plainMetadata, type StoredObject } from '../tier-store.js';

/** A moment tests store as `createdMs`; it needs more than 32 bits. */
export const sampleMs = 1_760_000_000_123;

/** Metadata of a plain SET with some fields changed. */
export function sampleMetadata(changes: Partial<ObjectMetadata> = {}): ObjectMetadata {
  return { ...plainMetadata(sampleMs), ...changes };
}

/** `length` bytes that depend on every bit of `seed` and on their place, so that a misplaced block shows. */
export function sampleValue(length: number, seed: number): Buffer {
  const value = Buffer.allocUnsafe(length);
  let state = (seed ^ 0x9e3779b9) >>> 0;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    value[at] = state >>> 24;
  }
  return value;
}

/** The metadata fields of a found object, as a plain record. */
export function metadataOf(object: StoredObject): ObjectMetadata {
  const { createdMs, expiresAtMs, readsLeft, attempt, persist, manifest } = object;
  return { createdMs, expiresAtMs, readsLeft, attempt, persist, manifest };
}

/** The whole value of a found object. */
export async function readWhole(object: StoredObject): Promise<Buffer> {
  return readRange(object, 0, object.valueLength);
}

/** Bytes [from, to) of a found object, read to the middle of a buffer whose rest must stay untouched. */
export async function readRange(object: StoredObject, from: number, to: number): Promise<Buffer> {
  const margin = 8;
  const target = Buffer.alloc(to - from + 2 * margin, 0xee);
  await object.read(from, to, target, margin);
  const around = [...target.subarray(0, margin), ...target.subarray(target.length - margin)];
  if (around.some((byte) => byte !== 0xee)) throw new Error(`reading [${from}, ${to}) wrote outside its target`);
  return target.subarray(margin, target.length - margin);
}

/**
 * 2 ** `doublings` different keys of one identical 32-bit hash. A key's hash is a chain over its bytes, so two
 * colliding continuations after each of several collisions multiply (A. Joux, CRYPTO 2004).
 */
export function collidingKeys(doublings: number): Key[] {
  let keys: Buffer[] = [Buffer.from('collide-')];
  for (let step = 0; step < doublings; step++) {
    const [left, right] = collidingContinuations(keys[0] as Buffer);
    keys = keys.flatMap((key) => [Buffer.concat([key, left]), Buffer.concat([key, right])]);
  }
  return keys.map((key) => Key.of(key));
}

function collidingContinuations(prefix: Buffer): [Buffer, Buffer] {
  const seen = new Map<number, number>();
  const bytes = Buffer.concat([prefix, Buffer.alloc(4)]);
  for (let candidate = 0; ; candidate++) {
    bytes.writeUInt32LE(Math.imul(candidate, 0x9e3779b1) >>> 0, prefix.length);
    const hash = hashOfBytes(bytes, 0, bytes.length);
    const earlier = seen.get(hash);
    if (earlier !== undefined) return [continuation(earlier), continuation(candidate)];
    seen.set(hash, candidate);
  }
}

function continuation(candidate: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(Math.imul(candidate, 0x9e3779b1) >>> 0);
  return bytes;
}
