import type { SpinSlot } from '@satchel/proto/shared-memory';
import type { ObjectKey } from '../call.js';

/** A wait that may also end by what is found in memory. */
export interface SpinningWait {
  readonly settled: boolean;
  /** Ends it with the value. */
  found(value: Buffer): void;
}

interface Entry {
  readonly key: ObjectKey;
  readonly wait: SpinningWait;
  readonly untilMs: number;
}

/** Looks at each key between two turns of the event loop. */
const looksPerRound = 8;
/** Waits that are looked after in this way; a look at more would take longer than being told. */
const mostWaits = 64;

/**
 * Looks for awaited objects in the memory of shards on this host, without a pause, for `spinMs` after each wait began: an object that comes while
 * it looks is had within microseconds, without anybody being woken. Only while this process has a slot for it; the shard
 * tells of the object in any case.
 */
export class SpinningWaits {
  readonly #look: (key: ObjectKey) => Buffer | undefined;
  readonly #slot: Pick<SpinSlot, 'take' | 'release' | 'close'>;
  readonly #spinMs: number;
  #entries: Entry[] = [];
  #spinning = false;
  readonly #onRound = (): void => this.#round();

  constructor(look: (key: ObjectKey) => Buffer | undefined, slot: Pick<SpinSlot, 'take' | 'release' | 'close'>, spinMs: number) {
    this.#look = look;
    this.#slot = slot;
    this.#spinMs = spinMs;
  }

  /** Looks after a wait, if there is a slot. */
  add(key: ObjectKey, wait: SpinningWait): void {
    const nowMs = performance.now();
    if (this.#entries.length >= mostWaits || !this.#slot.take(nowMs)) return;
    this.#entries.push({ key, wait, untilMs: nowMs + this.#spinMs });
    if (this.#spinning) return;
    this.#spinning = true;
    setImmediate(this.#onRound);
  }

  /** Ends it for good; waits go on without it. */
  close(): void {
    this.#entries = [];
    this.#slot.close();
  }

  #round(): void {
    for (let look = 0; look < looksPerRound; look++) for (const entry of this.#entries) this.#lookFor(entry);
    const nowMs = performance.now();
    const goesOn = this.#slot.take(nowMs);
    this.#entries = this.#entries.filter(({ wait, untilMs }) => goesOn && !wait.settled && nowMs < untilMs);
    this.#spinning = this.#entries.length > 0;
    if (this.#spinning) setImmediate(this.#onRound);
    else this.#slot.release();
  }

  #lookFor({ key, wait }: Entry): void {
    if (wait.settled) return;
    const value = this.#look(key);
    if (value !== undefined) wait.found(value);
  }
}
