/**
 * How a byte stream divides into records. `fixed`: the Sort Benchmark's layout, records of `recordBytes` whose first
 * `keyBytes` are the key. `lines`: each line with its newline is a record, the line without it the key.
 */
export type Layout =
  | { readonly kind: 'fixed'; readonly recordBytes: number; readonly keyBytes: number }
  | { readonly kind: 'lines' };

/** Records of 100 bytes with a key of 10, as the Sort Benchmark has them. */
export const sortBenchmarkLayout: Layout = { kind: 'fixed', recordBytes: 100, keyBytes: 10 };

const newline = 0x0a;

/** Whole records in a buffer: record i is `buffer[starts[i], starts[i + 1])`, its key `buffer[starts[i], keyEnd(i))`. */
export class Records {
  readonly buffer: Buffer;
  /** One more than there are records. */
  readonly starts: Uint32Array;
  readonly #layout: Layout;

  constructor(buffer: Buffer, layout: Layout) {
    this.buffer = buffer;
    this.#layout = layout;
    this.starts = layout.kind === 'fixed' ? fixedStarts(buffer, layout.recordBytes) : lineStarts(buffer);
  }

  get count(): number {
    return this.starts.length - 1;
  }

  start(index: number): number {
    return this.starts[index] as number;
  }

  end(index: number): number {
    return this.starts[index + 1] as number;
  }

  keyEnd(index: number): number {
    return this.#layout.kind === 'fixed' ? this.start(index) + this.#layout.keyBytes : this.end(index) - 1;
  }

  /** The first four bytes of the key as a number that orders like them; missing bytes count as 0. */
  prefix(index: number): number {
    const start = this.start(index);
    const length = this.keyEnd(index) - start;
    if (length >= 4) return this.buffer.readUInt32BE(start);
    let prefix = 0;
    for (let at = 0; at < 4; at++) prefix = prefix * 256 + (at < length ? (this.buffer[start + at] as number) : 0);
    return prefix;
  }

  /** Negative, 0 or positive as key `index` is before, equal to or after key `otherIndex` of `other`, byte by byte. */
  compare(index: number, other: Records, otherIndex: number): number {
    return this.compareKey(index, other.buffer, other.start(otherIndex), other.keyEnd(otherIndex));
  }

  /** The same against a key that lies in `bytes[start, end)`. */
  compareKey(index: number, bytes: Buffer, start = 0, end = bytes.length): number {
    return this.buffer.compare(bytes, start, end, this.start(index), this.keyEnd(index));
  }

  /** A copy of a key. */
  key(index: number): Buffer {
    return Buffer.from(this.buffer.subarray(this.start(index), this.keyEnd(index)));
  }
}

function fixedStarts(buffer: Buffer, recordBytes: number): Uint32Array {
  if (buffer.length % recordBytes !== 0) throw new Error(`${buffer.length} bytes are not whole records of ${recordBytes}`);
  return Uint32Array.from({ length: buffer.length / recordBytes + 1 }, (_, index) => index * recordBytes);
}

function lineStarts(buffer: Buffer): Uint32Array {
  if (buffer.length > 0 && buffer[buffer.length - 1] !== newline) throw new Error('the last line has no newline');
  let count = 0;
  for (let at = buffer.indexOf(newline); at >= 0; at = buffer.indexOf(newline, at + 1)) count++;
  const starts = new Uint32Array(count + 1);
  let next = 0;
  for (let index = 0; index < count; index++) {
    starts[index] = next;
    next = buffer.indexOf(newline, next) + 1;
  }
  starts[count] = buffer.length;
  return starts;
}
