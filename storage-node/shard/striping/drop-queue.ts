import { type Clock, limits } from '@satchel/proto/core';

/** Before a removal that failed is tried again; doubled each time. */
const firstRetryMs = 250;
const longestRetryMs = 30_000;

/**
 * Removes chunks on other shards until that has succeeded. What does not find a place, or is under way when the process ends, is
 * left to the shards that have the chunks: they ask.
 */
export class DropQueue {
  readonly #clock: Clock;
  readonly #drop: (shard: number, version: string) => Promise<void>;
  readonly #cancels = new Set<() => void>();
  #waiting = 0;
  #ended = false;

  constructor(clock: Clock, drop: (shard: number, version: string) => Promise<void>) {
    this.#clock = clock;
    this.#drop = drop;
  }

  add(shard: number, version: string): void {
    void this.#try(shard, version, firstRetryMs);
  }

  end(): void {
    this.#ended = true;
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }

  async #try(shard: number, version: string, retryMs: number): Promise<void> {
    try {
      await this.#drop(shard, version);
    } catch {
      if (this.#ended || this.#waiting >= limits.stripeDropQueue) return;
      this.#waiting++;
      const cancel = this.#clock.after(retryMs, () => {
        this.#waiting--;
        this.#cancels.delete(cancel);
        void this.#try(shard, version, Math.min(retryMs * 2, longestRetryMs));
      });
      this.#cancels.add(cancel);
    }
  }
}
