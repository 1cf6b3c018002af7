import { limits } from '@satchel/proto/core';
import type { Turn } from './turn.js';

/** Work between two looks at the clock: so many commands, or `2 ** workShift` bytes in or out for each of them. */
const workPerClock = 16;
const workShift = 12;

/** What one connection may do before others have their turn: limits.connectionTurnCommands, and limits.connectionTurnMs of time. */
export class TurnSlice {
  readonly #turn: Turn;
  #commands = 0;
  #startMs = 0;
  #sinceClock = 0;

  constructor(turn: Turn) {
    this.#turn = turn;
  }

  begin(): void {
    this.#commands = 0;
    this.#sinceClock = 0;
    this.#startMs = performance.now();
  }

  /** Counts a command that took or gave so many bytes; true when the slice is used up. */
  count(bytes: number): boolean {
    this.#sinceClock += 1 + Math.floor(bytes / 2 ** workShift);
    if (++this.#commands > limits.connectionTurnCommands) return true;
    if (this.#sinceClock < workPerClock) return false;
    this.#sinceClock = 0;
    this.#turn.tick();
    return performance.now() - this.#startMs >= limits.connectionTurnMs;
  }
}
