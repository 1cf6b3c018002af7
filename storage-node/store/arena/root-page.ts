import {
  layoutVersion,
  rootAccess,
  rootBytesFor,
  rootMagic,
  rootState,
  rootWord,
  segmentEntryWords,
  smallestRootBytes,
} from '@satchel/proto/shared-memory';
import type { Geometry } from './geometry.js';
import type { Segment } from './segment-source.js';
import { u32 } from './typed-access.js';

/** Slots from `start` up to, not including, `end`. */
export interface Slots {
  readonly start: number;
  readonly end: number;
}

/** Lends the root's memory. */
export interface RootLender {
  takeRoot(bytes: number): Segment | undefined;
  growRoot(root: Segment, bytes: number): Segment | undefined;
}

/**
 * What a reader begins with: state, measures, where directory and segments are. Written the same way if nobody else can see it. Structural changes
 * lie between `beginChange` and `endChange`, which may be nested.
 */
export class RootPage {
  private readonly lender: RootLender;
  private segment: Segment;
  private words: Uint32Array;
  private generation = 0;
  private changes = 0;

  private constructor(lender: RootLender, segment: Segment, geometry: Geometry) {
    this.lender = lender;
    this.segment = segment;
    this.words = new Uint32Array(segment.memory);
    this.words[rootWord.magic] = rootMagic;
    this.words[rootWord.layout] = layoutVersion;
    this.words[rootWord.unitShift] = geometry.unitShift;
    this.words[rootWord.segmentRefShift] = geometry.segmentRefShift;
    this.words[rootWord.access] = rootAccess.localReads;
    this.words[rootWord.segmentsEnd] = 1;
  }

  /** A root of no segments; undefined if there is no memory for it. */
  static take(geometry: Geometry, lender: RootLender): RootPage | undefined {
    const segment = lender.takeRoot(smallestRootBytes);
    return segment && new RootPage(lender, segment, geometry);
  }

  get bytes(): number {
    return this.segment.memory.byteLength;
  }

  /** For the audit. */
  word(index: number): number {
    return u32(this.words, index);
  }

  /** Lets readers in. */
  publish(): void {
    Atomics.store(this.words, rootWord.state, rootState.live);
  }

  /** Sends readers away for good. */
  end(): void {
    Atomics.store(this.words, rootWord.state, rootState.ended);
  }

  beginChange(): void {
    if (this.changes++ === 0) this.step();
  }

  endChange(): void {
    if (--this.changes === 0) this.step();
  }

  private step(): void {
    this.generation = (this.generation + 1) >>> 0;
    Atomics.store(this.words, rootWord.generation, this.generation);
  }

  setDirectory(directory: Segment, depth: number): void {
    this.beginChange();
    this.words[rootWord.directoryDepth] = depth;
    this.words[rootWord.directorySerial] = directory.serial;
    this.words[rootWord.directoryBytes] = directory.memory.byteLength;
    this.endChange();
  }

  /** Enters a segment; false, and nothing changed, if the root could not grow. */
  addSegment(number: number, segment: Segment): boolean {
    if (rootBytesFor(number + 1) > this.bytes && !this.grow()) return false;
    this.beginChange();
    const at = rootWord.segments + segmentEntryWords * number;
    this.words[at] = segment.serial;
    this.words[at + 1] = Math.log2(segment.memory.byteLength);
    this.words[rootWord.segmentsEnd] = Math.max(number + 1, u32(this.words, rootWord.segmentsEnd));
    this.endChange();
    return true;
  }

  removeSegment(number: number): void {
    this.beginChange();
    const at = rootWord.segments + segmentEntryWords * number;
    this.words[at] = 0;
    this.words[at + 1] = 0;
    this.endChange();
  }

  /** Says which slots are served here; all others are sent to the shard. */
  setOwnedSlots(slots: readonly Slots[]): void {
    this.beginChange();
    const owned = bitmapOf(slots);
    for (let word = 0; word < owned.length; word++) Atomics.store(this.words, rootWord.ownedSlots + word, u32(owned, word));
    this.endChange();
  }

  private grow(): boolean {
    const grown = this.lender.growRoot(this.segment, this.bytes * 2);
    if (!grown) return false;
    this.segment = grown;
    this.words = new Uint32Array(grown.memory);
    return true;
  }
}

function bitmapOf(slots: readonly Slots[]): Uint32Array {
  const owned = new Uint32Array(rootWord.segments - rootWord.ownedSlots);
  for (const { start, end } of slots) {
    for (let slot = start; slot < end; slot++) owned[slot >>> 5] = u32(owned, slot >>> 5) | (1 << (slot & 31));
  }
  return owned;
}
