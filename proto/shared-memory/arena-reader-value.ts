import type { ReaderMemory } from './arena-reader-memory.js';
import {
  blockCountOf,
  blockOrderAt,
  entryHeaderBytes,
  inlineListWords,
  largestBlockOrder,
  listWordsOf,
  tailOffsetOf,
} from './layout.js';

/** Up to this a byte loop is faster than a copy by the runtime. */
const loopBytes = 64;
const noBytes = Buffer.alloc(0);

/** Copies values out of an arena that may change meanwhile: what it copies may be wrong, but it never reads beyond what is mapped. */
export class ValueCopier {
  readonly #memory: ReaderMemory;
  readonly #unitShift: number;
  readonly #unitBytes: number;
  readonly #refShift: number;
  readonly #refMask: number;
  readonly #inlineWords: number;

  constructor(memory: ReaderMemory) {
    const { unitShift, segmentRefShift } = memory.shape;
    this.#memory = memory;
    this.#unitShift = unitShift;
    this.#unitBytes = 2 ** unitShift;
    this.#refShift = segmentRefShift;
    this.#refMask = 2 ** segmentRefShift - 1;
    this.#inlineWords = inlineListWords(this.#unitBytes);
  }

  /** Bytes [from, to) of the value of the entry at word `at` of a segment; undefined if it lies nowhere. */
  copy(segment: number, at: number, keyLength: number, valueLength: number, from: number, to: number): Buffer | undefined {
    if (to <= from) return noBytes;
    const target = Buffer.allocUnsafe(to - from);
    const tailStart = valueLength & ~(this.#unitBytes - 1);
    if (from < tailStart && !this.#copyBlocks(segment, at, keyLength, valueLength, from, Math.min(to, tailStart), target)) {
      return undefined;
    }
    if (to <= tailStart) return target;
    const start = Math.max(from, tailStart);
    const tail = (at << 2) + tailOffsetOf(keyLength, valueLength, this.#unitShift) - tailStart;
    return this.#copyPiece(segment, tail + start, tail + to, target, start - from) ? target : undefined;
  }

  #copyBlocks(
    segment: number,
    at: number,
    keyLength: number,
    valueLength: number,
    from: number,
    to: number,
    target: Buffer,
  ): boolean {
    const list = at + (entryHeaderBytes >>> 2) + ((keyLength + 3) >>> 2);
    const blocks = blockCountOf(valueLength, this.#unitShift);
    const words = this.#memory.words[segment] as Uint32Array;
    if (list + listWordsOf(blocks, this.#unitBytes) > words.length) return false;
    const topShift = this.#unitShift + largestBlockOrder;
    let index = from >>> topShift;
    for (let offset = index << topShift; index < blocks && offset < to; index++) {
      const next = offset + (this.#unitBytes << blockOrderAt(valueLength, offset, this.#unitShift));
      const start = Math.max(from, offset);
      const end = Math.min(to, next);
      if (start < end) {
        const block = this.#blockAt(words, list, blocks, index);
        const place = ((block & this.#refMask) << 4) - offset;
        const holder = block >>> this.#refShift;
        if (holder === 0 || !this.#memory.map(holder)) return false;
        if (!this.#copyPiece(holder, place + start, place + end, target, start - from)) return false;
      }
      offset = next;
    }
    return true;
  }

  /** Reference of a block; 0 if its list lies nowhere. */
  #blockAt(words: Uint32Array, list: number, blocks: number, index: number): number {
    if (blocks <= this.#inlineWords) return Atomics.load(words, list + index);
    const perList = this.#unitBytes >>> 2;
    const listBlock = Atomics.load(words, list + Math.floor(index / perList));
    const holder = listBlock >>> this.#refShift;
    if (holder === 0 || !this.#memory.map(holder)) return 0;
    const listWords = this.#memory.words[holder] as Uint32Array;
    const at = ((listBlock & this.#refMask) << 2) + (index % perList);
    return at < listWords.length ? Atomics.load(listWords, at) : 0;
  }

  #copyPiece(segment: number, start: number, end: number, target: Buffer, targetStart: number): boolean {
    const bytes = this.#memory.bytes[segment] as Buffer;
    if (end > bytes.length) return false;
    if (end - start > loopBytes) target.set(bytes.subarray(start, end), targetStart);
    else for (let from = start, to = targetStart; from < end; from++, to++) target[to] = bytes[from] as number;
    return true;
  }
}
