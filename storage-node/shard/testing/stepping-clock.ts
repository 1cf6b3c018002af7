import { vi } from 'vitest';
import { ManualClock } from './manual-clock.js';

/** A clock that goes on by random steps, for the whole process: `Date.now` tells its time too. To be stopped. */
export class SteppingClock extends ManualClock {
  /** All times it showed, oldest first. */
  readonly shown: number[] = [this.nowMs];
  readonly #spy = vi.spyOn(Date, 'now').mockImplementation(() => this.nowMs);
  readonly #timer: NodeJS.Timeout;

  /** `steps` in milliseconds, again and again; one every few milliseconds. */
  constructor(steps: readonly number[]) {
    super();
    let step = 0;
    this.#timer = setInterval(() => {
      this.advance(steps[step++ % steps.length] as number);
      if (this.shown.at(-1) !== this.nowMs) this.shown.push(this.nowMs);
    }, 2);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#spy.mockRestore();
  }
}
