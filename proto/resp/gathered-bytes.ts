/** What all connections of a shard together may hold of commands not yet complete. */
export class InputBudget {
  #used = 0;
  readonly #limitBytes: number;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get usedBytes(): number {
    return this.#used;
  }

  /** Takes `bytes`; false, and nothing taken, if that would exceed the limit. */
  take(bytes: number): boolean {
    if (this.#used + bytes > this.#limitBytes) return false;
    this.#used += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#used -= bytes;
  }
}

/** Memory is doubled below this and grows by half above, so that a large value wastes little. */
const doublingBytes = 64 * 1024 * 1024;

/** Up to this, memory is taken at once for what was announced. */
const smallBytes = 4096;

/** Bytes of one command that arrives in pieces. Memory grows with what arrived, never with what was announced. */
export class GatheredBytes {
  buffer: Buffer = empty;
  length = 0;
  readonly #budget: InputBudget;

  constructor(budget: InputBudget) {
    this.#budget = budget;
  }

  /**
   * Appends `source[from, to)`. `expectedBytes` is the length the whole is known to have at least: memory does not grow
   * beyond it without need. False if the budget is used up; nothing was appended then.
   */
  append(source: Buffer, from: number, to: number, expectedBytes: number): boolean {
    const needed = this.length + to - from;
    if (needed > this.buffer.length && !this.#grow(needed, expectedBytes)) return false;
    source.copy(this.buffer, this.length, from, to);
    this.length = needed;
    return true;
  }

  /** Forgets the bytes; whoever still holds `buffer` keeps it. */
  release(): void {
    this.#budget.giveBack(this.buffer.length);
    this.buffer = empty;
    this.length = 0;
  }

  #grow(needed: number, expectedBytes: number): boolean {
    const held = this.buffer.length;
    const stepped = held < doublingBytes ? held * 2 : Math.floor(held * 1.5);
    const capacity = Math.max(needed, Math.min(Math.max(stepped, smallBytes), expectedBytes));
    if (!this.#budget.take(capacity - held)) return false;
    const larger = Buffer.allocUnsafe(capacity);
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
    return true;
  }
}

const empty: Buffer = Buffer.alloc(0);
