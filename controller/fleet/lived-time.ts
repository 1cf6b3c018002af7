import type { Clock } from '@satchel/proto/core';

/** Time as nodes' lives count it: while this process stands still or its clock jumps no more than a little passes. */
export class LivedTime {
  readonly #clock: Clock;
  readonly #longestStepMs: number;
  #livedMs: number;
  #tickedMs: number;

  /** `tick` is to be called more often than every `longestStepMs`. */
  constructor(clock: Clock, longestStepMs: number) {
    this.#clock = clock;
    this.#longestStepMs = longestStepMs;
    this.#tickedMs = clock.now();
    this.#livedMs = this.#tickedMs;
  }

  /** Milliseconds; close to those since the epoch unless time was skipped. */
  now(): number {
    return this.#livedMs + Math.max(0, Math.min(this.#longestStepMs, this.#clock.now() - this.#tickedMs));
  }

  tick(): void {
    this.#livedMs = this.now();
    this.#tickedMs = this.#clock.now();
  }
}
