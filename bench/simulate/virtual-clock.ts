import type { Clock } from '@satchel/proto/core';

/** The virtual day begins here: a round date far from any real one that tests could meet. */
export const dayBeginsMs = Date.UTC(2030, 0, 1);

interface Timer {
  readonly atMs: number;
  readonly order: number;
  callback: (() => void) | undefined;
}

/**
 * A clock that jumps from moment to moment. Timers of one moment fire in the order in which they were set. Then the code that they
 * set off runs until nothing is left that does not wait for a timer, so that the same day runs the same way each time: provided that
 * nothing waits for the machine (threads, files, sockets).
 */
export class VirtualClock implements Clock {
  #nowMs = dayBeginsMs;
  #order = 0;
  readonly #heap: Timer[] = [];

  now(): number {
    return this.#nowMs;
  }

  /** Milliseconds since the day's begin. */
  get passedMs(): number {
    return this.#nowMs - dayBeginsMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer: Timer = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, callback };
    this.#push(timer);
    return () => {
      timer.callback = undefined;
    };
  }

  /** Calls back at a moment of the day, at once if it has passed. */
  at(passedMs: number, callback: () => void): () => void {
    return this.after(passedMs - this.passedMs, callback);
  }

  /** Runs all timers up to a moment of the day, and what they set off. */
  async runUntil(passedMs: number): Promise<void> {
    const endMs = dayBeginsMs + passedMs;
    for (let first = this.#heap[0]; first !== undefined && first.atMs <= endMs; first = this.#heap[0]) {
      if (this.#fire(first.atMs, this.#order)) await settled();
    }
    this.#nowMs = endMs;
  }

  /** Fires the timers of a moment that were set `before` now. Returns whether there were any that had not been cancelled. */
  #fire(atMs: number, before: number): boolean {
    let fired = false;
    for (let first = this.#heap[0]; first?.atMs === atMs && first.order < before; first = this.#heap[0]) {
      this.#pop();
      if (first.callback === undefined) continue;
      this.#nowMs = atMs;
      first.callback();
      fired = true;
    }
    return fired;
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let hole = heap.push(timer) - 1;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || isBefore(above, timer)) break;
      heap[hole] = above;
      hole = parent;
    }
    heap[hole] = timer;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      let below = heap[child];
      const right = heap[child + 1];
      if (below === undefined) break;
      if (right !== undefined && isBefore(right, below)) {
        below = right;
        child++;
      }
      if (isBefore(last, below)) break;
      heap[hole] = below;
      hole = child;
    }
    heap[hole] = last;
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/**
 * Promise callbacks run before the next immediate. One round lets those of the timer run, the second what they set with
 * `setImmediate`, as a node's session does, and the promises that follow. What were to take more rounds would run after the next
 * timer instead: later, and still always alike.
 */
async function settled(): Promise<void> {
  await turn();
  await turn();
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
