import { tableHeaderSlots as headerSlots, homeSlotOf, slotAfter, tableWord } from '@satchel/proto/shared-memory';
import type { ArenaMemory } from './arena-memory.js';
import { u16, u32 } from './typed-access.js';
import type { Units } from './units.js';

/**
 * Open addressing with linear probing inside one table: a slot is a hash and a reference, 0 if it is free. Removal closes
 * the gap, so there are no tombstones.
 */
export class TableSlots {
  /** Slots in use up to which a table is filled before it splits. */
  readonly comfortable: number;
  /** Slots in use up to which a table is filled when there is no memory to split it. */
  readonly most: number;
  /** Slots in use below which a table looks for another to merge with. */
  readonly sparse: number;
  private readonly memory: ArenaMemory;
  private readonly units: Units;
  private readonly slots: number;
  private readonly refShift: number;
  private scratch = new Uint32Array(0);

  constructor(memory: ArenaMemory, units: Units) {
    this.memory = memory;
    this.units = units;
    this.slots = memory.geometry.unitBytes >>> 3;
    this.refShift = memory.geometry.unitRefShift;
    this.comfortable = Math.floor((this.slots * 13) / 16);
    this.most = this.slots - headerSlots - 2;
    this.sparse = this.slots >>> 2;
  }

  wordsOf(table: number): Uint32Array {
    return this.memory.wordsOf((table << this.refShift) >>> 0);
  }

  /** First word of a table. */
  baseOf(table: number): number {
    return this.memory.wordAt(table << this.refShift);
  }

  homeOf(hash: number): number {
    return homeSlotOf(hash, this.slots);
  }

  after(slot: number): number {
    return slotAfter(slot, this.slots);
  }

  /** Makes a span an empty table. */
  clear(table: number, prefix: number, depth: number): void {
    const base = this.baseOf(table);
    // The version goes on, whatever the word was before.
    this.wordsOf(table).fill(0, base + tableWord.version + 1, base + 2 * this.slots);
    this.wordsOf(table)[base + tableWord.version] = this.memory.nextVersion();
    this.units.used[table] = 0;
    this.setNext(table, 0);
    this.units.owner[table] = prefix;
    this.units.detail[table] = depth;
  }

  /** Chains a table to another, here and for readers; 0: to none. */
  setNext(table: number, next: number): void {
    this.units.next[table] = next;
    this.wordsOf(table)[this.baseOf(table) + tableWord.next] = next;
  }

  insert(table: number, hash: number, ref: number): void {
    const words = this.wordsOf(table);
    const base = this.baseOf(table);
    let slot = this.homeOf(hash);
    while (u32(words, base + 2 * slot + 1) !== 0) slot = this.after(slot);
    words[base + 2 * slot] = hash;
    words[base + 2 * slot + 1] = ref;
    this.units.used[table] = u16(this.units.used, table) + 1;
  }

  /** Removes the slot at word `at`, moving later slots of its run back. */
  removeAt(table: number, at: number): void {
    const words = this.wordsOf(table);
    const base = this.baseOf(table);
    const version = u32(words, base + tableWord.version);
    Atomics.store(words, base + tableWord.version, version + 1);
    let hole = (at - base) >>> 1;
    for (let slot = this.after(hole); u32(words, base + 2 * slot + 1) !== 0; slot = this.after(slot)) {
      const home = this.homeOf(u32(words, base + 2 * slot));
      const reachable = slot > hole ? home <= hole || home > slot : home <= hole && home > slot;
      if (!reachable) continue;
      words[base + 2 * hole] = u32(words, base + 2 * slot);
      words[base + 2 * hole + 1] = u32(words, base + 2 * slot + 1);
      hole = slot;
    }
    words[base + 2 * hole + 1] = 0;
    words[base + 2 * hole] = 0;
    Atomics.store(words, base + tableWord.version, version + 2);
    this.units.used[table] = u16(this.units.used, table) - 1;
  }

  /** Replaces a reference; false if it is not in this table. */
  replace(table: number, hash: number, from: number, to: number): boolean {
    const words = this.wordsOf(table);
    const base = this.baseOf(table);
    for (let slot = this.homeOf(hash); ; slot = this.after(slot)) {
      const ref = u32(words, base + 2 * slot + 1);
      if (ref === 0) return false;
      if (ref !== from) continue;
      words[base + 2 * slot + 1] = to;
      return true;
    }
  }

  /** Tables of a chain. */
  chain(first: number): number[] {
    const tables = [];
    for (let table = first; table !== 0; table = u32(this.units.next, table)) tables.push(table);
    return tables;
  }

  /** Entries of a chain. */
  count(first: number): number {
    let sum = 0;
    for (let table = first; table !== 0; table = u32(this.units.next, table)) sum += u16(this.units.used, table);
    return sum;
  }

  /** Entries of a chain whose hash has this bit. */
  countWith(first: number, bit: number): number {
    let sum = 0;
    for (let table = first; table !== 0; table = u32(this.units.next, table)) {
      const words = this.wordsOf(table);
      const base = this.baseOf(table);
      for (let at = base + 2 * headerSlots; at < base + 2 * this.slots; at += 2) {
        if (u32(words, at + 1) !== 0 && (u32(words, at) & bit) !== 0) sum++;
      }
    }
    return sum;
  }

  /** Copies the entries of a chain to chain `right` if their hash has the bit, else to `left`; these have room. */
  deal(first: number, bit: number, left: number, right: number): void {
    let toLeft = left;
    let toRight = right;
    for (let table = first; table !== 0; table = u32(this.units.next, table)) {
      const words = this.wordsOf(table);
      const base = this.baseOf(table);
      for (let at = base + 2 * headerSlots; at < base + 2 * this.slots; at += 2) {
        const ref = u32(words, at + 1);
        if (ref === 0) continue;
        const hash = u32(words, at);
        const isRight = (hash & bit) !== 0;
        const target = this.withRoom(isRight ? toRight : toLeft);
        if (isRight) toRight = target;
        else toLeft = target;
        this.insert(target, hash, ref);
      }
    }
  }

  private withRoom(table: number): number {
    return u16(this.units.used, table) < this.comfortable ? table : u32(this.units.next, table);
  }

  /** Hashes ≥ `from` and less than `below` in a chain, ascending, in a buffer used again by the next call. */
  hashesFrom(first: number, from: number, below: number): Uint32Array {
    const most = this.count(first);
    if (this.scratch.length < most) this.scratch = new Uint32Array(most);
    let count = 0;
    for (let table = first; table !== 0; table = u32(this.units.next, table)) {
      const words = this.wordsOf(table);
      const base = this.baseOf(table);
      for (let at = base + 2 * headerSlots; at < base + 2 * this.slots; at += 2) {
        const hash = u32(words, at);
        if (hash >= from && hash < below && u32(words, at + 1) !== 0) this.scratch[count++] = hash;
      }
    }
    return this.scratch.subarray(0, count).sort();
  }

  eachOf(table: number, hash: number, visit: (ref: number) => void): void {
    const words = this.wordsOf(table);
    const base = this.baseOf(table);
    for (let slot = this.homeOf(hash); u32(words, base + 2 * slot + 1) !== 0; slot = this.after(slot)) {
      if (u32(words, base + 2 * slot) === hash) visit(u32(words, base + 2 * slot + 1));
    }
  }

  /** The first reference at or after a place in a table that is not empty, going round. */
  firstFrom(table: number, place: number): number {
    const words = this.wordsOf(table);
    const base = this.baseOf(table);
    let slot = this.homeOf(place);
    while (u32(words, base + 2 * slot + 1) === 0) slot = this.after(slot);
    return u32(words, base + 2 * slot + 1);
  }
}
