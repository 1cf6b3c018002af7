import { directoryIndexOf } from '@satchel/proto/shared-memory';
import type { Key } from '../key.js';
import type { ArenaMemory } from './arena-memory.js';
import { keyEquals } from './entry.js';
import { topOrder } from './geometry.js';
import type { Segment } from './segment-source.js';
import type { Spans } from './spans.js';
import { TableSlots } from './table-slots.js';
import { u8, u16, u32 } from './typed-access.js';
import { spanKind, type Units } from './units.js';

/** A directory is at least a page of memory. */
const leastDirectoryEntries = 1024;
export const leastDirectoryBytes = 4 * leastDirectoryEntries;

/**
 * Extendible hashing: a directory by the first bits of the hash names tables of one unit each. A full table splits by
 * one more bit of the hash; two sparse halves merge. Where splitting cannot help (many keys of one hash), tables are chained.
 */
export class HashIndex {
  /** Found slot, valid after `find` until the index changes: its table's words and its place in them. */
  slotWords: Uint32Array = new Uint32Array(0);
  slotAt = 0;
  private slotTable = 0;
  private readonly memory: ArenaMemory;
  private readonly units: Units;
  private readonly spans: Spans;
  private readonly slots: TableSlots;
  private depth = 0;
  private directory: Uint32Array;
  private directorySegment: Segment;
  private readonly tablesByDepth = new Uint32Array(33);
  private tables = 1;

  /** Takes over the memory of a directory of {@link leastDirectoryBytes} and the span of the first table. */
  constructor(memory: ArenaMemory, units: Units, spans: Spans, first: { directory: Segment; table: number }) {
    this.memory = memory;
    this.units = units;
    this.spans = spans;
    this.slots = new TableSlots(memory, units);
    this.directorySegment = first.directory;
    this.directory = new Uint32Array(first.directory.memory);
    this.slots.clear(first.table, 0, 0);
    this.directory[0] = first.table;
    this.tablesByDepth[0] = 1;
    memory.root.setDirectory(first.directory, 0);
  }

  /** First table for a hash; it may have overflow tables (`units.next`). */
  tableOf(hash: number): number {
    return u32(this.directory, directoryIndexOf(hash, this.depth));
  }

  /** First hash beyond those of the table for a hash. */
  tableEnd(hash: number): number {
    const table = this.tableOf(hash);
    return u32(this.units.owner, table) + 2 ** (32 - u8(this.units.detail, table));
  }

  /** Reference of the entry with this key, or 0. */
  find(key: Key): number {
    const { memory, slots } = this;
    const hash = key.hash;
    for (let table = this.tableOf(hash); table !== 0; table = u32(this.units.next, table)) {
      const words = slots.wordsOf(table);
      const base = slots.baseOf(table);
      for (let slot = slots.homeOf(hash); ; slot = slots.after(slot)) {
        const ref = u32(words, base + 2 * slot + 1);
        if (ref === 0) break;
        if (u32(words, base + 2 * slot) !== hash) continue;
        if (!keyEquals(memory.wordsOf(ref), memory.wordAt(ref), memory.bytesOf(ref), key)) continue;
        this.slotWords = words;
        this.slotAt = base + 2 * slot;
        this.slotTable = table;
        return ref;
      }
    }
    return 0;
  }

  /** Makes the found slot refer to another place. */
  replaceFound(ref: number): void {
    this.slotWords[this.slotAt + 1] = ref;
  }

  /** Makes the slot of an entry refer to the place it moved to. */
  replace(hash: number, from: number, to: number): void {
    for (let table = this.tableOf(hash); table !== 0; table = u32(this.units.next, table)) {
      if (this.slots.replace(table, hash, from, to)) return;
    }
  }

  /** Sees to it that `insert` of this hash has a free slot; false if there is no memory for one. */
  reserve(hash: number): boolean {
    for (;;) {
      const table = this.tableOf(hash);
      if (this.roomIn(table, this.slots.comfortable) !== 0) return true;
      if (this.canSplit(table) && this.split(table)) continue;
      return this.roomIn(table, this.slots.most) !== 0 || this.addOverflow(table);
    }
  }

  /** Adds an entry that is not there yet; `reserve` was called for its hash. */
  insert(hash: number, ref: number): void {
    const first = this.tableOf(hash);
    const table = this.roomIn(first, this.slots.comfortable) || this.roomIn(first, this.slots.most);
    this.slots.insert(table, hash, ref);
  }

  /** Removes the found slot. */
  removeFound(): void {
    const table = this.slotTable;
    const hash = u32(this.slotWords, this.slotAt);
    this.slots.removeAt(table, this.slotAt);
    const first = this.tableOf(hash);
    if (u32(this.units.next, first) !== 0) this.dropEmptyOverflow(first);
    else if (u16(this.units.used, table) < this.slots.sparse) this.mergeWithBuddy(first);
  }

  /** Hashes ≥ `from` and less than `below` in the table for `from`, ascending; valid until the next call. */
  hashesFrom(from: number, below: number): Uint32Array {
    return this.slots.hashesFrom(this.tableOf(from), from, below);
  }

  /** A hash within the table for `from`, or its end, below which there are about twice `count` entries. */
  windowEnd(from: number, count: number): number {
    const table = this.tableOf(from);
    const end = this.tableEnd(from);
    const hashesPerEntry = 2 ** (32 - u8(this.units.detail, table)) / Math.max(1, this.slots.count(table));
    return Math.min(end, from + Math.ceil(2 * count * hashesPerEntry));
  }

  /** Calls back with the reference of each entry of a hash. */
  eachOf(hash: number, visit: (ref: number) => void): void {
    for (let table = this.tableOf(hash); table !== 0; table = u32(this.units.next, table)) this.slots.eachOf(table, hash, visit);
  }

  /** For the audit. */
  get directoryPlace(): { readonly segment: Segment; readonly depth: number } {
    return { segment: this.directorySegment, depth: this.depth };
  }

  /** Every table, those of chains included. For the audit. */
  allTables(): number[] {
    const firsts = new Set(this.directory.subarray(0, 2 ** this.depth));
    return [...firsts].flatMap((first) => this.slots.chain(first));
  }

  /** Some entry, chosen by two random numbers, or 0 if the table they lead to is empty. */
  sample(hash: number, place: number): number {
    let table = this.tableOf(hash);
    while (table !== 0 && u16(this.units.used, table) === 0) table = u32(this.units.next, table);
    return table === 0 ? 0 : this.slots.firstFrom(table, place);
  }

  /** Moves a table to another span, whose bytes are already those of the table. */
  relocate(from: number, to: number): void {
    const { units } = this;
    const prefix = u32(units.owner, from);
    units.detail[to] = u8(units.detail, from);
    units.used[to] = u16(units.used, from);
    units.owner[to] = prefix;
    this.memory.root.beginChange();
    this.slots.setNext(to, u32(units.next, from));
    let before = this.tableOf(prefix);
    if (before === from) this.pointDirectory(prefix, u8(units.detail, to), to);
    else {
      while (u32(units.next, before) !== from) before = u32(units.next, before);
      this.slots.setNext(before, to);
    }
    this.memory.root.endChange();
  }

  private roomIn(first: number, limit: number): number {
    let table = first;
    while (table !== 0 && u16(this.units.used, table) >= limit) table = u32(this.units.next, table);
    return table;
  }

  /** Splitting must not let the directory outgrow the tables, nor take long. */
  private canSplit(table: number): boolean {
    const depth = u8(this.units.detail, table);
    return depth < Math.min(30, Math.log2(this.tables) + 4) && this.slots.chain(table).length <= 8;
  }

  private split(table: number): boolean {
    this.memory.root.beginChange();
    const done = this.splitInto(table);
    this.memory.root.endChange();
    return done;
  }

  private splitInto(table: number): boolean {
    const { units } = this;
    const depth = u8(units.detail, table);
    if (depth === this.depth && !this.doubleDirectory()) return false;
    const prefix = u32(units.owner, table);
    const bit = 2 ** (31 - depth);
    const upper = this.slots.countWith(table, bit);
    const lower = this.slots.count(table) - upper;
    const left = this.allocateChain(lower, prefix, depth + 1);
    const right = left && this.allocateChain(upper, prefix + bit, depth + 1);
    if (!right) {
      if (left) this.freeChain(left);
      return false;
    }
    this.slots.deal(table, bit, left, right);
    this.pointDirectory(prefix, depth + 1, left);
    this.pointDirectory(prefix + bit, depth + 1, right);
    this.countDepth(depth, -1);
    this.countDepth(depth + 1, 2);
    this.freeChain(table);
    return true;
  }

  private countDepth(depth: number, difference: number): void {
    this.tablesByDepth[depth] = u32(this.tablesByDepth, depth) + difference;
    this.tables += difference;
  }

  private allocateChain(entries: number, prefix: number, depth: number): number {
    let first = 0;
    for (let room = 0; room < entries || first === 0; room += this.slots.comfortable) {
      const table = this.spans.allocate(0, spanKind.table, true, topOrder);
      if (table === 0) {
        if (first !== 0) this.freeChain(first);
        return 0;
      }
      this.slots.clear(table, prefix, depth);
      this.slots.setNext(table, first);
      first = table;
    }
    return first;
  }

  private freeChain(first: number): void {
    for (let table = first; table !== 0; ) {
      const next = u32(this.units.next, table);
      this.spans.release(table);
      table = next;
    }
  }

  private addOverflow(first: number): boolean {
    const { units } = this;
    const table = this.spans.allocate(0, spanKind.table, true, topOrder);
    if (table === 0) return false;
    this.slots.clear(table, u32(units.owner, first), u8(units.detail, first));
    this.memory.root.beginChange();
    this.slots.setNext(table, u32(units.next, first));
    this.slots.setNext(first, table);
    this.memory.root.endChange();
    return true;
  }

  private dropEmptyOverflow(first: number): void {
    const { units } = this;
    this.memory.root.beginChange();
    for (let before = first; ; ) {
      const table = u32(units.next, before);
      if (table === 0) break;
      if (u16(units.used, table) > 0) {
        before = table;
        continue;
      }
      this.slots.setNext(before, u32(units.next, table));
      this.spans.release(table);
    }
    this.memory.root.endChange();
  }

  private mergeWithBuddy(table: number): void {
    const { units } = this;
    const depth = u8(units.detail, table);
    if (depth === 0) return;
    const bit = 2 ** (32 - depth);
    const prefix = u32(units.owner, table);
    const buddy = this.tableOf((prefix ^ bit) >>> 0);
    if (u8(units.detail, buddy) !== depth || u32(units.next, buddy) !== 0) return;
    if (u16(units.used, table) + u16(units.used, buddy) > this.slots.sparse * 2) return;
    this.memory.root.beginChange();
    const [from, to] = u16(units.used, table) < u16(units.used, buddy) ? [table, buddy] : [buddy, table];
    this.slots.deal(from, 0, to, to);
    units.owner[to] = Math.min(prefix, (prefix ^ bit) >>> 0);
    units.detail[to] = depth - 1;
    this.pointDirectory(u32(units.owner, to), depth - 1, to);
    this.countDepth(depth, -2);
    this.countDepth(depth - 1, 1);
    this.spans.release(from);
    while (this.depth > 0 && u32(this.tablesByDepth, this.depth) === 0) this.halveDirectory();
    this.memory.root.endChange();
  }

  private pointDirectory(prefix: number, depth: number, table: number): void {
    const start = (prefix >>> 1) >>> (31 - this.depth);
    this.directory.fill(table, start, start + 2 ** (this.depth - depth));
  }

  private doubleDirectory(): boolean {
    const length = 2 ** this.depth;
    if (this.directory.length < 2 * length && !this.resizeDirectory(2 * length)) return false;
    for (let index = length - 1; index >= 0; index--) {
      this.directory.fill(u32(this.directory, index), 2 * index, 2 * index + 2);
    }
    this.depth++;
    this.memory.root.setDirectory(this.directorySegment, this.depth);
    return true;
  }

  private halveDirectory(): void {
    const length = 2 ** (this.depth - 1);
    for (let index = 0; index < length; index++) this.directory[index] = u32(this.directory, 2 * index);
    this.depth--;
    if (this.directory.length >= Math.max(4 * length, 2 * leastDirectoryEntries)) this.resizeDirectory(2 * length);
    this.memory.root.setDirectory(this.directorySegment, this.depth);
  }

  private resizeDirectory(length: number): boolean {
    const segment = this.memory.take(4 * length);
    if (!segment) return false;
    const directory = new Uint32Array(segment.memory);
    directory.set(this.directory.subarray(0, length));
    const old = this.directorySegment;
    this.directory = directory;
    this.directorySegment = segment;
    this.memory.root.setDirectory(segment, this.depth);
    this.memory.give(old);
    return true;
  }
}
