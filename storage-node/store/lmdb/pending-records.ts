import type { Key } from '../key.js';
import { LmdbKey } from './lmdb-environment.js';

/** Of an entry: where its key begins and ends, where its record begins and ends (end -1: the key was deleted), its hash. */
const field = { keyStart: 0, keyEnd: 1, recordStart: 2, recordEnd: 3, hash: 4 } as const;
const fields = 5;
const hashBytes = 4;
/** Room that is kept from one commit to the next. */
const keptBytes = 256 * 1024;
const keptEntries = 1024;

/** Visits a change: the key as LMDB orders it, valid for the visit, and its record or, if it was deleted, nothing. */
export type VisitPending = (key: LmdbKey, record: Buffer | undefined) => void;

/**
 * Records changed since the last commit, by key. Keys and records lie in one buffer that is used again after each commit, and are found through
 * typed arrays, so that a change costs no object.
 */
export class PendingRecords {
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;
  #entries = new Int32Array(0);
  #size = 0;
  /** Open addressing by hash: number of the entry and one, or 0. */
  #slots = new Int32Array(0);

  /** Keys that changed. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of their keys and records, those included that were changed again. */
  get byteLength(): number {
    return this.#length;
  }

  /** Number of the entry of a key, or -1. */
  find(key: Key): number {
    if (this.#size === 0) return -1;
    const mask = this.#slots.length - 1;
    for (let slot = key.hash & mask; ; slot = (slot + 1) & mask) {
      const entry = (this.#slots[slot] as number) - 1;
      if (entry < 0 || this.#isOf(entry, key)) return entry;
    }
  }

  /** The record of an entry, undefined if its key was deleted; valid until the next change. */
  recordOf(entry: number): Buffer | undefined {
    const end = this.#field(entry, field.recordEnd);
    return end < 0 ? undefined : this.#bytes.subarray(this.#field(entry, field.recordStart), end);
  }

  /** Gives a key a record of that many bytes, to be filled in at once. */
  set(key: Key, recordBytes: number): Buffer {
    const entry = this.#entryFor(key, recordBytes);
    const start = this.#length;
    this.#length += recordBytes;
    this.#entries[entry * fields + field.recordStart] = start;
    this.#entries[entry * fields + field.recordEnd] = this.#length;
    return this.#bytes.subarray(start, this.#length);
  }

  /** Notes that a key was deleted. */
  remove(key: Key): void {
    // In two steps: a new entry may move them all.
    const entry = this.#entryFor(key, 0);
    this.#entries[entry * fields + field.recordEnd] = -1;
  }

  /** Visits all changes, in the order in which their keys changed first. */
  each(visit: VisitPending): void {
    const key = new LmdbKey();
    for (let entry = 0; entry < this.#size; entry++) {
      visit(key.set(this.#bytes, this.#field(entry, field.keyStart), this.#field(entry, field.keyEnd)), this.recordOf(entry));
    }
  }

  clear(): void {
    if (this.#bytes.length > keptBytes) this.#bytes = Buffer.alloc(0);
    if (this.#slots.length > 2 * keptEntries) {
      this.#entries = new Int32Array(0);
      this.#slots = new Int32Array(0);
    } else this.#slots.fill(0);
    this.#length = 0;
    this.#size = 0;
  }

  #field(entry: number, which: number): number {
    return this.#entries[entry * fields + which] as number;
  }

  #isOf(entry: number, key: Key): boolean {
    if (this.#field(entry, field.hash) !== (key.hash | 0)) return false;
    const start = this.#field(entry, field.keyStart) + hashBytes;
    const end = this.#field(entry, field.keyEnd);
    return end - start === key.length && key.buffer.compare(this.#bytes, start, end, key.start, key.end) === 0;
  }

  /** The entry of a key, a new one if there is none, with room for its record behind what is there. */
  #entryFor(key: Key, recordBytes: number): number {
    const known = this.find(key);
    this.#reserve(recordBytes + (known < 0 ? hashBytes + key.length : 0));
    if (known >= 0) return known;
    if (2 * (this.#size + 1) > this.#slots.length) this.#growSlots();
    const at = this.#size * fields;
    this.#entries[at + field.keyStart] = this.#length;
    this.#length = this.#bytes.writeUInt32BE(key.hash, this.#length);
    this.#length += key.buffer.copy(this.#bytes, this.#length, key.start, key.end);
    this.#entries[at + field.keyEnd] = this.#length;
    this.#entries[at + field.hash] = key.hash | 0;
    this.#index(this.#size);
    return this.#size++;
  }

  #index(entry: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#field(entry, field.hash) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = entry + 1;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(64 * 1024, 2 * (this.#length + bytes)));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }

  #growSlots(): void {
    const slots = Math.max(128, 2 * this.#slots.length);
    const entries = new Int32Array((slots / 2) * fields);
    entries.set(this.#entries.subarray(0, this.#size * fields));
    this.#entries = entries;
    this.#slots = new Int32Array(slots);
    for (let entry = 0; entry < this.#size; entry++) this.#index(entry);
  }
}
