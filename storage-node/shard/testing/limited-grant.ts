import type { Grant } from '../grant.js';

/** A grant that gives up to `bytes`, at once or, if `slow`, in a later turn; checks that no more is released than reserved. */
export class LimitedGrant implements Grant {
  bytes: number;
  reservedBytes = 0;
  slow = false;

  constructor(bytes: number) {
    this.bytes = bytes;
  }

  reserve(bytes: number): boolean | Promise<boolean> {
    if (!this.slow) return this.#take(bytes);
    return new Promise((resolve) => setImmediate(() => resolve(this.#take(bytes))));
  }

  release(bytes: number): void {
    this.reservedBytes -= bytes;
    if (bytes < 0 || this.reservedBytes < 0) throw new Error(`${bytes} bytes released, ${this.reservedBytes} are left`);
  }

  #take(bytes: number): boolean {
    if (this.reservedBytes + bytes > this.bytes) return false;
    this.reservedBytes += bytes;
    return true;
  }
}
