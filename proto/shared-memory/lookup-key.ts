import { limits, slotOfBytes } from '@satchel/proto/core';
import { hashOfBytes } from './key-hash.js';

/** A key made ready to be looked up; one is used again and again. */
export class LookupKey {
  /** The key's bytes are the first `length`. */
  readonly bytes = Buffer.alloc(limits.keyBytes * 3);
  length = 0;
  hash = 0;
  slot = 0;

  /** Text is UTF-8. The key has at most `limits.keyBytes` characters or bytes. */
  set(key: string | Uint8Array): this {
    this.length = typeof key === 'string' ? this.#write(key) : this.#copy(key);
    this.hash = hashOfBytes(this.bytes, 0, this.length);
    this.slot = slotOfBytes(this.bytes, 0, this.length);
    return this;
  }

  #write(key: string): number {
    const { bytes } = this;
    for (let at = 0; at < key.length; at++) {
      const code = key.charCodeAt(at);
      if (code >= 0x80) return bytes.write(key);
      bytes[at] = code;
    }
    return key.length;
  }

  #copy(key: Uint8Array): number {
    const { bytes } = this;
    for (let at = 0; at < key.length; at++) bytes[at] = key[at] as number;
    return key.length;
  }
}
