import { limits } from '@satchel/proto/core';
import type { ArenaFiles, ReadableFile } from './arena-reader-files.js';
import { layoutVersion, rootAccess, rootBytesFor, rootMagic, rootState, rootWord, segmentEntryWords } from './layout.js';

const noWords = new Uint32Array(0);
const noBytes = Buffer.alloc(0);

/** Files no longer used that are kept until the next read begins, because the current one may still look at them. */
const mostRetired = 64;

/** Measures of an arena as its root states them; they never change. */
export interface ArenaShape {
  readonly unitShift: number;
  readonly segmentRefShift: number;
}

/**
 * The memory of one job's arena as a reader has it: the root, and the segments and directory it needed so far. Every number in there may
 * be garbage, so nothing is taken on trust: what is handed out is checked against the files as they are.
 */
export class ReaderMemory {
  readonly shape: ArenaShape;
  root: Uint32Array;
  directory: Uint32Array = noWords;
  /** By segment number; empty where nothing is mapped. Valid for the segment only right after {@link map} said so. */
  readonly words: Uint32Array[] = [];
  readonly bytes: Buffer[] = [];
  /** Files mapped now, besides the root. */
  mapped = 0;
  /** Segments that could not be mapped; they are tried again after a sweep. */
  unmappable = 0;
  readonly #files: ArenaFiles;
  #rootFile: ReadableFile;
  #directoryFile: ReadableFile | undefined;
  #directorySerial = 0;
  readonly #open: (ReadableFile | undefined)[] = [];
  readonly #serials: number[] = [];
  readonly #retired: ReadableFile[] = [];
  #closed = false;

  /** Takes over the root's file. */
  private constructor(files: ArenaFiles, rootFile: ReadableFile, root: Uint32Array, shape: ArenaShape) {
    this.#files = files;
    this.#rootFile = rootFile;
    this.root = root;
    this.shape = shape;
  }

  /** Opens an arena; undefined if there is none, or none that this version can read. */
  static open(files: ArenaFiles): ReaderMemory | undefined {
    const file = files.root();
    if (file === undefined) return undefined;
    const root = wordsOf(file);
    const shape = shapeOf(root);
    if (shape !== undefined) return new ReaderMemory(files, file, root, shape);
    file.close();
    return undefined;
  }

  get live(): boolean {
    return Atomics.load(this.root, rootWord.state) === rootState.live;
  }

  /** To be called when a read begins: what the last one looked at may go. */
  begin(): void {
    if (this.#retired.length >= mostRetired) this.#closeRetired();
  }

  /** Sees to it that a segment is mapped as the root names it now; if that is impossible it is empty. False: there is no such segment. */
  map(segment: number): boolean {
    const at = rootWord.segments + segmentEntryWords * segment;
    if (at >= this.root.length) return this.#mapAgain(segment);
    const serial = Atomics.load(this.root, at);
    if (serial === 0) return false;
    if (this.#serials[segment] !== serial) this.#mapSegment(segment, serial);
    return true;
  }

  /** The same for the directory; false: it cannot be had. */
  mapDirectory(): boolean {
    const serial = Atomics.load(this.root, rootWord.directorySerial);
    return serial === this.#directorySerial ? serial !== 0 : this.#openDirectory(serial);
  }

  /** Lets go of files that the arena uses no longer. */
  sweep(): void {
    if (this.#closed) return;
    this.unmappable = 0;
    for (let segment = 1; segment < this.#serials.length; segment++) {
      const at = rootWord.segments + segmentEntryWords * segment;
      if (this.#open[segment] === undefined || Atomics.load(this.root, at) !== this.#serials[segment]) this.#forget(segment);
    }
    this.#closeRetired();
  }

  /** Lets go of everything. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (let segment = 1; segment < this.#serials.length; segment++) this.#forget(segment);
    this.#closeDirectory();
    this.root = noWords;
    this.#retired.push(this.#rootFile);
    this.#closeRetired();
  }

  #mapSegment(segment: number, serial: number): void {
    this.#forget(segment);
    const file = this.mapped < limits.localSegments ? this.#files.segment(serial) : undefined;
    for (let each = this.#serials.length; each < segment; each++) this.#set(each, undefined, 0);
    this.#set(segment, file, serial);
    if (file === undefined) this.unmappable++;
    else this.mapped++;
  }

  #set(segment: number, file: ReadableFile | undefined, serial: number): void {
    this.#serials[segment] = serial;
    this.#open[segment] = file;
    this.words[segment] = file === undefined ? noWords : wordsOf(file);
    this.bytes[segment] = file === undefined ? noBytes : Buffer.from(file.memory);
  }

  #forget(segment: number): void {
    const file = this.#open[segment];
    if (segment < this.#serials.length) this.#set(segment, undefined, 0);
    if (file === undefined) return;
    this.mapped--;
    this.#retired.push(file);
  }

  #closeRetired(): void {
    for (const file of this.#retired.splice(0)) file.close();
  }

  #openDirectory(serial: number): boolean {
    this.#closeDirectory();
    const file = serial === 0 ? undefined : this.#files.segment(serial);
    if (file === undefined) return false;
    this.#directoryFile = file;
    this.#directorySerial = serial;
    this.directory = wordsOf(file);
    this.mapped++;
    return true;
  }

  #closeDirectory(): void {
    const file = this.#directoryFile;
    if (file === undefined) return;
    this.#directoryFile = undefined;
    this.#directorySerial = 0;
    this.directory = noWords;
    this.mapped--;
    this.#retired.push(file);
  }

  /** The root grows with the number of segments: its file is mapped anew when it was mapped shorter than it says. */
  #mapAgain(segment: number): boolean {
    const segmentsEnd = Atomics.load(this.root, rootWord.segmentsEnd);
    if (segment >= segmentsEnd || rootBytesFor(segmentsEnd) <= 4 * this.root.length) return false;
    const file = this.#files.root();
    if (file === undefined) return false;
    const root = wordsOf(file);
    if (root.length <= this.root.length) {
      file.close();
      return false;
    }
    this.#retired.push(this.#rootFile);
    this.#rootFile = file;
    this.root = root;
    return rootWord.segments + segmentEntryWords * segment < root.length && this.map(segment);
  }
}

function wordsOf({ memory }: ReadableFile): Uint32Array {
  return new Uint32Array(memory, 0, memory.byteLength >>> 2);
}

function shapeOf(root: Uint32Array): ArenaShape | undefined {
  if (root.length < rootWord.segments) return undefined;
  const word = (at: number): number => Atomics.load(root, at);
  if (word(rootWord.magic) !== rootMagic || word(rootWord.layout) !== layoutVersion) return undefined;
  if (word(rootWord.state) !== rootState.live || (word(rootWord.access) & rootAccess.localReads) === 0) return undefined;
  const unitShift = word(rootWord.unitShift);
  const segmentRefShift = word(rootWord.segmentRefShift);
  const sensible = unitShift >= 10 && unitShift <= 24 && segmentRefShift >= unitShift - 4 && segmentRefShift <= 28;
  return sensible ? { unitShift, segmentRefShift } : undefined;
}
