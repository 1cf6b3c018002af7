import { entryWord } from '@satchel/proto/shared-memory';
import { hashOfBytes } from '../key.js';
import type { ArenaMemory } from './arena-memory.js';
import { keyLengthOf } from './entry.js';
import { headerBytes, topOrder, unitsPerTop } from './geometry.js';
import type { HashIndex } from './hash-index.js';
import type { Pins } from './pins.js';
import type { Slabs } from './slabs.js';
import type { Spans } from './spans.js';
import { copyBytes, copyWords, shortCopyBytes, u8, u16, u32 } from './typed-access.js';
import { spanKind, topState, type Units } from './units.js';
import type { Values } from './values.js';

/** Chunks moved by one step at most: emptying a slab 1/8 of whose class is free takes 7 moves for each chunk that was freed. */
const movesPerStep = 8;
/** Units moved for each unit freed, and by one step at most. */
const unitsPerFreed = 8;
const unitsPerStep = 64;
/** Units still to be moved are remembered up to this. */
const mostDebt = 64 * unitsPerStep;
/** Classes looked at by one step besides the one a chunk of which was freed. */
const classesPerStep = 4;
/** Slabs or spans looked at to find the sparsest. */
const samples = 8;
/** Steps without a region after one could not be emptied for want of a place to move to. */
const stepsAfterFailure = 32;

/** What one job's arena consists of. */
export interface ArenaParts {
  readonly memory: ArenaMemory;
  readonly units: Units;
  readonly spans: Spans;
  readonly slabs: Slabs;
  readonly values: Values;
  readonly index: HashIndex;
  readonly pins: Pins;
}

/**
 * Once memory exceeds the live bytes by 3/16, moves entries out of sparse slabs, and spans out of sparse regions (a top span
 * or a segment), a little after each freed chunk. Nothing grows for it: what cannot be moved stays.
 */
export class Compactor {
  private readonly parts: ArenaParts;
  private readonly nextChunk: Uint16Array;
  /** Region being emptied: units from `regionNext` to `regionEnd` are still to be looked at; 0: none. */
  private regionStart = 0;
  private regionNext = 0;
  private regionEnd = 0;
  private pause = 0;
  /** Units to be moved for what was freed. */
  private debt = 0;
  private rover = 0;

  constructor(parts: ArenaParts) {
    this.parts = parts;
    this.nextChunk = new Uint16Array(parts.memory.geometry.classes.count);
  }

  /** Does a bounded piece of work after a chunk of this class and some units were freed. */
  step(sizeClass: number, freedUnits: number, liveBytes: number): void {
    this.debt = Math.min(this.debt + freedUnits * unitsPerFreed + 1, mostDebt);
    if (this.regionEnd !== 0) this.emptyRegion();
    if (this.parts.memory.reservedBytes <= liveBytes * (1 + 3 / 16) + 2 * this.parts.memory.geometry.segmentBytes) return;
    if (this.wantsEmptying(sizeClass)) this.emptySlab(sizeClass);
    else this.emptyOtherClass();
    if (this.pause > 0) this.pause--;
    else if (this.regionEnd === 0) this.startRegion();
  }

  /** What was freed in the past may have left other classes sparse. */
  private emptyOtherClass(): void {
    for (let looked = 0; looked < classesPerStep; looked++) {
      this.rover = (this.rover + 1) % this.nextChunk.length;
      if (!this.wantsEmptying(this.rover)) continue;
      this.emptySlab(this.rover);
      return;
    }
  }

  private wantsEmptying(sizeClass: number): boolean {
    const { slabs, memory } = this.parts;
    if (u32(slabs.victims, sizeClass) !== 0) return true;
    const used = u32(slabs.usedChunks, sizeClass);
    const slack = u16(memory.geometry.classes.capacity, sizeClass * 4 + slabs.nextOrder(sizeClass));
    return u32(slabs.allChunks, sizeClass) - used > Math.max(slack, used >>> 4);
  }

  private emptySlab(sizeClass: number): void {
    const { slabs, units } = this.parts;
    if (u32(slabs.victims, sizeClass) === 0) {
      slabs.startEmptying(this.sparsestSlab(sizeClass));
      this.nextChunk[sizeClass] = 0;
    }
    for (let moves = 0; moves < movesPerStep; ) {
      const slab = u32(slabs.victims, sizeClass);
      const index = u16(this.nextChunk, sizeClass);
      if (slab === 0) return;
      this.nextChunk[sizeClass] = index + 1;
      const isUsed = slabs.isUsed(slab, index);
      if (index >= u16(units.carved, slab) || (isUsed && !this.moveEntry(slabs.chunkAt(slab, index), sizeClass))) {
        slabs.stopEmptying(sizeClass);
        return;
      }
      if (isUsed) moves++;
    }
  }

  private sparsestSlab(sizeClass: number): number {
    const { slabs, units } = this.parts;
    let best = slabs.lastPartial(sizeClass);
    let slab = best;
    for (let sample = 0; sample < samples && slab !== 0; sample++) {
      if (u16(units.used, slab) * slabs.capacityOf(best) < u16(units.used, best) * slabs.capacityOf(slab)) best = slab;
      slab = u32(units.previous, slab);
    }
    return best;
  }

  private moveEntry(from: number, sizeClass: number): boolean {
    const { memory, slabs } = this.parts;
    const to = slabs.allocate(sizeClass, false);
    if (to === 0) return false;
    this.copy(from, to, u32(memory.geometry.classes.bytes, sizeClass));
    this.entryMoved(from, to);
    slabs.release(from);
    return true;
  }

  private copy(from: number, to: number, bytes: number): void {
    const { memory } = this.parts;
    if (bytes > shortCopyBytes) {
      copyBytes(memory.bytesOf(from), memory.byteAt(from), memory.byteAt(from) + bytes, memory.bytesOf(to), memory.byteAt(to));
    } else {
      const start = memory.wordAt(from);
      copyWords(memory.wordsOf(from), start, start + (bytes >>> 2), memory.wordsOf(to), memory.wordAt(to));
    }
  }

  /** Makes index and blocks refer to the new place of an entry. */
  private entryMoved(from: number, to: number): void {
    const { memory, index, values } = this.parts;
    this.renew(to);
    const keyStart = memory.byteAt(to) + headerBytes;
    const keyLength = keyLengthOf(memory.wordsOf(to), memory.wordAt(to));
    index.replace(hashOfBytes(memory.bytesOf(to), keyStart, keyStart + keyLength), from, to);
    values.ownBlocks(to);
  }

  /** Gives an entry that moved a new version: a reader that is still at the old place must notice, whatever comes there. */
  private renew(ref: number): void {
    const { memory } = this.parts;
    const words = memory.wordsOf(ref);
    const at = memory.wordAt(ref) + entryWord.version;
    // One that is still being written stays so.
    Atomics.store(words, at, memory.nextVersion() | (u32(words, at) & 1));
  }

  private startRegion(): void {
    const { spans, memory } = this.parts;
    const free = spans.freeUnits;
    // Segments first: what moves out of one fills the gaps in the top spans of others.
    if (u32(free, topOrder) > Math.max(1.25 * (1 << memory.geometry.segmentUnitShift), spans.usedUnits >>> 4)) {
      const segment = this.sparsestSegment();
      this.openRegion(segment << memory.geometry.segmentUnitShift, memory.unitsOf(segment), topState.closedWithSegment);
    } else if (u32(free, 0) + u32(free, 1) + u32(free, 2) > Math.max(4 * unitsPerTop, spans.usedUnits >>> 5)) {
      const top = this.sparsestTop();
      this.openRegion(top << topOrder, unitsPerTop, topState.closedAlone);
    }
  }

  private openRegion(start: number, length: number, state: number): void {
    this.regionStart = start;
    this.regionNext = start;
    this.regionEnd = start + length;
    for (let unit = start; unit < this.regionEnd; unit += unitsPerTop) this.parts.spans.close(unit >>> topOrder, state);
  }

  private sparsestTop(): number {
    const { spans, units } = this.parts;
    let best = 0;
    for (let order = topOrder - 1, left = samples; order >= 0; order--) {
      for (let unit = spans.firstFree(order); unit !== 0 && left > 0; unit = u32(units.next, unit), left--) {
        const top = unit >>> topOrder;
        if (best === 0 || u8(units.topUsed, top) < u8(units.topUsed, best)) best = top;
      }
    }
    return best;
  }

  private sparsestSegment(): number {
    const { spans, memory } = this.parts;
    let best = 0;
    let bestFree = -1;
    for (let segment = 1; segment < memory.segmentsEnd; segment++) {
      const length = memory.unitsOf(segment);
      const free = length - spans.usedOf(segment);
      if (length === 0 || free <= bestFree) continue;
      best = segment;
      bestFree = free;
    }
    return best;
  }

  /** Moves spans out of the region, as many as are due; those without a place to go stay. */
  private emptyRegion(): void {
    const { units } = this.parts;
    for (let left = Math.min(this.debt, unitsPerStep); left > 0; ) {
      const unit = this.regionNext;
      // What is wholly free is open again, as a top span or with a new segment.
      if (unit >= this.regionEnd || u8(units.topState, unit >>> topOrder) === topState.open) {
        this.endRegion();
        return;
      }
      const size = 1 << u8(units.order, unit);
      const kind = u8(units.kind, unit);
      this.regionNext = unit + size;
      if (kind === spanKind.closed) continue;
      left -= size;
      this.debt = Math.max(0, this.debt - size);
      this.moveSpan(unit, kind);
    }
  }

  /** Takes what could not be emptied back into use. */
  private endRegion(): void {
    const { spans, units } = this.parts;
    for (let unit = this.regionStart; unit < this.regionEnd; unit += unitsPerTop) {
      if (u8(units.topState, unit >>> topOrder) === topState.open) continue;
      spans.reopen(unit >>> topOrder);
      this.pause = stepsAfterFailure;
    }
    this.regionEnd = 0;
  }

  private moveSpan(from: number, kind: number): void {
    const { spans, units, memory } = this.parts;
    const order = u8(units.order, from);
    if (this.parts.pins.has(from)) return;
    // Parts of a top span go to gaps in others: splitting another one would gain nothing.
    const alone = u8(units.topState, from >>> topOrder) === topState.closedAlone;
    const to = spans.allocate(order, kind, false, alone ? topOrder - 1 : topOrder);
    if (to === 0) return;
    this.copy(this.refOf(from), this.refOf(to), memory.geometry.unitBytes << order);
    if (kind === spanKind.block) this.blockMoved(from, to);
    else if (kind === spanKind.table) this.parts.index.relocate(from, to);
    else this.slabMoved(from, to);
    spans.release(from);
  }

  private refOf(unit: number): number {
    return (unit << this.parts.memory.geometry.unitRefShift) >>> 0;
  }

  private blockMoved(from: number, to: number): void {
    const { units, values } = this.parts;
    const owner = u32(units.owner, from);
    units.owner[to] = owner;
    values.replaceBlock(owner, this.refOf(from), this.refOf(to));
    this.renew(owner);
  }

  private slabMoved(from: number, to: number): void {
    const { slabs, units } = this.parts;
    slabs.relocate(from, to);
    const shift = this.refOf(from) - this.refOf(to);
    for (let index = 0; index < u16(units.carved, to); index++) {
      if (!slabs.isUsed(to, index)) continue;
      const ref = slabs.chunkAt(to, index);
      this.entryMoved(ref + shift, ref);
    }
  }
}
