import { type Geometry, unitsPerTop } from './geometry.js';
import { type RootLender, RootPage } from './root-page.js';
import type { Segment } from './segment-source.js';

/** Who lends segments within a budget: the pool. */
export interface SegmentLender extends RootLender {
  take(bytes: number): Segment | undefined;
  release(segment: Segment): void;
  /** Bytes that may still be taken. */
  readonly availableBytes: number;
}

const noWords = new Uint32Array(0);
const noBytes = Buffer.alloc(0);

/** One job's segments as one address space. Segment 0 is never used, so that reference 0 means none. */
export class ArenaMemory {
  readonly geometry: Geometry;
  readonly root: RootPage;
  private readonly lender: SegmentLender;
  private readonly segments: (Segment | undefined)[] = [undefined];
  private readonly words: Uint32Array[] = [noWords];
  private readonly bytes: Buffer[] = [noBytes];
  private version = 0;
  private takenBytes = 0;
  private readonly vacant: number[] = [];
  private readonly refShift: number;

  private constructor(geometry: Geometry, lender: SegmentLender, root: RootPage) {
    this.geometry = geometry;
    this.root = root;
    this.lender = lender;
    this.refShift = geometry.segmentRefShift;
  }

  /** Memory of no segments yet; undefined if there is none for its root. */
  static begin(geometry: Geometry, lender: SegmentLender): ArenaMemory | undefined {
    const root = RootPage.take(geometry, lender);
    return root && new ArenaMemory(geometry, lender, root);
  }

  get reservedBytes(): number {
    return this.takenBytes + this.root.bytes;
  }

  /** A version no entry has had for 2 ** 31 changes; even. */
  nextVersion(): number {
    this.version = (this.version + 2) >>> 0;
    return this.version;
  }

  get availableBytes(): number {
    return this.lender.availableBytes;
  }

  /** One more than the highest segment number in use. */
  get segmentsEnd(): number {
    return this.segments.length;
  }

  /** The segment of a reference as words; its first word is at {@link wordAt}. */
  wordsOf(ref: number): Uint32Array {
    return this.words[ref >>> this.refShift] as Uint32Array;
  }

  bytesOf(ref: number): Buffer {
    return this.bytes[ref >>> this.refShift] as Buffer;
  }

  /** Place of a reference in the words of its segment. */
  wordAt(ref: number): number {
    return (ref & this.geometry.segmentRefMask) << 2;
  }

  byteAt(ref: number): number {
    return (ref & this.geometry.segmentRefMask) << 4;
  }

  /** For the audit. */
  segmentAt(segment: number): Segment | undefined {
    return this.segments[segment];
  }

  /** Units of a segment, 0 if there is none of that number. */
  unitsOf(segment: number): number {
    return (this.bytes[segment] as Buffer).length >>> this.geometry.unitShift;
  }

  /** Adds a segment, smaller while the job is small; its number, or 0 if the lender has none or references reach no further (64 GiB). */
  addSegment(): number {
    const segment = this.vacant.at(-1) ?? this.segments.length;
    if (segment >= 2 ** (32 - this.refShift)) return 0;
    const { topBytes, segmentBytes, unitBytes } = this.geometry;
    let bytes = topBytes;
    while (bytes * 2 <= Math.min(segmentBytes, this.reservedBytes)) bytes *= 2;
    let memory = this.take(bytes);
    for (; !memory && bytes > unitBytes * unitsPerTop; memory = this.take(bytes)) bytes /= 2;
    if (!memory) return 0;
    if (!this.root.addSegment(segment, memory)) {
      this.give(memory);
      return 0;
    }
    this.vacant.pop();
    this.segments[segment] = memory;
    this.words[segment] = new Uint32Array(memory.memory);
    this.bytes[segment] = Buffer.from(memory.memory);
    return segment;
  }

  removeSegment(segment: number): void {
    this.root.removeSegment(segment);
    const removed = this.segments[segment];
    this.segments[segment] = undefined;
    this.words[segment] = noWords;
    this.bytes[segment] = noBytes;
    this.vacant.push(segment);
    if (removed) this.give(removed);
  }

  /** Memory outside the address space, for the directory; counted like segments. */
  take(bytes: number): Segment | undefined {
    const segment = this.lender.take(bytes);
    if (segment) this.takenBytes += bytes;
    return segment;
  }

  give(segment: Segment): void {
    this.takenBytes -= segment.memory.byteLength;
    this.lender.release(segment);
  }
}
