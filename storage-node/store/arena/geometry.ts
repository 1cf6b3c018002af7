import { assert, limits } from '@satchel/proto/core';
import { entryHeaderBytes as headerBytes, inlineListWords, largestBlockOrder } from '@satchel/proto/shared-memory';

/** Buddy orders of a span: 1, 2, 4 or 8 units. */
export const topOrder = largestBlockOrder;
export const unitsPerTop = 1 << topOrder;

/** Fixed part of an entry. */
export { headerBytes };

export interface GeometryOptions {
  /** Smallest span and size of an index table; a power of two; default 8 KiB. */
  readonly unitBytes?: number;
  /** Largest segment; a power of two, at least 8 units; default 1 MiB. */
  readonly segmentBytes?: number;
}

/**
 * The measures of an arena. Addresses are 32-bit references in steps of 16 bytes: segment, unit and byte of a reference are shifts
 * of it. Segments may be smaller than `segmentBytes`; each still takes that much of the address space.
 */
export class Geometry {
  readonly unitBytes: number;
  readonly unitShift: number;
  readonly topBytes: number;
  readonly segmentBytes: number;
  /** reference >>> this = unit. */
  readonly unitRefShift: number;
  /** reference >>> this = segment. */
  readonly segmentRefShift: number;
  /** unit >>> this = segment. */
  readonly segmentUnitShift: number;
  readonly segmentRefMask: number;
  readonly segmentUnitMask: number;
  /** Block references an entry lists itself; a longer list goes to list blocks of one unit. */
  readonly inlineListWords: number;
  readonly classes: SizeClasses;

  constructor({ unitBytes = 8192, segmentBytes = 1024 * 1024 }: GeometryOptions = {}) {
    assert(isPowerOfTwo(unitBytes) && unitBytes >= 1024, 'a unit is a power of two, at least 1 KiB');
    assert(isPowerOfTwo(segmentBytes) && segmentBytes >= unitBytes * unitsPerTop, 'a segment holds at least 8 units');
    this.unitBytes = unitBytes;
    this.unitShift = Math.log2(unitBytes);
    this.topBytes = unitBytes << topOrder;
    this.segmentBytes = segmentBytes;
    this.unitRefShift = this.unitShift - 4;
    this.segmentRefShift = Math.log2(segmentBytes) - 4;
    this.segmentUnitShift = this.segmentRefShift - this.unitRefShift;
    this.segmentRefMask = 2 ** this.segmentRefShift - 1;
    this.segmentUnitMask = 2 ** this.segmentUnitShift - 1;
    this.inlineListWords = inlineListWords(unitBytes);
    this.classes = new SizeClasses(unitBytes, headerBytes + limits.keyBytes + 4 * this.inlineListWords + unitBytes);
  }
}

/** Chunk sizes, about 1/12 apart, in steps of 16 bytes; large ones divide the largest slab without a rest. */
export class SizeClasses {
  readonly count: number;
  /** Chunk size of each class in bytes. */
  readonly bytes: Uint32Array;
  /** Class of a size, by size in steps of 16 bytes, rounded up. */
  readonly ofSteps: Uint8Array;
  /** Chunks in a slab, by class * 4 + order. */
  readonly capacity: Uint16Array;
  /** Least order of a slab that does not waste much. */
  readonly leastOrder: Uint8Array;

  constructor(unitBytes: number, largestBytes: number) {
    const sizes = classSizes(unitBytes << topOrder, largestBytes);
    this.count = sizes.length;
    this.bytes = Uint32Array.from(sizes);
    this.ofSteps = new Uint8Array((largestBytes >>> 4) + 2);
    for (let step = 0, sizeClass = 0; step < this.ofSteps.length; step++) {
      if (step * 16 > (sizes[sizeClass] as number) && sizeClass < this.count - 1) sizeClass++;
      this.ofSteps[step] = sizeClass;
    }
    this.capacity = Uint16Array.from(
      sizes.flatMap((size) => [0, 1, 2, 3].map((order) => Math.floor((unitBytes << order) / size))),
    );
    this.leastOrder = Uint8Array.from(sizes, (size) => leastOrderOf(unitBytes, size));
    assert(this.count < 256, 'a size class fits a byte');
  }
}

function classSizes(slabBytes: number, largestBytes: number): number[] {
  const sizes: number[] = [];
  for (let size = 48; size * 32 < slabBytes; size += Math.max(16, Math.floor(size / 12 / 16) * 16)) sizes.push(size);
  for (let chunks = 32; (sizes.at(-1) ?? 0) < largestBytes; chunks -= Math.max(1, chunks >>> 3)) {
    sizes.push(Math.floor(slabBytes / chunks / 16) * 16);
  }
  return sizes;
}

/** The least order whose slab wastes at most 1/16 behind its last chunk. */
function leastOrderOf(unitBytes: number, chunkBytes: number): number {
  for (let order = 0; order < topOrder; order++) {
    const slabBytes = unitBytes << order;
    if (slabBytes % chunkBytes <= slabBytes / 16 && slabBytes >= 4 * chunkBytes) return order;
  }
  return topOrder;
}

function isPowerOfTwo(value: number): boolean {
  return Number.isInteger(Math.log2(value));
}
