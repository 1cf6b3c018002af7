// One accessor per array type: each stays monomorphic for the optimizer, and the index is known to be in range.

export function u32(array: Uint32Array, index: number): number {
  return array[index] as number;
}

export function u16(array: Uint16Array, index: number): number {
  return array[index] as number;
}

export function u8(array: Uint8Array, index: number): number {
  return array[index] as number;
}

/** Below this a byte loop is faster than making a view for TypedArray.set; measured with arena.bench.ts. */
const loopBytes = 40;

/** Copies `source[start, end)` to `target` at `targetStart`; the ranges do not overlap. */
export function copyBytes(source: Buffer, start: number, end: number, target: Buffer, targetStart: number): void {
  if (end - start > loopBytes) {
    source.copy(target, targetStart, start, end);
    return;
  }
  for (let from = start, to = targetStart; from < end; from++, to++) target[to] = u8(source, from);
}
