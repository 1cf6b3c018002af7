import { entryWord } from '@satchel/proto/shared-memory';
import { hashOfBytes } from '../key.js';
import { objectCharge } from '../tier-store.js';
import type { ArenaContents } from './arena-contents.js';
import { auditRoot } from './audit-root.js';
import { keyLengthOf } from './entry.js';
import { headerBytes, topOrder } from './geometry.js';
import { u8, u16, u32 } from './typed-access.js';
import { spanKind } from './units.js';

/** Checks that index, entries, blocks, slabs and free lists agree with each other; returns what does not, in words. */
export function auditContents(contents: ArenaContents): string[] {
  const audit = new Audit(contents);
  audit.walkIndex();
  audit.walkUnits();
  return [...audit.problems, ...auditRoot(contents.parts)];
}

class Audit {
  readonly problems: string[] = [];
  private readonly contents: ArenaContents;
  /** Spans that something refers to, by first unit: their kind. */
  private readonly referred = new Map<number, number>();
  private readonly chunksBySlab = new Map<number, number>();

  constructor(contents: ArenaContents) {
    this.contents = contents;
  }

  walkIndex(): void {
    const { index, memory } = this.contents.parts;
    let objects = 0;
    let usedBytes = 0;
    for (const table of index.allTables()) {
      this.refer(table, spanKind.table);
      const words = memory.wordsOf(this.refOf(table));
      const base = memory.wordAt(this.refOf(table));
      let used = 0;
      for (let at = base + 4; at < base + memory.geometry.unitBytes / 4; at += 2) {
        if (u32(words, at + 1) === 0) continue;
        usedBytes += this.visitEntry(u32(words, at + 1), u32(words, at));
        used++;
      }
      this.check(used === u16(this.contents.parts.units.used, table), `table ${table} counts its slots wrongly`);
      objects += used;
    }
    for (const ref of this.contents.pending) this.visitBody(ref);
    this.check(objects === this.contents.objects, `${objects} objects in the index, ${this.contents.objects} counted`);
    this.check(usedBytes === this.contents.usedBytes, `${usedBytes} bytes in entries, ${this.contents.usedBytes} counted`);
  }

  private visitEntry(ref: number, hash: number): number {
    const { memory } = this.contents.parts;
    const words = memory.wordsOf(ref);
    const at = memory.wordAt(ref);
    const keyLength = keyLengthOf(words, at);
    const keyStart = memory.byteAt(ref) + headerBytes;
    this.check(hashOfBytes(memory.bytesOf(ref), keyStart, keyStart + keyLength) === hash, `entry ${ref} has another hash`);
    this.check((u32(words, at + entryWord.version) & 1) === 0, `entry ${ref} looks free`);
    this.visitBody(ref);
    return objectCharge(keyLength, u32(words, at + entryWord.valueLength));
  }

  /** Chunk and blocks of an entry. */
  private visitBody(ref: number): void {
    const { slabs, values, units } = this.contents.parts;
    const slab = slabs.slabOf(ref);
    this.referred.set(slab, spanKind.slab);
    this.chunksBySlab.set(slab, (this.chunksBySlab.get(slab) ?? 0) + 1);
    for (const block of values.blockUnits(ref)) {
      this.refer(block, spanKind.block);
      this.check(u32(units.owner, block) === ref, `block ${block} of entry ${ref} has another owner`);
    }
  }

  walkUnits(): void {
    const { memory } = this.contents.parts;
    let used = 0;
    let reserved = 0;
    for (let segment = 1; segment < memory.segmentsEnd; segment++) {
      const first = segment << memory.geometry.segmentUnitShift;
      reserved += memory.unitsOf(segment);
      used += this.walkSegment(first, first + memory.unitsOf(segment));
    }
    const { spans } = this.contents.parts;
    this.check(used === spans.usedUnits, `${used} units in use, ${spans.usedUnits} counted`);
    this.check(reserved * memory.geometry.unitBytes <= memory.reservedBytes, 'segments exceed the reserved bytes');
  }

  private walkSegment(first: number, end: number): number {
    const { units } = this.contents.parts;
    let used = 0;
    for (let unit = first; unit < end; ) {
      const kind = u8(units.kind, unit);
      const size = 1 << u8(units.order, unit);
      if (kind === spanKind.slab || kind === spanKind.block || kind === spanKind.table) {
        used += size;
        const isHeld = this.contents.parts.pins.isOrphan(unit);
        this.check(
          isHeld || this.referred.get(unit) === kind,
          `span ${unit} of kind ${kind} is leaked or taken for another kind`,
        );
      } else this.check(!this.referred.has(unit), `span ${unit} is free and in use`);
      if (kind === spanKind.slab) this.checkSlab(unit);
      unit += size;
      if (unit % (1 << topOrder) === 0) this.checkTop((unit >>> topOrder) - 1);
    }
    return used;
  }

  private checkTop(top: number): void {
    const { units } = this.contents.parts;
    let used = 0;
    for (let unit = top << topOrder; unit < (top + 1) << topOrder; unit += 1 << u8(units.order, unit)) {
      if (u8(units.kind, unit) >= spanKind.slab) used += 1 << u8(units.order, unit);
    }
    this.check(used === u8(units.topUsed, top), `top span ${top} counts its units wrongly`);
  }

  private checkSlab(slab: number): void {
    const { units, slabs } = this.contents.parts;
    const used = u16(units.used, slab);
    this.check(used === this.chunksBySlab.get(slab), `slab ${slab} has leaked chunks`);
    this.check(used <= slabs.capacityOf(slab), `slab ${slab} holds more than fits`);
  }

  private refer(unit: number, kind: number): void {
    this.check(!this.referred.has(unit), `span ${unit} is referred to twice`);
    this.check(u8(this.contents.parts.units.kind, unit) === kind, `span ${unit} is not of kind ${kind}`);
    this.referred.set(unit, kind);
  }

  private refOf(unit: number): number {
    return (unit << this.contents.parts.memory.geometry.unitRefShift) >>> 0;
  }

  private check(condition: boolean, problem: string): void {
    if (!condition) this.problems.push(problem);
  }
}
