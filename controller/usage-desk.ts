import { noUsage, type UsageTotals } from '@satchel/proto/core';
import { commitInBackground, type Environment } from './environment.js';
import type { UsageRecord } from './model.js';
import type { Change } from './state/state-store.js';
import { JobUsageBook } from './usage.js';

/** How often changed counters are written; a controller that is killed loses no more, and nodes report totals anyway. */
const writeMs = 3000;

/** Usage of all remembered jobs. */
export class UsageDesk {
  readonly #environment: Environment;
  readonly #books = new Map<string, JobUsageBook>();
  readonly #dirty = new Set<JobUsageBook>();
  #cancel: () => void;

  constructor(environment: Environment) {
    this.#environment = environment;
    for (const record of environment.store.all('usage')) this.#books.set(record.job, new JobUsageBook(record.job, record));
    this.#cancel = environment.clock.after(writeMs, this.#write);
  }

  /** Counters of one shard's incarnation; the job must be known. */
  report(job: string, shard: number, incarnation: number, usage: UsageTotals): void {
    const book = this.#book(job);
    book.report(shard, incarnation, usage);
    this.#dirty.add(book);
  }

  /** The job is gone from the node of these shards. */
  purged(job: string, shards: readonly number[], final: UsageTotals): void {
    const book = this.#book(job);
    book.purged(shards, final);
    this.#dirty.add(book);
  }

  /** What a job used; zeros if nothing was reported. */
  total(job: string): UsageTotals {
    return this.#books.get(job)?.total() ?? noUsage;
  }

  /** For the caller to commit; undefined if nothing was reported. */
  record(job: string): UsageRecord | undefined {
    return this.#books.get(job)?.record();
  }

  /** Forgets a job; removing its record is the caller's. */
  drop(job: string): void {
    const book = this.#books.get(job);
    if (book !== undefined) this.#dirty.delete(book);
    this.#books.delete(job);
  }

  /** Writes what has changed. Resolves once durable. */
  async flush(): Promise<void> {
    const changes = this.#changes();
    if (changes.length > 0) await this.#environment.store.commit(changes);
  }

  close(): void {
    this.#cancel();
  }

  readonly #write = (): void => {
    const { store, log, clock } = this.#environment;
    const changes = this.#changes();
    if (changes.length > 0) commitInBackground(store, log, changes);
    this.#cancel = clock.after(writeMs, this.#write);
  };

  #changes(): Change[] {
    const changes: Change[] = [...this.#dirty].map((book) => ({ collection: 'usage', key: book.job, value: book.record() }));
    this.#dirty.clear();
    return changes;
  }

  #book(job: string): JobUsageBook {
    const known = this.#books.get(job);
    if (known !== undefined) return known;
    const book = new JobUsageBook(job);
    this.#books.set(job, book);
    return book;
  }
}
