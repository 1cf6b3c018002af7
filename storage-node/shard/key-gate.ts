import { assert } from '@satchel/proto/core';

export type GateMode = 'read' | 'write';

interface Waiter {
  readonly mode: GateMode;
  readonly enter: () => void;
}

/** A key that somebody holds: readers together or one writer, and who comes next. */
interface Hold {
  readers: number;
  writing: boolean;
  readonly queue: Waiter[];
}

/**
 * Orders the commands of a key while one of them waits for a device: readers share, writers exclude, first come first
 * served. Keys are told apart by their hash: two keys of one hash only wait for each other more than they had to. Nobody
 * waits for a key while holding another, except as `enterAll` says, so nobody waits in a circle. A command that finds `size` 0 need not ask at all.
 */
export class KeyGate {
  readonly #holds = new Map<number, Hold>();
  /** Who wants the whole gate (`closeAll`), and whether someone has it. */
  readonly #closers: (() => void)[] = [];
  #closed = false;
  /** Settles when those who wait for several keys have them. */
  #several = Promise.resolve();
  /** Newcomers while the gate is, or is about to be, closed. */
  #outside: (Waiter & { readonly hash: number })[] = [];

  /** Keys held, and one if the gate is closed or about to be. */
  get size(): number {
    return this.#holds.size + (this.#closed ? 1 : 0) + this.#closers.length;
  }

  /** Whether a command of this mode has to wait for its turn on the key. */
  blocks(hash: number, mode: GateMode): boolean {
    if (this.#closed || this.#closers.length > 0) return true;
    const hold = this.#holds.get(hash);
    return hold !== undefined && (mode === 'write' || hold.writing || hold.queue.length > 0);
  }

  /** Settles once the key is held; to be followed by `leave`. */
  enter(hash: number, mode: GateMode): Promise<void> {
    if (!this.blocks(hash, mode)) {
      this.take(hash, mode);
      return Promise.resolve();
    }
    return new Promise((enter) => {
      const hold = this.#holds.get(hash);
      if (this.#closed || this.#closers.length > 0 || hold === undefined) this.#outside.push({ hash, mode, enter });
      else hold.queue.push({ mode, enter });
    });
  }

  /**
   * Settles once all these keys, each named once, are held for writing; to be followed by `leave` for each. Who waits for several
   * holds some of them meanwhile: so only one does at a time, and it lets go of all before the gate closes.
   */
  enterAll(hashes: readonly number[]): Promise<void> {
    this.#several = this.#several.then(() => this.#enterEach(hashes));
    return this.#several;
  }

  async #enterEach(hashes: readonly number[]): Promise<void> {
    for (let held = 0; held < hashes.length; ) {
      if (held > 0 && (this.#closed || this.#closers.length > 0)) {
        while (held > 0) this.leave(hashes[--held] as number, 'write');
      }
      await this.enter(hashes[held] as number, 'write');
      held++;
    }
  }

  /** Holds a key at once; only after `blocks` said no. */
  take(hash: number, mode: GateMode): void {
    let hold = this.#holds.get(hash);
    if (hold === undefined) {
      hold = { readers: 0, writing: false, queue: [] };
      this.#holds.set(hash, hold);
    }
    assert(!hold.writing && (mode === 'read' || hold.readers === 0), 'a key is held by readers or by one writer');
    if (mode === 'read') hold.readers++;
    else hold.writing = true;
  }

  /** Lets go of a key and lets in who is next. */
  leave(hash: number, mode: GateMode): void {
    const hold = this.#holds.get(hash);
    assert(hold !== undefined, 'only a key that is held is left');
    if (mode === 'read') hold.readers--;
    else hold.writing = false;
    this.#admit(hash, hold);
  }

  /** Settles once those who hold a key now, or queue for one, have let go of it. */
  async quiet(): Promise<void> {
    await Promise.all([...this.#holds.keys()].map((hash) => this.enter(hash, 'write').then(() => this.leave(hash, 'write'))));
  }

  /** Settles once no key is held; newcomers wait until `openAll`. Those who queue at a key by now go first. */
  closeAll(): Promise<void> {
    if (this.size === 0) {
      this.#closed = true;
      return Promise.resolve();
    }
    return new Promise((enter) => this.#closers.push(enter));
  }

  /** Ends what `closeAll` began. */
  openAll(): void {
    this.#closed = false;
    const waiting = this.#outside;
    this.#outside = [];
    if (this.#closeIfIdle()) {
      this.#outside = waiting;
      return;
    }
    for (const { hash, mode, enter } of waiting) void this.enter(hash, mode).then(enter);
  }

  #admit(hash: number, hold: Hold): void {
    while (!hold.writing && hold.queue.length > 0) {
      const next = hold.queue[0] as Waiter;
      if (next.mode === 'write' && hold.readers > 0) return;
      hold.queue.shift();
      if (next.mode === 'read') hold.readers++;
      else hold.writing = true;
      next.enter();
    }
    if (hold.readers > 0 || hold.writing) return;
    this.#holds.delete(hash);
    this.#closeIfIdle();
  }

  #closeIfIdle(): boolean {
    if (this.#holds.size > 0 || this.#closed) return false;
    const closer = this.#closers.shift();
    if (closer === undefined) return false;
    this.#closed = true;
    closer();
    return true;
  }
}
