import { type RingEnd, RingOutput } from '@satchel/proto/shared-memory';
import type { ReadInput } from '../listener.js';
import type { Transport } from '../transport.js';

/** The Unix socket that a ring came through: wakes the client, and closes when it is gone. */
export interface Bell {
  readonly writable: boolean;
  write(bytes: Uint8Array): unknown;
  end(): unknown;
  destroy(): unknown;
}

/** Calls for a ring to be looked at soon, since there is something to do. */
export type Attend = (ring: RingTransport) => void;

const wakeUp = Buffer.from([1]);

/** A connection's bytes on their way through a ring instead of its socket. Whoever polls calls `poll`. */
export class RingTransport implements Transport {
  readonly #ring: RingEnd;
  readonly #output: RingOutput;
  readonly #bell: Bell;
  readonly #readBuffer: Buffer;
  readonly #read: ReadInput;
  readonly #attend: Attend;
  #onDrain: () => void = () => {};
  #reading = true;
  #ending = false;
  #closed = false;

  constructor(ring: RingEnd, bell: Bell, readBuffer: Buffer, read: ReadInput, attend: Attend) {
    this.#ring = ring;
    this.#output = new RingOutput(ring);
    this.#bell = bell;
    this.#readBuffer = readBuffer;
    this.#read = read;
    this.#attend = attend;
  }

  get writableLength(): number {
    return this.#output.waitingBytes;
  }

  get writable(): boolean {
    return this.#bell.writable && !this.#ending && !this.#closed;
  }

  write(bytes: Uint8Array): void {
    if (this.#closed) return;
    try {
      this.#output.write(bytes);
    } catch {
      this.destroy();
      return;
    }
    this.#wakePeer('bytes');
  }

  /** Reads and writes what can be; false if there was nothing to do. */
  poll(): boolean {
    if (this.#closed) return false;
    try {
      const wrote = this.writableLength > 0 && this.#writeWaiting();
      if (!this.#reading) return wrote;
      const length = this.#ring.read(this.#readBuffer);
      if (length === 0) return wrote;
      this.#reading = this.#read(this.#readBuffer, length);
    } catch {
      this.destroy();
      return true;
    }
    this.#wakePeer('space');
    return true;
  }

  /** Ends polling: from now on the client wakes us. False: there is something to do first. */
  sleep(): boolean {
    if (this.#closed) return true;
    try {
      return this.#ring.sleep(this.#reading, this.writableLength > 0);
    } catch {
      this.destroy();
      return true;
    }
  }

  /** Polling begins again. */
  wake(): void {
    this.#ring.wake();
  }

  resume(): void {
    this.#reading = true;
    this.rung();
  }

  /** The client calls through the bell. */
  rung(): void {
    this.#attend(this);
  }

  /** Closes once everything was taken. */
  end(): void {
    this.#ending = true;
    if (this.writableLength === 0) this.#bell.end();
  }

  /** Closes at once. Idempotent. */
  destroy(): void {
    this.#closed = true;
    this.#output.clear();
    this.#bell.destroy();
  }

  on(_event: 'drain', callback: () => void): this {
    this.#onDrain = callback;
    return this;
  }

  #writeWaiting(): boolean {
    if (!this.#output.flush()) return false;
    this.#wakePeer('bytes');
    if (this.writableLength > 0) return true;
    if (this.#ending) this.#bell.end();
    else this.#onDrain();
    return true;
  }

  #wakePeer(change: 'bytes' | 'space'): void {
    if (this.#ring.takeWakeUp(change) && this.#bell.writable) this.#bell.write(wakeUp);
  }
}
