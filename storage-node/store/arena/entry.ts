import type { Tier } from '@satchel/proto/core';
import { entryWord, keyLengthMask, manifestBit, persistBit } from '@satchel/proto/shared-memory';
import type { Key } from '../key.js';
import type { ObjectMetadata, PinnedValue, StoredObject } from '../tier-store.js';
import type { ArenaMemory } from './arena-memory.js';
import { headerBytes } from './geometry.js';
import { u8, u32 } from './typed-access.js';

const two32 = 2 ** 32;
const inTwo32 = 2 ** -32;

export function keyLengthOf(words: Uint32Array, at: number): number {
  return u32(words, at + entryWord.key) & keyLengthMask;
}

/** Writes metadata, key length and access clock; the key's bytes and the value are written by others. */
export function writeHeader(words: Uint32Array, at: number, keyLength: number, clock: number, metadata: ObjectMetadata): void {
  words[at + entryWord.key] =
    keyLength | (metadata.persist ? persistBit : 0) | (metadata.manifest ? manifestBit : 0) | (clock << 16);
  words[at + entryWord.created] = metadata.createdMs;
  words[at + entryWord.high] = highOf(metadata.createdMs) | (highOf(metadata.expiresAtMs) << 16);
  words[at + entryWord.expires] = metadata.expiresAtMs;
  words[at + entryWord.readsLeft] = metadata.readsLeft;
  words[at + entryWord.attempt] = metadata.attempt + 1;
}

function highOf(milliseconds: number): number {
  return milliseconds < two32 ? 0 : (milliseconds * inTwo32) & 0xffff;
}

export function accessClockOf(words: Uint32Array, at: number): number {
  return u32(words, at + entryWord.key) >>> 16;
}

/** Notes an access; writes only if the clock has moved on. */
export function touch(words: Uint32Array, at: number, clock: number): void {
  const word = u32(words, at + entryWord.key);
  if (word >>> 16 !== clock) words[at + entryWord.key] = (word & 0xffff) | (clock << 16);
}

const littleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/** Whether the entry's key is this one. Four bytes at a time: an entry's key begins at a word. */
export function keyEquals(words: Uint32Array, wordAt: number, bytes: Buffer, key: Key): boolean {
  const { buffer, start, end } = key;
  if (keyLengthOf(words, wordAt) !== end - start) return false;
  let at = start;
  if (littleEndian) {
    for (let word = wordAt + (headerBytes >>> 2); at + 4 <= end; at += 4, word++) {
      const four = u8(buffer, at) | (u8(buffer, at + 1) << 8) | (u8(buffer, at + 2) << 16) | (u8(buffer, at + 3) << 24);
      if (four !== (u32(words, word) | 0)) return false;
    }
  }
  const from = (wordAt << 2) + headerBytes - start;
  for (; at < end; at++) {
    if (u8(buffer, at) !== u8(bytes, from + at)) return false;
  }
  return true;
}

/** Reads values of entries; see values.ts. */
export interface ValueReader {
  read(ref: number, from: number, to: number, target: Buffer, targetStart: number): void;
  pin(ref: number, from: number, to: number): { pieces: Buffer[]; units: number[] };
  unpin(units: readonly number[]): void;
}

/** Bytes of a value below which copying is as good. */
const leastPinnedBytes = 64 * 1024;

/** The view of one entry that `find` and `scan` return; pointed at entry after entry. */
export class ArenaObject implements StoredObject, ObjectMetadata {
  readonly tier: Tier = 'dram';
  private readonly memory: ArenaMemory;
  private readonly values: ValueReader;
  private words: Uint32Array = new Uint32Array(0);
  private at = 0;
  private ref = 0;

  constructor(memory: ArenaMemory, values: ValueReader) {
    this.memory = memory;
    this.values = values;
  }

  point(ref: number): this {
    this.ref = ref;
    this.words = this.memory.wordsOf(ref);
    this.at = this.memory.wordAt(ref);
    return this;
  }

  get valueLength(): number {
    return u32(this.words, this.at + entryWord.valueLength);
  }

  get createdMs(): number {
    const high = u32(this.words, this.at + entryWord.high) & 0xffff;
    return high * two32 + u32(this.words, this.at + entryWord.created);
  }

  get expiresAtMs(): number {
    const high = u32(this.words, this.at + entryWord.high) >>> 16;
    const low = u32(this.words, this.at + entryWord.expires);
    return high === 0 ? low : high * two32 + low;
  }

  get readsLeft(): number {
    return u32(this.words, this.at + entryWord.readsLeft);
  }

  get attempt(): number {
    return u32(this.words, this.at + entryWord.attempt) - 1;
  }

  get persist(): boolean {
    return (u32(this.words, this.at + entryWord.key) & persistBit) !== 0;
  }

  get manifest(): boolean {
    return (u32(this.words, this.at + entryWord.key) & manifestBit) !== 0;
  }

  read(from: number, to: number, target: Buffer, targetStart: number): void {
    this.values.read(this.ref, from, to, target, targetStart);
  }

  pin(from: number, to: number): PinnedValue | undefined {
    if (to - from < leastPinnedBytes) return undefined;
    const { values } = this;
    const { pieces, units } = values.pin(this.ref, from, to);
    return { pieces, unpin: () => values.unpin(units) };
  }
}
