import type { ArenaMemory } from './arena-memory.js';
import { type SizeClasses, topOrder } from './geometry.js';
import type { Spans } from './spans.js';
import { u8, u16, u32 } from './typed-access.js';
import { spanKind, type Units } from './units.js';

/** First word of a free chunk: odd, as of an entry that is being written, so that an optimistic reader retries. */
const freeVersion = 1;

/**
 * Chunks of one size class each, carved from slabs. Slabs with free chunks are listed; allocation takes from the head, so
 * that those at the tail grow sparse and can be emptied.
 */
export class Slabs {
  /** Chunks in use, chunks there are, and units of the slabs, by class. */
  readonly usedChunks: Uint32Array;
  readonly allChunks: Uint32Array;
  readonly slabUnits: Uint32Array;
  /** The slab of each class that is being emptied; 0: none. It is in no list. */
  readonly victims: Uint32Array;
  private readonly memory: ArenaMemory;
  private readonly units: Units;
  private readonly spans: Spans;
  private readonly classes: SizeClasses;
  private readonly heads: Uint32Array;
  private readonly tails: Uint32Array;

  constructor(memory: ArenaMemory, units: Units, spans: Spans) {
    this.memory = memory;
    this.units = units;
    this.spans = spans;
    this.classes = memory.geometry.classes;
    const column = () => new Uint32Array(this.classes.count);
    this.usedChunks = column();
    this.allChunks = column();
    this.slabUnits = column();
    this.victims = column();
    this.heads = column();
    this.tails = column();
  }

  /** The last slab in the list of a class, 0: none; the list goes on by `units.previous`. */
  lastPartial(sizeClass: number): number {
    return u32(this.tails, sizeClass);
  }

  capacityOf(slab: number): number {
    return u16(this.classes.capacity, u8(this.units.detail, slab) * 4 + u8(this.units.order, slab));
  }

  /** Order of the next new slab: larger as the class grows, so that slack stays a share of it. */
  nextOrder(sizeClass: number): number {
    const unitsOfClass = u32(this.slabUnits, sizeClass);
    const wanted = unitsOfClass >= 128 ? 3 : unitsOfClass >= 64 ? 2 : unitsOfClass >= 32 ? 1 : 0;
    return Math.max(wanted, u8(this.classes.leastOrder, sizeClass));
  }

  /** Reference of a chunk of the class with any content, or 0. */
  allocate(sizeClass: number, mayGrow: boolean): number {
    const { units } = this;
    const slab = u32(this.heads, sizeClass) || this.addSlab(sizeClass, mayGrow);
    if (slab === 0) return 0;
    const chunkRefs = u32(this.classes.bytes, sizeClass) >>> 4;
    const base = (slab << this.memory.geometry.unitRefShift) >>> 0;
    let index = u16(units.freeHead, slab) - 1;
    if (index < 0) {
      index = u16(units.carved, slab);
      units.carved[slab] = index + 1;
    } else {
      const free = base + index * chunkRefs;
      units.freeHead[slab] = u32(this.memory.wordsOf(free), this.memory.wordAt(free) + 1);
    }
    const used = u16(units.used, slab) + 1;
    units.used[slab] = used;
    this.usedChunks[sizeClass] = u32(this.usedChunks, sizeClass) + 1;
    if (used === this.capacityOf(slab)) this.unlink(slab, sizeClass);
    return base + index * chunkRefs;
  }

  private addSlab(sizeClass: number, mayGrow: boolean): number {
    const { units } = this;
    const wanted = this.nextOrder(sizeClass);
    let slab = this.spans.allocate(wanted, spanKind.slab, mayGrow, topOrder);
    for (let order = wanted - 1; slab === 0 && order >= 0; order--) {
      if (u16(this.classes.capacity, sizeClass * 4 + order) === 0) break;
      slab = this.spans.allocate(order, spanKind.slab, mayGrow, topOrder);
    }
    if (slab === 0) return 0;
    units.detail[slab] = sizeClass;
    units.used[slab] = 0;
    units.carved[slab] = 0;
    units.freeHead[slab] = 0;
    this.countSlab(slab, sizeClass, 1);
    this.link(slab, sizeClass);
    return slab;
  }

  private countSlab(slab: number, sizeClass: number, sign: 1 | -1): void {
    this.allChunks[sizeClass] = u32(this.allChunks, sizeClass) + sign * this.capacityOf(slab);
    this.slabUnits[sizeClass] = u32(this.slabUnits, sizeClass) + sign * (1 << u8(this.units.order, slab));
  }

  /** The slab that holds a chunk. */
  slabOf(ref: number): number {
    return this.units.headOf(ref >>> this.memory.geometry.unitRefShift);
  }

  classOf(ref: number): number {
    return u8(this.units.detail, this.slabOf(ref));
  }

  /** Frees a chunk, and its slab if it was the last; returns its class. */
  release(ref: number): number {
    const { units, memory } = this;
    const slab = this.slabOf(ref);
    const sizeClass = u8(units.detail, slab);
    const words = memory.wordsOf(ref);
    const at = memory.wordAt(ref);
    words[at] = freeVersion;
    words[at + 1] = u16(units.freeHead, slab);
    const base = (slab << memory.geometry.unitRefShift) >>> 0;
    units.freeHead[slab] = (ref - base) / (u32(this.classes.bytes, sizeClass) >>> 4) + 1;
    const used = u16(units.used, slab) - 1;
    units.used[slab] = used;
    this.usedChunks[sizeClass] = u32(this.usedChunks, sizeClass) - 1;
    this.settle(slab, sizeClass, used);
    return sizeClass;
  }

  /** Lists, keeps or frees a slab one of whose chunks was just freed. */
  private settle(slab: number, sizeClass: number, used: number): void {
    const isVictim = u32(this.victims, sizeClass) === slab;
    const wasFull = used + 1 === this.capacityOf(slab);
    if (used > 0) {
      if (wasFull && !isVictim) this.link(slab, sizeClass);
      return;
    }
    if (isVictim) this.victims[sizeClass] = 0;
    else if (!wasFull) this.unlink(slab, sizeClass);
    this.countSlab(slab, sizeClass, -1);
    this.spans.release(slab);
  }

  /** Whether chunk `index` of a slab is in use. */
  isUsed(slab: number, index: number): boolean {
    if (index >= u16(this.units.carved, slab)) return false;
    const ref = this.chunkAt(slab, index);
    return (u32(this.memory.wordsOf(ref), this.memory.wordAt(ref)) & 1) === 0;
  }

  chunkAt(slab: number, index: number): number {
    const chunkRefs = u32(this.classes.bytes, u8(this.units.detail, slab)) >>> 4;
    return ((slab << this.memory.geometry.unitRefShift) >>> 0) + index * chunkRefs;
  }

  /** Begins to empty a slab: nothing is allocated from it any more. */
  startEmptying(slab: number): void {
    const sizeClass = u8(this.units.detail, slab);
    this.victims[sizeClass] = slab;
    this.unlink(slab, sizeClass);
  }

  /** Gives up emptying the class's victim. */
  stopEmptying(sizeClass: number): void {
    const slab = u32(this.victims, sizeClass);
    this.victims[sizeClass] = 0;
    if (slab !== 0 && u16(this.units.used, slab) < this.capacityOf(slab)) this.link(slab, sizeClass);
  }

  /** Moves what is known of a slab to another span of the same order, whose bytes are already those of the slab. */
  relocate(from: number, to: number): void {
    const { units } = this;
    const sizeClass = u8(units.detail, from);
    const isVictim = u32(this.victims, sizeClass) === from;
    const isListed = !isVictim && u16(units.used, from) < this.capacityOf(from);
    if (isListed) this.unlink(from, sizeClass);
    units.detail[to] = sizeClass;
    units.used[to] = u16(units.used, from);
    units.carved[to] = u16(units.carved, from);
    units.freeHead[to] = u16(units.freeHead, from);
    if (isVictim) this.victims[sizeClass] = to;
    if (isListed) this.link(to, sizeClass);
  }

  private link(slab: number, sizeClass: number): void {
    const { units } = this;
    const head = u32(this.heads, sizeClass);
    units.previous[slab] = 0;
    units.next[slab] = head;
    if (head === 0) this.tails[sizeClass] = slab;
    else units.previous[head] = slab;
    this.heads[sizeClass] = slab;
  }

  private unlink(slab: number, sizeClass: number): void {
    const { units } = this;
    const previous = u32(units.previous, slab);
    const next = u32(units.next, slab);
    if (previous === 0) this.heads[sizeClass] = next;
    else units.next[previous] = next;
    if (next === 0) this.tails[sizeClass] = previous;
    else units.previous[next] = previous;
  }
}
