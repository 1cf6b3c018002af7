import type { RingEnd } from './ring.js';

/** What one side of a ring writes: as much as fits at once, the rest as the other side makes space. */
export class RingOutput {
  /** Bytes that did not fit yet. They are the caller's own memory, so it must not change them until this is 0. */
  waitingBytes = 0;
  readonly #ring: RingEnd;
  readonly #waiting: Uint8Array[] = [];

  constructor(ring: RingEnd) {
    this.#ring = ring;
  }

  /** Writes bytes, behind those that wait. Throws as {@link RingEnd.write}. */
  write(bytes: Uint8Array): void {
    const taken = this.waitingBytes > 0 ? 0 : this.#ring.write(bytes, 0, bytes.length);
    if (taken === bytes.length) return;
    this.#waiting.push(bytes.subarray(taken));
    this.waitingBytes += bytes.length - taken;
  }

  /** Writes what waits, as much as fits now; whether any did. */
  flush(): boolean {
    const before = this.waitingBytes;
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const taken = this.#ring.write(first, 0, first.length);
      this.waitingBytes -= taken;
      if (taken < first.length) {
        this.#waiting[0] = first.subarray(taken);
        break;
      }
      this.#waiting.shift();
    }
    return this.waitingBytes < before;
  }

  /** Forgets what waits. */
  clear(): void {
    this.#waiting.length = 0;
    this.waitingBytes = 0;
  }
}
