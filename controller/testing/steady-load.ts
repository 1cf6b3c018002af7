import type { Store } from '@satchel/client';

/** What a load on a store saw. */
export interface LoadResult {
  readonly operations: number;
  /** Longest time between two answers, in milliseconds. */
  readonly longestGapMs: number;
  /** What failed, or came back other than it was put. */
  readonly failures: readonly string[];
}

/** Puts and gets one value after the other until stopped. */
export class SteadyLoad {
  readonly #store: Store;
  readonly #failures: string[] = [];
  readonly #running: Promise<void>;
  #operations = 0;
  #longestGapMs = 0;
  #answeredMs = performance.now();
  #stopped = false;

  constructor(store: Store) {
    this.#store = store;
    this.#running = this.#run();
  }

  async stop(): Promise<LoadResult> {
    this.#stopped = true;
    await this.#running;
    return { operations: this.#operations, longestGapMs: this.#longestGapMs, failures: this.#failures };
  }

  async #run(): Promise<void> {
    for (let index = 0; !this.#stopped; index++) {
      const [key, value] = [`key-${index % 1000}`, `value-${index}`];
      await this.#answered(this.#store.put(key, value));
      const got = await this.#answered(this.#store.get(key));
      if (got === undefined || got === null || Buffer.from(got).toString() !== value)
        this.#failures.push(`${key} is not ${value}`);
      if (index % 50 === 0) await new Promise(setImmediate);
    }
  }

  async #answered<Value>(answer: Promise<Value>): Promise<Value | undefined> {
    try {
      return await answer;
    } catch (error) {
      this.#failures.push(String(error));
      return undefined;
    } finally {
      const nowMs = performance.now();
      this.#longestGapMs = Math.max(this.#longestGapMs, nowMs - this.#answeredMs);
      this.#answeredMs = nowMs;
      this.#operations++;
    }
  }
}
