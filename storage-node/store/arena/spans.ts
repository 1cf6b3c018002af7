import type { ArenaMemory } from './arena-memory.js';
import { topOrder, unitsPerTop } from './geometry.js';
import { u8, u32 } from './typed-access.js';
import { spanKind, topState, type Units } from './units.js';

/** Buddy allocation of spans of 1, 2, 4 or 8 units; a wholly free segment goes back to the lender at once. */
export class Spans {
  /** Units in free spans of each order that may be allocated. */
  readonly freeUnits = new Uint32Array(topOrder + 1);
  /** Units in use. */
  usedUnits = 0;
  private readonly memory: ArenaMemory;
  private readonly units: Units;
  private readonly heads = new Uint32Array(topOrder + 1);
  private readonly segmentUsed: number[] = [0];

  constructor(memory: ArenaMemory, units: Units) {
    this.memory = memory;
    this.units = units;
  }

  /** Bytes that may be allocated without another segment. */
  get freeBytes(): number {
    return this.freeUnits.reduce((sum, units) => sum + units, 0) * this.memory.geometry.unitBytes;
  }

  /** Units in use of a segment. */
  usedOf(segment: number): number {
    return this.segmentUsed[segment] ?? 0;
  }

  /** First span in the free list of an order, 0: none; the list goes on by `units.next`. */
  firstFree(order: number): number {
    return u32(this.heads, order);
  }

  /**
   * Allocates a span and returns its first unit, or 0. Splits free spans up to `largestOrder`, and adds a segment only if
   * `mayGrow`.
   */
  allocate(order: number, kind: number, mayGrow: boolean, largestOrder: number): number {
    for (;;) {
      for (let larger = order; larger <= largestOrder; larger++) {
        const unit = u32(this.heads, larger);
        if (unit !== 0) return this.takeFrom(unit, larger, order, kind);
      }
      if (!mayGrow || !this.grow()) return 0;
    }
  }

  private takeFrom(unit: number, from: number, order: number, kind: number): number {
    this.unlink(unit, from);
    for (let half = from - 1; half >= order; half--) this.link(unit + (1 << half), half);
    this.units.setSpan(unit, order, kind);
    this.count(unit, 1 << order);
    return unit;
  }

  private count(unit: number, difference: number): void {
    this.usedUnits += difference;
    this.units.topUsed[unit >>> topOrder] = u8(this.units.topUsed, unit >>> topOrder) + difference;
    const segment = unit >>> this.memory.geometry.segmentUnitShift;
    this.segmentUsed[segment] = this.usedOf(segment) + difference;
  }

  /** Frees a span. */
  release(unit: number): void {
    const { units } = this;
    const order = u8(units.order, unit);
    this.count(unit, -(1 << order));
    units.kind[unit] = spanKind.closed;
    const segment = unit >>> this.memory.geometry.segmentUnitShift;
    const top = unit >>> topOrder;
    if (this.usedOf(segment) === 0) this.dropSegment(segment);
    else if (u8(units.topState, top) === topState.open) this.linkMerged(unit, order);
    else if (u8(units.topState, top) === topState.closedAlone && u8(units.topUsed, top) === 0) this.reopen(top);
  }

  /** Takes a top span out of allocation: its free parts leave the lists, and what is freed in it stays out. */
  close(top: number, state: number): void {
    const { units } = this;
    units.topState[top] = state;
    const end = (top + 1) << topOrder;
    for (let unit = top << topOrder; unit < end; unit += 1 << u8(units.order, unit)) {
      if (u8(units.kind, unit) !== spanKind.free) continue;
      this.unlink(unit, u8(units.order, unit));
      units.kind[unit] = spanKind.closed;
    }
  }

  /** Takes a closed top span back into allocation. */
  reopen(top: number): void {
    const { units } = this;
    units.topState[top] = topState.open;
    const end = (top + 1) << topOrder;
    for (let unit = top << topOrder; unit < end; ) {
      const merged = u8(units.kind, unit) === spanKind.closed ? this.linkMerged(unit, u8(units.order, unit)) : unit;
      unit = merged + (1 << u8(units.order, merged));
    }
  }

  private grow(): boolean {
    const segment = this.memory.addSegment();
    if (segment === 0) return false;
    const first = segment << this.memory.geometry.segmentUnitShift;
    const end = first + this.memory.unitsOf(segment);
    this.units.ensure((segment + 1) << this.memory.geometry.segmentUnitShift);
    this.segmentUsed[segment] = 0;
    // Linked from the end, so that allocation begins at the start.
    for (let unit = end - unitsPerTop; unit >= first; unit -= unitsPerTop) {
      this.units.topUsed[unit >>> topOrder] = 0;
      this.units.topState[unit >>> topOrder] = topState.open;
      this.link(unit, topOrder);
    }
    return true;
  }

  private dropSegment(segment: number): void {
    const first = segment << this.memory.geometry.segmentUnitShift;
    const end = first + this.memory.unitsOf(segment);
    for (let unit = first; unit < end; unit += unitsPerTop) {
      this.close(unit >>> topOrder, topState.open);
      this.units.kind.fill(spanKind.none, unit, unit + unitsPerTop);
    }
    this.memory.removeSegment(segment);
  }

  /** Links a free span after merging it with free buddies; returns the first unit of the result. */
  private linkMerged(freed: number, freedOrder: number): number {
    const { units } = this;
    let unit = freed;
    let order = freedOrder;
    for (; order < topOrder; order++) {
      const buddy = unit ^ (1 << order);
      if (u8(units.kind, buddy) !== spanKind.free || u8(units.order, buddy) !== order) break;
      this.unlink(buddy, order);
      units.kind[Math.max(unit, buddy)] = spanKind.none;
      unit = Math.min(unit, buddy);
    }
    this.link(unit, order);
    return unit;
  }

  private link(unit: number, order: number): void {
    const { units } = this;
    const head = u32(this.heads, order);
    units.setSpan(unit, order, spanKind.free);
    units.previous[unit] = 0;
    units.next[unit] = head;
    if (head !== 0) units.previous[head] = unit;
    this.heads[order] = unit;
    this.freeUnits[order] = u32(this.freeUnits, order) + (1 << order);
  }

  private unlink(unit: number, order: number): void {
    const { units } = this;
    const previous = u32(units.previous, unit);
    const next = u32(units.next, unit);
    if (previous === 0) this.heads[order] = next;
    else units.next[previous] = next;
    if (next !== 0) units.previous[next] = previous;
    this.freeUnits[order] = u32(this.freeUnits, order) - (1 << order);
  }
}
