import type { Clock } from '@satchel/proto/core';

/** Those who wait for something to happen to a key, each for a bounded time. */
export class Waiters<Answer> {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Set<(answer: Answer) => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves with what the key is next told, or with `otherwise` after the bound. */
  wait(key: string, boundMs: number, otherwise: Answer): Promise<Answer> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(key) ?? new Set();
      const settle = (answer: Answer) => {
        cancel();
        waiting.delete(settle);
        if (waiting.size === 0 && this.#waiting.get(key) === waiting) this.#waiting.delete(key);
        resolve(answer);
      };
      const cancel = this.#clock.after(boundMs, () => settle(otherwise));
      this.#waiting.set(key, waiting.add(settle));
    });
  }

  /** Keys somebody waits for. */
  keys(): string[] {
    return [...this.#waiting.keys()];
  }

  /** Answers all who wait for the key. */
  tell(key: string, answer: Answer): void {
    for (const settle of [...(this.#waiting.get(key) ?? [])]) settle(answer);
  }
}
