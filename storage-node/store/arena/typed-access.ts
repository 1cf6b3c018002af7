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

/** Up to this a byte loop is faster than making a view for TypedArray.set, and a word loop up to eight times that. */
const loopBytes = 64;

/** Copies `source[start, end)` to `target` at `targetStart`; the ranges do not overlap. */
export function copyBytes(source: Buffer, start: number, end: number, target: Buffer, targetStart: number): void {
  if (end - start > loopBytes) {
    source.copy(target, targetStart, start, end);
    return;
  }
  let from = start;
  let to = targetStart;
  for (; from + 4 <= end; from += 4, to += 4) {
    target[to] = u8(source, from);
    target[to + 1] = u8(source, from + 1);
    target[to + 2] = u8(source, from + 2);
    target[to + 3] = u8(source, from + 3);
  }
  for (; from < end; from++, to++) target[to] = u8(source, from);
}

/** Copies words one by one: for short stretches. */
export function copyWords(source: Uint32Array, start: number, end: number, target: Uint32Array, targetStart: number): void {
  for (let from = start, to = targetStart; from < end; from++, to++) target[to] = u32(source, from);
}

/** Bytes up to which {@link copyWords} is the faster one. */
export const shortCopyBytes = 8 * loopBytes;
