import { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import { SatchelError } from '@satchel/proto/core';
import { askForRing, loadMapping, type MappedFile, RingEnd, RingOutput } from '@satchel/proto/shared-memory';

/** Where input goes, as `onread` of a socket. */
export interface RingInput {
  buffer(): Uint8Array;
  callback(bytes: number, buffer: Uint8Array): boolean;
}

/** How a client gets a ring. */
export interface RingAccess {
  /** Path of the shard's Unix socket. */
  readonly path: string;
  readonly job: string;
  readonly token: string;
  /** Whether answers are under way: only then is it worth while to look for them. */
  readonly expects: () => boolean;
  readonly timeoutMs: number;
}

/** Looking for an answer without a pause; a shard that polls answers within a few microseconds. */
const spinMs = 0.02;
/** Looking for an answer once in each round of the event loop, before going to sleep. */
const patienceMs = 0.2;
/** Answers found without a pause may keep the event loop from everything else for so long. */
const monopolyMs = 2;

const wakeUp = Buffer.from([1]);

/**
 * A connection to a shard of this host whose bytes go through shared memory: stands where a `net.Socket` would, with those of its events and
 * methods that a wire uses. After a write it looks for the answer for a moment if the shard is polling, then more patiently, and
 * sleeps until the shard wakes it through the Unix socket, whose end is also the end of the ring.
 */
export class RingSocket extends EventEmitter<{ connect: []; drain: []; error: [Error]; close: [] }> {
  readonly #access: RingAccess;
  readonly #input: RingInput;
  #ring: RingEnd | undefined;
  #output: RingOutput | undefined;
  #file: MappedFile | undefined;
  #bell: Socket | undefined;
  #closed = false;
  #awake = false;
  #roundStartMs = 0;
  #roundWatched = false;
  #patientUntilMs = 0;
  readonly #look = (): void => this.#spin();
  readonly #lookAgain = (): void => this.#goOn();
  readonly #roundBegan = (): void => {
    this.#roundWatched = false;
    this.#roundStartMs = performance.now();
  };

  constructor(access: RingAccess, input: RingInput) {
    super();
    this.#access = access;
    this.#input = input;
    void this.#open();
  }

  /** Bytes that did not fit the ring yet. */
  get writableLength(): number {
    return this.#output?.waitingBytes ?? 0;
  }

  write(bytes: Uint8Array): void {
    const ring = this.#ring;
    if (ring === undefined || this.#closed) return;
    try {
      this.#output?.write(bytes);
    } catch (error) {
      this.#fail(error);
      return;
    }
    const slept = ring.takeWakeUp('bytes');
    if (slept) this.#bell?.write(wakeUp);
    // A shard that has to be woken takes longer than is worth waiting for in this way.
    this.#patientUntilMs = slept ? 0 : performance.now() + patienceMs;
    if (this.#awake) return;
    this.#awake = true;
    ring.wake();
    queueMicrotask(this.#look);
  }

  cork(): void {}
  uncork(): void {}

  /** The bell keeps no process alive. */
  unref(): void {}

  /** Closes at once. Idempotent. */
  destroy(error?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#bell?.destroy();
    setImmediate(() => this.#end(error));
  }

  async #open(): Promise<void> {
    const { path, job, token, timeoutMs } = this.#access;
    try {
      const requests = [Buffer.from(`AUTH ${job} ${token}\r\n`), Buffer.from('SATCHEL.RING\r\n')];
      const { file, socket } = await askForRing(path, requests, timeoutMs);
      this.#file = file;
      this.#ring = new RingEnd(file.memory, 'client');
      this.#output = new RingOutput(this.#ring);
      this.#bell = new Socket({ fd: socket, readable: true, writable: true });
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.#closed) {
      this.#bell.destroy();
      this.#letGo();
      return;
    }
    this.#bell.on('data', () => this.#rung());
    this.#bell.on('error', (error) => this.#fail(error));
    this.#bell.on('close', () => {
      this.#poll();
      this.destroy();
    });
    this.#bell.unref();
    this.#ring.sleep(true, false);
    this.emit('connect');
  }

  #end(error: Error | undefined): void {
    this.#letGo();
    if (error !== undefined) this.emit('error', error);
    this.emit('close');
  }

  #letGo(): void {
    const file = this.#file;
    this.#file = undefined;
    this.#ring = undefined;
    if (file !== undefined) loadMapping()?.unmap(file);
  }

  #fail(error: unknown): void {
    this.destroy(SatchelError.from(error));
  }

  #rung(): void {
    this.#awake = true;
    this.#ring?.wake();
    this.#patientUntilMs = performance.now() + patienceMs;
    this.#goOn();
  }

  /** Looks without a pause, unless that has kept everything else waiting for too long. */
  #spin(): void {
    const startMs = performance.now();
    if (!this.#roundWatched) {
      this.#roundWatched = true;
      this.#roundStartMs = startMs;
      setImmediate(this.#roundBegan);
    }
    if (startMs - this.#roundStartMs < monopolyMs) {
      for (let nowMs = startMs; nowMs < startMs + spinMs && nowMs < this.#patientUntilMs; nowMs = performance.now()) {
        if (this.#poll() && !this.#access.expects()) break;
      }
    }
    this.#settleDown();
  }

  #goOn(): void {
    this.#poll();
    this.#settleDown();
  }

  /** Sleeps if nothing is expected or it takes long; else looks again in the next round of the event loop. */
  #settleDown(): void {
    const ring = this.#ring;
    if (ring === undefined || this.#closed) return;
    const expects = this.#access.expects() && performance.now() < this.#patientUntilMs;
    if (expects || !ring.sleep(true, this.writableLength > 0)) setImmediate(this.#lookAgain);
    else this.#awake = false;
  }

  /** Moves bytes in both directions; whether there were any to read. */
  #poll(): boolean {
    const ring = this.#ring;
    if (ring === undefined || this.#closed) return false;
    let found = false;
    try {
      if (this.writableLength > 0) this.#writeWaiting(ring);
      for (;;) {
        const buffer = this.#input.buffer() as Buffer;
        const bytes = ring.read(buffer);
        if (bytes === 0) break;
        found = true;
        this.#input.callback(bytes, buffer);
        if (this.#closed) return true;
      }
      if (found && ring.takeWakeUp('space')) this.#bell?.write(wakeUp);
    } catch (error) {
      this.#fail(error);
    }
    return found;
  }

  #writeWaiting(ring: RingEnd): void {
    if (!this.#output?.flush()) return;
    if (ring.takeWakeUp('bytes')) this.#bell?.write(wakeUp);
    if (this.writableLength === 0) this.emit('drain');
  }
}
