import type { ArenaFiles } from '../arena-reader-files.js';
import {
  blockCountOf,
  blockOrderAt,
  directoryIndexOf,
  entryHeaderBytes,
  entryWord,
  homeSlotOf,
  inlineListWords,
  layoutVersion,
  listWordsOf,
  rootAccess,
  rootMagic,
  rootState,
  rootWord,
  segmentEntryWords,
  slotAfter,
  tableWord,
  tailOffsetOf,
} from '../layout.js';
import { LookupKey } from '../lookup-key.js';

const unitShift = 10;
const unitBytes = 2 ** unitShift;
const segmentBytes = 64 * 1024;
const segmentRefShift = 12;
const directoryDepth = 2;

/** What an object of an image is stored with. */
export interface ImageMetadata {
  readonly expiresAtMs?: number;
  readonly readsLeft?: number;
  readonly manifest?: boolean;
}

/** An arena written by the layout's words alone, in this process's memory: small units and segments, nothing is ever freed. */
export class ArenaImage {
  readonly root = new Uint32Array(rootWord.segments + segmentEntryWords * 64);
  readonly directory = new Uint32Array(2 ** directoryDepth);
  /** By serial. */
  readonly segments = new Map<number, Uint8Array>();
  /** Serials asked for and not closed. */
  readonly open = new Set<number>();
  /** Called before a segment or the directory is handed out. */
  onOpen: (serial: number) => void = () => {};
  readonly #files: ArrayBuffer[] = [];
  #version = 0;
  #at = segmentBytes;
  #segment = 0;
  readonly #key = new LookupKey();

  constructor() {
    const { root } = this;
    root.set([
      rootMagic,
      layoutVersion,
      rootState.live,
      0,
      unitShift,
      segmentRefShift,
      directoryDepth,
      1,
      4 * 2 ** directoryDepth,
    ]);
    root[rootWord.access] = rootAccess.localReads;
    root.fill(0xffff_ffff, rootWord.ownedSlots, rootWord.ownedSlots + 512);
    root[rootWord.segmentsEnd] = 1;
    this.#files[1] = this.directory.buffer as ArrayBuffer;
    for (let index = 0; index < this.directory.length; index++) this.directory[index] = this.#place(unitBytes, unitBytes) >>> 6;
  }

  /** The arena as a reader opens it. */
  get files(): ArenaFiles {
    return {
      root: () => ({ memory: this.root.buffer as ArrayBuffer, close: () => {} }),
      segment: (serial) => {
        this.onOpen(serial);
        const memory = this.#files[serial];
        if (memory === undefined) return undefined;
        this.open.add(serial);
        return { memory, close: () => this.open.delete(serial) };
      },
    };
  }

  /** Adds an object; the key is not there yet. */
  put(key: string | Uint8Array, value: Uint8Array, { expiresAtMs = 0, readsLeft = 0, manifest }: ImageMetadata = {}): number {
    const { length, hash, bytes } = this.#key.set(key);
    const tail = tailOffsetOf(length, value.length, unitShift);
    const tailStart = value.length & ~(unitBytes - 1);
    const ref = this.#place(tail + value.length - tailStart, 16);
    const words = this.words(ref);
    const at = this.wordAt(ref);
    this.#version += 2;
    words[at] = this.#version;
    words[at + entryWord.valueLength] = value.length;
    words[at + entryWord.key] = length | (manifest ? 0x1000 : 0);
    words[at + entryWord.expires] = expiresAtMs;
    words[at + entryWord.high] = Math.floor(expiresAtMs / 2 ** 32) << 16;
    words[at + entryWord.readsLeft] = readsLeft;
    const file = this.#bytes(ref);
    file.set(bytes.subarray(0, length), 4 * at + entryHeaderBytes);
    file.set(value.subarray(tailStart), 4 * at + tail);
    this.#writeBlocks(ref, length, value);
    this.#insert(hash, ref);
    return ref;
  }

  words(ref: number): Uint32Array {
    return new Uint32Array(this.#bytes(ref).buffer);
  }

  wordAt(ref: number): number {
    return (ref & (2 ** segmentRefShift - 1)) << 2;
  }

  #bytes(ref: number): Uint8Array {
    return this.segments.get(ref >>> segmentRefShift) as Uint8Array;
  }

  #writeBlocks(ref: number, keyLength: number, value: Uint8Array): void {
    if (value.length < unitBytes) return;
    const list = this.wordAt(ref) + (entryHeaderBytes >>> 2) + ((keyLength + 3) >>> 2);
    const blocks = blockCountOf(value.length, unitShift);
    const isInline = blocks <= inlineListWords(unitBytes);
    const lists = isInline ? 0 : listWordsOf(blocks, unitBytes);
    const perList = unitBytes >>> 2;
    for (let index = 0; index < lists; index++) this.words(ref)[list + index] = this.#place(unitBytes, unitBytes);
    for (let index = 0, offset = 0; index < blocks; index++) {
      const bytes = unitBytes << blockOrderAt(value.length, offset, unitShift);
      const block = this.#place(bytes, bytes);
      this.#bytes(block).set(value.subarray(offset, offset + bytes), 4 * this.wordAt(block));
      const holder = isInline ? ref : (this.words(ref)[list + Math.floor(index / perList)] as number);
      const place = isInline ? list + index : this.wordAt(holder) + (index % perList);
      this.words(holder)[place] = block;
      offset += bytes;
    }
  }

  #insert(hash: number, ref: number): void {
    const slots = unitBytes >>> 3;
    const index = directoryIndexOf(hash, directoryDepth);
    const table = (this.directory[index] as number) << 6;
    const words = this.words(table);
    const base = this.wordAt(table);
    let slot = homeSlotOf(hash, slots);
    for (let looked = 0; words[base + 2 * slot + 1] !== 0; looked++) {
      slot = slotAfter(slot, slots);
      if (looked < slots - 8) continue;
      // The table is full: one before it takes its place in the directory and goes on with it.
      const first = this.#place(unitBytes, unitBytes);
      this.words(first)[this.wordAt(first) + tableWord.next] = table >>> 6;
      this.directory[index] = first >>> 6;
      this.#insert(hash, ref);
      return;
    }
    words[base + 2 * slot] = hash;
    words[base + 2 * slot + 1] = ref;
  }

  #place(bytes: number, alignment: number): number {
    this.#at = Math.ceil(this.#at / alignment) * alignment;
    if (this.#at + bytes > segmentBytes) {
      this.#segment++;
      this.#at = 0;
      const file = new Uint8Array(segmentBytes);
      this.segments.set(this.#segment, file);
      this.#files[this.#segment + 1] = file.buffer as ArrayBuffer;
      this.root[rootWord.segmentsEnd] = this.#segment + 1;
      this.root.set([this.#segment + 1, 16], rootWord.segments + segmentEntryWords * this.#segment);
    }
    const ref = ((this.#segment << segmentRefShift) | (this.#at >>> 4)) >>> 0;
    this.#at += bytes;
    return ref;
  }
}
