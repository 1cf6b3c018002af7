import type { Clock } from '@satchel/proto/core';

/** A clock that stands still until told. */
export class FakeClock implements Clock {
  #nowMs = Date.now();
  #timers: { atMs: number; callback: () => void }[] = [];

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Timers that have yet to fire. */
  get waiting(): number {
    return this.#timers.length;
  }

  /** Lets time pass; timers fire one by one, each at its time. */
  advance(ms: number): void {
    const end = this.#nowMs + ms;
    for (let timer = this.#takeDue(end); timer !== undefined; timer = this.#takeDue(end)) {
      this.#nowMs = Math.max(this.#nowMs, timer.atMs);
      timer.callback();
    }
    this.#nowMs = end;
  }

  /** Time passes while the process is stopped: timers fire late, on the next advance. */
  skip(ms: number): void {
    this.#nowMs += ms;
  }

  /** Somebody sets the clock: timers are not concerned. */
  jump(ms: number): void {
    this.#nowMs += ms;
    for (const timer of this.#timers) timer.atMs += ms;
  }

  #takeDue(endMs: number): { atMs: number; callback: () => void } | undefined {
    const first = this.#timers.toSorted((a, b) => a.atMs - b.atMs)[0];
    if (first === undefined || first.atMs > endMs) return undefined;
    this.#timers = this.#timers.filter((timer) => timer !== first);
    return first;
  }
}
