/**
 * A key as it lies in a buffer, with its hash. One Key object is reused for command after command on the hot
 * path: whoever keeps a key longer than the call it was passed to keeps `copy()`.
 */
export class Key {
  buffer: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;
  /** 32-bit hash that orders keys in every store and in SCAN cursors; see {@link hashOfBytes}. */
  hash = 0;

  /** Points this key at `buffer[start, end)`. */
  set(buffer: Buffer, start: number, end: number): this {
    this.buffer = buffer;
    this.start = start;
    this.end = end;
    this.hash = hashOfBytes(buffer, start, end);
    return this;
  }

  get length(): number {
    return this.end - this.start;
  }

  /** A key of its own bytes. */
  copy(): Key {
    return Key.of(Buffer.from(this.buffer.subarray(this.start, this.end)));
  }

  /** The key as a map key: one latin1 character per byte, so that distinct bytes stay distinct. */
  toString(): string {
    return this.buffer.toString('latin1', this.start, this.end);
  }

  static of(key: string | Buffer): Key {
    const bytes = typeof key === 'string' ? Buffer.from(key) : key;
    return new Key().set(bytes, 0, bytes.length);
  }
}

/** FNV-1a over the bytes, then MurmurHash3's 32-bit finalizer, so that the high bits are as good as the low ones. */
export function hashOfBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
