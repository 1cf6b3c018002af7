import { hashOfBytes } from '@satchel/proto/shared-memory';

export { hashOfBytes };

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

  /** Whether the key begins with these bytes. */
  hasPrefix(prefix: Buffer): boolean {
    const end = this.start + prefix.length;
    return end <= this.end && prefix.compare(this.buffer, this.start, end) === 0;
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
