import type { Clock } from '@satchel/proto/core';

/** Something that is due at a time; `place` belongs to {@link Deadlines}. */
export interface Deadline {
  readonly atMs: number;
  place: number;
  due(): void;
}

/** Deadlines in a binary heap with one timer for the earliest: no timer runs when there is none. */
export class Deadlines {
  readonly #heap: Deadline[] = [];
  readonly #clock: Clock;
  #cancelTimer: (() => void) | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** Calls `deadline.due()` once at its time, unless it is removed before. */
  add(deadline: Deadline): void {
    this.#heap.push(deadline);
    this.#up(this.#heap.length - 1, deadline);
    this.#arm();
  }

  /** Forgets a deadline; one that is not there is left alone. */
  remove(deadline: Deadline): void {
    const place = deadline.place;
    if (this.#heap[place] !== deadline) return;
    deadline.place = -1;
    const last = this.#heap.pop() as Deadline;
    if (last !== deadline) {
      this.#up(place, last);
      this.#down(last.place, last);
    }
    if (this.#heap.length === 0) this.#stop();
  }

  /** Forgets all and stops the timer. */
  clear(): void {
    this.#heap.length = 0;
    this.#stop();
  }

  #stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#timerAtMs = Number.POSITIVE_INFINITY;
  }

  #arm(): void {
    const earliest = this.#heap[0];
    if (earliest === undefined || earliest.atMs >= this.#timerAtMs) return;
    this.#stop();
    this.#timerAtMs = earliest.atMs;
    // setTimeout takes at most 2^31 - 1 ms; a longer wait wakes up and arms again.
    const delayMs = Math.min(Math.max(0, earliest.atMs - this.#clock.now()), 2 ** 31 - 1);
    this.#cancelTimer = this.#clock.after(delayMs, () => this.#run());
  }

  #run(): void {
    this.#cancelTimer = undefined;
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#clock.now();
    for (let first = this.#heap[0]; first !== undefined && first.atMs <= nowMs; first = this.#heap[0]) {
      this.remove(first);
      first.due();
    }
    this.#arm();
  }

  #up(from: number, deadline: Deadline): void {
    let at = from;
    while (at > 0) {
      const parent = this.#heap[(at - 1) >> 1] as Deadline;
      if (parent.atMs <= deadline.atMs) break;
      this.#place(at, parent);
      at = (at - 1) >> 1;
    }
    this.#place(at, deadline);
  }

  #down(from: number, deadline: Deadline): void {
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#heap.length) break;
      const right = this.#heap[child + 1];
      if (right !== undefined && right.atMs < (this.#heap[child] as Deadline).atMs) child++;
      const smaller = this.#heap[child] as Deadline;
      if (smaller.atMs >= deadline.atMs) break;
      this.#place(at, smaller);
      at = child;
    }
    this.#place(at, deadline);
  }

  #place(at: number, deadline: Deadline): void {
    this.#heap[at] = deadline;
    deadline.place = at;
  }
}
