import { SatchelError } from '@satchel/proto/core';
import type { ShardJob } from '../job.js';
import type { PrefixCounter } from '../prefix-counters.js';

/** How long after a count that failed it is tried again. */
const retryMs = 50;

/**
 * Number of objects under a prefix in the slots of a shard, wherever they are, kept up to date. While slots come from other shards each change
 * here has all counted anew, one count at a time; only here can their number grow. To be closed.
 */
export class CountView {
  count = 0;
  /** Right once it has settled; rejects if the objects cannot be counted. Nothing: it is right. */
  readonly ready: void | Promise<void>;
  readonly #job: ShardJob;
  readonly #prefix: string;
  readonly #listeners = new Set<() => void>();
  #counter: PrefixCounter;
  #forget: () => void;
  readonly #forgetRoutes: () => void;
  #counting = false;
  #again = false;
  #isClosed = false;

  constructor(job: ShardJob, prefix: string) {
    this.#job = job;
    this.#prefix = prefix;
    this.#counter = job.counters.open(prefix);
    this.#forget = this.#counter.onChange(() => this.#changed());
    this.#forgetRoutes = job.steering.onRouted(() => this.#routed());
    const { ready } = this.#counter;
    if (ready === undefined && !this.#spans) {
      this.count = this.#counter.count;
      this.ready = undefined;
    } else this.ready = Promise.resolve(ready).then(() => this.#recount());
  }

  /** Called after each change of the count. Returns what unregisters. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#forget();
    this.#forgetRoutes();
    this.#job.counters.close(this.#counter);
  }

  get #spans(): boolean {
    return this.#job.steering.predecessors.open.size > 0;
  }

  /** Other keys count from now on. */
  #routed(): void {
    if (this.#isClosed) return;
    this.#forget();
    this.#job.counters.close(this.#counter);
    this.#counter = this.#job.counters.open(this.#prefix);
    this.#forget = this.#counter.onChange(() => this.#changed());
    this.#soon();
  }

  #changed(): void {
    if (this.#spans || this.#counting) this.#soon();
    else this.#set(this.#counter.count);
  }

  #soon(): void {
    this.#again = true;
    if (this.#counting || this.#isClosed) return;
    void this.#recount().catch((error: unknown) => {
      // It is told to whoever asks anew; meanwhile the count stays what it was.
      if (error instanceof SatchelError && error.code === 'no-job') return;
      this.#job.clock.after(retryMs, () => this.#soon());
    });
  }

  async #recount(): Promise<void> {
    this.#counting = true;
    try {
      do {
        this.#again = false;
        await this.#counter.ready;
        const here = () => this.#counter.count;
        this.#set(this.#spans ? await this.#job.steering.jobWide.countAll(this.#prefix, here) : here());
      } while (this.#again && !this.#isClosed);
    } finally {
      this.#counting = false;
    }
  }

  #set(count: number): void {
    if (count === this.count || this.#isClosed) return;
    this.count = count;
    for (const listener of [...this.#listeners]) listener();
  }
}
