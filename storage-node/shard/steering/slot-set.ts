import { slotCount } from '@satchel/proto/core';

/** Slots from `start` up to, not including, `end`. */
export interface SlotSpan {
  readonly start: number;
  readonly end: number;
}

/** Shared by all sets that have never had a slot: most jobs have no slots that move. */
const none = new Uint32Array(slotCount / 32);

/** A set of slots, one bit each. */
export class SlotSet {
  #words = none;
  #size = 0;

  static of(spans: Iterable<SlotSpan>): SlotSet {
    const set = new SlotSet();
    for (const { start, end } of spans) for (let slot = start; slot < end; slot++) set.add(slot);
    return set;
  }

  /** Number of slots. */
  get size(): number {
    return this.#size;
  }

  has(slot: number): boolean {
    return (((this.#words[slot >>> 5] as number) >>> (slot & 31)) & 1) === 1;
  }

  add(slot: number): void {
    if (this.has(slot)) return;
    if (this.#words === none) this.#words = new Uint32Array(none.length);
    this.#words[slot >>> 5] = (this.#words[slot >>> 5] as number) | (1 << (slot & 31));
    this.#size++;
  }

  delete(slot: number): void {
    if (!this.has(slot)) return;
    this.#words[slot >>> 5] = (this.#words[slot >>> 5] as number) & ~(1 << (slot & 31));
    this.#size--;
  }

  /** Whether every slot of `other` is one of this set. */
  covers(other: SlotSet): boolean {
    for (const slot of other) if (!this.has(slot)) return false;
    return true;
  }

  /** The slots that are in `other` too. */
  within(other: SlotSet): SlotSet {
    const both = new SlotSet();
    for (const slot of this) if (other.has(slot)) both.add(slot);
    return both;
  }

  *[Symbol.iterator](): Generator<number> {
    for (let slot = 0; slot < slotCount; slot++) if (this.has(slot)) yield slot;
  }

  /** The fewest spans that are the set, in ascending order. */
  spans(): SlotSpan[] {
    const spans: SlotSpan[] = [];
    for (let slot = 0; slot < slotCount; slot++) {
      if (!this.has(slot)) continue;
      const start = slot;
      while (slot < slotCount && this.has(slot)) slot++;
      spans.push({ start, end: slot });
    }
    return spans;
  }
}

/** All slots. */
export function everySlot(): SlotSet {
  return SlotSet.of([{ start: 0, end: slotCount }]);
}

/** The slots of one set that are not in another. */
export function difference(left: SlotSet, right: SlotSet): SlotSet {
  const rest = new SlotSet();
  for (const slot of left) if (!right.has(slot)) rest.add(slot);
  return rest;
}
