import { SatchelError } from '@satchel/proto/core';

/** Words of the control page. Each stands on a cache line of its own, so that the two sides do not slow each other down. */
const word = {
  magic: 0,
  capacity: 1,
  firstEnd: 16,
  firstStart: 32,
  secondEnd: 48,
  secondStart: 64,
  shardAsleep: 80,
  clientAsleep: 96,
} as const;
/** Bits of the words that tell who sleeps, and what for. */
const sleeping = 1;
const sleepsFor = { bytes: 2, space: 4 } as const;
const controlBytes = 4096;
const magic = 0x53525247;

/** Bytes of the memory of a ring whose two directions hold `capacityBytes` each. */
export function ringBytes(capacityBytes: number): number {
  return controlBytes + 2 * capacityBytes;
}

/** Makes zeroed memory a ring. `capacityBytes` is a power of two. */
export function formatRing(memory: ArrayBuffer, capacityBytes: number): void {
  const words = new Uint32Array(memory, 0, controlBytes >>> 2);
  words[word.capacity] = capacityBytes;
  Atomics.store(words, word.magic, magic);
}

/**
 * One side of two byte streams in memory that a client and a shard share, one in each direction. Counts of bytes are 32-bit and
 * wrap. Neither side trusts the other: what it finds in the control page is checked before use, and bytes are copied out before
 * anybody looks at them. A side that goes to sleep says so, and the other one wakes it by other means.
 */
export class RingEnd {
  readonly capacityBytes: number;
  readonly #words: Uint32Array;
  readonly #incoming: Buffer;
  readonly #outgoing: Buffer;
  /** Places in the control page, seen from this side. */
  readonly #inEnd: number;
  readonly #inStart: number;
  readonly #outEnd: number;
  readonly #outStart: number;
  readonly #asleep: number;
  readonly #peerAsleep: number;
  /** What this side knows best: how far it has read and written. */
  #read: number;
  #written: number;

  /** Throws `internal` if the memory is no ring. */
  constructor(memory: ArrayBuffer, side: 'client' | 'shard') {
    this.#words = new Uint32Array(memory, 0, controlBytes >>> 2);
    this.capacityBytes = Atomics.load(this.#words, word.capacity);
    if (Atomics.load(this.#words, word.magic) !== magic || ringBytes(this.capacityBytes) !== memory.byteLength) {
      throw new SatchelError('internal', 'the shared memory is not a ring of this version');
    }
    const first = Buffer.from(memory, controlBytes, this.capacityBytes);
    const second = Buffer.from(memory, controlBytes + this.capacityBytes, this.capacityBytes);
    const isClient = side === 'client';
    this.#outgoing = isClient ? first : second;
    this.#incoming = isClient ? second : first;
    this.#outEnd = isClient ? word.firstEnd : word.secondEnd;
    this.#outStart = isClient ? word.firstStart : word.secondStart;
    this.#inEnd = isClient ? word.secondEnd : word.firstEnd;
    this.#inStart = isClient ? word.secondStart : word.firstStart;
    this.#asleep = isClient ? word.clientAsleep : word.shardAsleep;
    this.#peerAsleep = isClient ? word.shardAsleep : word.clientAsleep;
    this.#read = Atomics.load(this.#words, this.#inStart);
    this.#written = Atomics.load(this.#words, this.#outEnd);
  }

  /** Bytes that can be read now. Throws `invalid-argument` if the other side has written nonsense into the control page. */
  get readableBytes(): number {
    return this.#checked((Atomics.load(this.#words, this.#inEnd) - this.#read) >>> 0);
  }

  /** Bytes that can be written now. Throws as `readableBytes`. */
  get writableBytes(): number {
    return this.capacityBytes - this.#checked((this.#written - Atomics.load(this.#words, this.#outStart)) >>> 0);
  }

  /** Whether the other side has not read all that was written. */
  get hasUnread(): boolean {
    return Atomics.load(this.#words, this.#outStart) !== this.#written;
  }

  /** Moves bytes to `target`, as many as there are and fit; returns how many. */
  read(target: Buffer): number {
    const bytes = Math.min(this.readableBytes, target.length);
    if (bytes === 0) return 0;
    const at = this.#read & (this.capacityBytes - 1);
    const first = Math.min(bytes, this.capacityBytes - at);
    this.#incoming.copy(target, 0, at, at + first);
    if (first < bytes) this.#incoming.copy(target, first, 0, bytes - first);
    this.#read = (this.#read + bytes) >>> 0;
    Atomics.store(this.#words, this.#inStart, this.#read);
    return bytes;
  }

  /** Appends bytes [start, end) of `source`, as many as fit; returns how many. The other side sees them at once. */
  write(source: Uint8Array, start: number, end: number): number {
    const bytes = Math.min(this.writableBytes, end - start);
    if (bytes === 0) return 0;
    const at = this.#written & (this.capacityBytes - 1);
    const first = Math.min(bytes, this.capacityBytes - at);
    copy(source, start, start + first, this.#outgoing, at);
    if (first < bytes) copy(source, start + first, start + bytes, this.#outgoing, 0);
    this.#written = (this.#written + bytes) >>> 0;
    Atomics.store(this.#words, this.#outEnd, this.#written);
    return bytes;
  }

  /**
   * Announces that this side looks no more until it is woken, by bytes to read if it reads, by space to write if it writes. False:
   * there is what it would wait for; it is still awake.
   */
  sleep(reads: boolean, writes: boolean): boolean {
    Atomics.store(this.#words, this.#asleep, sleeping | (reads ? sleepsFor.bytes : 0) | (writes ? sleepsFor.space : 0));
    if (!(reads && this.readableBytes > 0) && !(writes && this.writableBytes > 0)) return true;
    this.wake();
    return false;
  }

  /** Takes the announcement back. */
  wake(): void {
    Atomics.store(this.#words, this.#asleep, 0);
  }

  /** Whether the other side looks again by itself. */
  get peerAwake(): boolean {
    return Atomics.load(this.#words, this.#peerAsleep) === 0;
  }

  /**
   * After bytes were written, or space was made by reading: whether the other side sleeps waiting for that and is to be woken now. True
   * once for each of its sleeps.
   */
  takeWakeUp(change: 'bytes' | 'space'): boolean {
    const asleep = Atomics.load(this.#words, this.#peerAsleep);
    return (asleep & sleepsFor[change]) !== 0 && Atomics.exchange(this.#words, this.#peerAsleep, 0) !== 0;
  }

  #checked(bytes: number): number {
    if (bytes <= this.capacityBytes) return bytes;
    throw new SatchelError(
      'invalid-argument',
      `a ring of ${this.capacityBytes} bytes cannot hold ${bytes}: its control page was overwritten`,
    );
  }
}

function copy(source: Uint8Array, start: number, end: number, target: Buffer, at: number): void {
  if (source instanceof Buffer) source.copy(target, at, start, end);
  else target.set(source.subarray(start, end), at);
}
