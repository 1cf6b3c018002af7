import { entryWord } from '@satchel/proto/shared-memory';
import type { Key } from '../key.js';
import type { ArenaMemory } from './arena-memory.js';
import { keyLengthOf } from './entry.js';
import { headerBytes, topOrder } from './geometry.js';
import type { Pins } from './pins.js';
import type { Spans } from './spans.js';
import { copyBytes, u32 } from './typed-access.js';
import { spanKind, type Units } from './units.js';

/**
 * Where a value's bytes lie follows from its length: as many top spans as it fills, then spans of 4, 2 and 1 units by the
 * bits of the rest, then a tail of less than a unit in the entry itself. The entry lists the blocks' references, or, if
 * they are many, the references of list blocks that do.
 */
export class Values {
  private readonly memory: ArenaMemory;
  private readonly units: Units;
  private readonly spans: Spans;
  private readonly pins: Pins;
  private readonly unitBytes: number;
  private readonly unitShift: number;
  private readonly inlineListWords: number;

  constructor(memory: ArenaMemory, units: Units, spans: Spans, pins: Pins) {
    this.pins = pins;
    this.memory = memory;
    this.units = units;
    this.spans = spans;
    this.unitBytes = memory.geometry.unitBytes;
    this.unitShift = memory.geometry.unitShift;
    this.inlineListWords = memory.geometry.inlineListWords;
  }

  /** Bytes of the entry's own chunk. */
  chunkBytes(keyLength: number, valueLength: number): number {
    return this.tailOffset(keyLength, valueLength) + (valueLength & (this.unitBytes - 1));
  }

  /** Blocks of a value of that length. */
  blockCount(valueLength: number): number {
    const rest = valueLength >>> this.unitShift;
    return (rest >>> topOrder) + ((rest >>> 2) & 1) + ((rest >>> 1) & 1) + (rest & 1);
  }

  private listWords(blocks: number): number {
    return blocks <= this.inlineListWords ? blocks : Math.ceil((blocks * 4) / this.unitBytes);
  }

  private tailOffset(keyLength: number, valueLength: number): number {
    const list = valueLength < this.unitBytes ? 0 : this.listWords(this.blockCount(valueLength));
    return headerBytes + ((keyLength + 3) & ~3) + 4 * list;
  }

  /** Order of the block at `offset` of a value, `offset` being where a block begins. */
  private orderAt(valueLength: number, offset: number): number {
    const units = (valueLength - offset) >>> this.unitShift;
    return units >= 8 ? 3 : units >= 4 ? 2 : units >= 2 ? 1 : 0;
  }

  private listAt(ref: number): number {
    const at = this.memory.wordAt(ref);
    return at + (headerBytes >>> 2) + ((keyLengthOf(this.memory.wordsOf(ref), at) + 3) >>> 2);
  }

  private blockAt(words: Uint32Array, list: number, blocks: number, index: number): number {
    if (blocks <= this.inlineListWords) return u32(words, list + index);
    const perList = this.unitBytes >>> 2;
    const listBlock = u32(words, list + Math.floor(index / perList));
    return u32(this.memory.wordsOf(listBlock), this.memory.wordAt(listBlock) + (index % perList));
  }

  private setBlockAt(words: Uint32Array, list: number, blocks: number, index: number, block: number): void {
    if (blocks <= this.inlineListWords) {
      words[list + index] = block;
      return;
    }
    const perList = this.unitBytes >>> 2;
    const listBlock = u32(words, list + Math.floor(index / perList));
    this.memory.wordsOf(listBlock)[this.memory.wordAt(listBlock) + (index % perList)] = block;
  }

  /** Allocates the blocks of the entry at `ref`, whose key and value lengths are written; false, and none, if there is no room. */
  allocateBlocks(ref: number, valueLength: number): boolean {
    const blocks = this.blockCount(valueLength);
    const words = this.memory.wordsOf(ref);
    const list = this.listAt(ref);
    const listBlocks = blocks > this.inlineListWords ? this.listWords(blocks) : 0;
    for (let index = 0; index < listBlocks; index++) {
      const block = this.allocateBlock(0, ref);
      if (block === 0) return this.freeList(ref, index);
      words[list + index] = block;
    }
    for (let index = 0, offset = 0; index < blocks; index++) {
      const order = this.orderAt(valueLength, offset);
      const block = this.allocateBlock(order, ref);
      if (block === 0) return this.freeBlocks(ref, index) || this.freeList(ref, listBlocks);
      this.setBlockAt(words, list, blocks, index, block);
      offset += this.unitBytes << order;
    }
    return true;
  }

  private allocateBlock(order: number, owner: number): number {
    const unit = this.spans.allocate(order, spanKind.block, true, topOrder);
    this.units.owner[unit] = owner;
    return (unit << this.memory.geometry.unitRefShift) >>> 0;
  }

  private freeBlocks(ref: number, count: number): false {
    const words = this.memory.wordsOf(ref);
    const list = this.listAt(ref);
    const blocks = this.blockCount(u32(words, this.memory.wordAt(ref) + entryWord.valueLength));
    for (let index = 0; index < count; index++) this.freeBlock(this.blockAt(words, list, blocks, index));
    return false;
  }

  private freeList(ref: number, count: number): false {
    const words = this.memory.wordsOf(ref);
    const list = this.listAt(ref);
    for (let index = 0; index < count; index++) this.freeBlock(u32(words, list + index));
    return false;
  }

  private freeBlock(block: number): void {
    const unit = block >>> this.memory.geometry.unitRefShift;
    if (this.pins.size === 0 || !this.pins.orphan(unit)) this.spans.release(unit);
  }

  /** Frees the blocks of an entry. */
  free(ref: number): void {
    const valueLength = u32(this.memory.wordsOf(ref), this.memory.wordAt(ref) + entryWord.valueLength);
    if (valueLength < this.unitBytes) return;
    const blocks = this.blockCount(valueLength);
    this.freeBlocks(ref, blocks);
    if (blocks > this.inlineListWords) this.freeList(ref, this.listWords(blocks));
  }

  /** Writes the key. */
  writeKey(ref: number, key: Key): void {
    copyBytes(key.buffer, key.start, key.end, this.memory.bytesOf(ref), this.memory.byteAt(ref) + headerBytes);
  }

  /** Writes `source[start, end)` at `offset` of a value of that length. */
  write(ref: number, keyLength: number, length: number, offset: number, source: Buffer, start: number, end: number): void {
    const to = offset + end - start;
    const tailStart = length & ~(this.unitBytes - 1);
    if (offset < tailStart) this.writeBlocks(ref, length, offset, Math.min(to, tailStart), source, start - offset);
    if (to <= tailStart) return;
    const from = Math.max(offset, tailStart);
    const tailAt = this.memory.byteAt(ref) + this.tailOffset(keyLength, length) - tailStart;
    copyBytes(source, start + from - offset, end, this.memory.bytesOf(ref), tailAt + from);
  }

  /** `shift` is where byte 0 of the value would be in `source`. */
  private writeBlocks(ref: number, length: number, from: number, to: number, source: Buffer, shift: number): void {
    this.eachBlock(ref, length, from, to, (block, base, start, end) => {
      copyBytes(source, shift + start, shift + end, this.memory.bytesOf(block), base + start);
    });
  }

  /** Copies bytes [from, to) of the value to `target` at `targetStart`. */
  read(ref: number, from: number, to: number, target: Buffer, targetStart: number): void {
    const words = this.memory.wordsOf(ref);
    const at = this.memory.wordAt(ref);
    const length = u32(words, at + entryWord.valueLength);
    const tailStart = length & ~(this.unitBytes - 1);
    if (from < tailStart) this.readBlocks(ref, length, from, Math.min(to, tailStart), target, targetStart - from);
    if (to <= tailStart) return;
    const start = Math.max(from, tailStart);
    const tailAt = this.memory.byteAt(ref) + this.tailOffset(keyLengthOf(words, at), length) - tailStart;
    copyBytes(this.memory.bytesOf(ref), tailAt + start, tailAt + to, target, targetStart + start - from);
  }

  /** `shift` is where byte 0 of the value would go in `target`. */
  private readBlocks(ref: number, length: number, from: number, to: number, target: Buffer, shift: number): void {
    this.eachBlock(ref, length, from, to, (block, base, start, end) => {
      copyBytes(this.memory.bytesOf(block), base + start, base + end, target, shift + start);
    });
  }

  /** Visits the blocks with bytes [from, to): the block, where byte 0 of the value would be in its segment, and which bytes it has of these. */
  private eachBlock(
    ref: number,
    length: number,
    from: number,
    to: number,
    visit: (block: number, base: number, start: number, end: number) => void,
  ): void {
    const words = this.memory.wordsOf(ref);
    const list = this.listAt(ref);
    const blocks = this.blockCount(length);
    const topShift = this.unitShift + topOrder;
    let index = Math.min(from, length) >>> topShift;
    for (let offset = index << topShift; index < blocks && offset < to; index++) {
      const next = offset + (this.unitBytes << this.orderAt(length, offset));
      const start = Math.max(from, offset);
      const end = Math.min(to, next);
      if (start < end) {
        const block = this.blockAt(words, list, blocks, index);
        visit(block, this.memory.byteAt(block) - offset, start, end);
      }
      offset = next;
    }
  }

  /** Pins the blocks with bytes [from, to); these where they lie, the rest of the value copied, in order; and the units that were pinned. */
  pin(ref: number, from: number, to: number): { pieces: Buffer[]; units: number[] } {
    const length = u32(this.memory.wordsOf(ref), this.memory.wordAt(ref) + entryWord.valueLength);
    const tailStart = length & ~(this.unitBytes - 1);
    const pieces: Buffer[] = [];
    const units: number[] = [];
    this.eachBlock(ref, length, from, Math.min(to, tailStart), (block, base, start, end) => {
      const unit = block >>> this.memory.geometry.unitRefShift;
      this.pins.pin(unit);
      units.push(unit);
      pieces.push(this.memory.bytesOf(block).subarray(base + start, base + end));
    });
    if (to > tailStart) {
      const tail = Buffer.allocUnsafe(to - Math.max(from, tailStart));
      this.read(ref, to - tail.length, to, tail, 0);
      pieces.push(tail);
    }
    return { pieces: joined(pieces), units };
  }

  /** Takes the pins of these units away. */
  unpin(units: readonly number[]): void {
    for (const unit of units) if (this.pins.unpin(unit)) this.spans.release(unit);
  }

  /** Whether somebody holds bytes of the entry's blocks. */
  isPinned(ref: number): boolean {
    return this.pins.size > 0 && this.blockUnits(ref).some((unit) => this.pins.has(unit));
  }

  /** Tells the blocks of an entry that it lies at `ref` now. */
  ownBlocks(ref: number): void {
    const words = this.memory.wordsOf(ref);
    const valueLength = u32(words, this.memory.wordAt(ref) + entryWord.valueLength);
    if (valueLength < this.unitBytes) return;
    const list = this.listAt(ref);
    const blocks = this.blockCount(valueLength);
    const shift = this.memory.geometry.unitRefShift;
    for (let index = 0; index < blocks; index++) this.units.owner[this.blockAt(words, list, blocks, index) >>> shift] = ref;
    if (blocks <= this.inlineListWords) return;
    for (let index = 0; index < this.listWords(blocks); index++) this.units.owner[u32(words, list + index) >>> shift] = ref;
  }

  /** Units of all blocks of an entry, those of its list included. */
  blockUnits(ref: number): number[] {
    const words = this.memory.wordsOf(ref);
    const list = this.listAt(ref);
    const blocks = this.blockCount(u32(words, this.memory.wordAt(ref) + entryWord.valueLength));
    const refs = Array.from({ length: blocks }, (_, index) => this.blockAt(words, list, blocks, index));
    if (blocks > this.inlineListWords) refs.push(...words.subarray(list, list + this.listWords(blocks)));
    return refs.map((block) => block >>> this.memory.geometry.unitRefShift);
  }

  /** Makes the entry refer to block `to` instead of `from`, be it one of the value's or of its list's. */
  replaceBlock(ref: number, from: number, to: number): void {
    const words = this.memory.wordsOf(ref);
    const list = this.listAt(ref);
    const blocks = this.blockCount(u32(words, this.memory.wordAt(ref) + entryWord.valueLength));
    const inline = this.listWords(blocks);
    const inlineAt = words.subarray(list, list + inline).indexOf(from);
    if (inlineAt >= 0) {
      words[list + inlineAt] = to;
      return;
    }
    for (let index = 0; index < blocks; index++) {
      if (this.blockAt(words, list, blocks, index) === from) this.setBlockAt(words, list, blocks, index, to);
    }
  }
}

/** Pieces that lie one after another in one segment become one. */
function joined(pieces: readonly Buffer[]): Buffer[] {
  const joined: Buffer[] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    const follows = last && last.buffer === piece.buffer && last.byteOffset + last.length === piece.byteOffset;
    if (follows) joined[joined.length - 1] = Buffer.from(last.buffer, last.byteOffset, last.length + piece.length);
    else joined.push(piece);
  }
  return joined;
}
