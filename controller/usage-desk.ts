import { addUsage, noUsage, type UsageTotals } from '@satchel/proto/core';
import type { Environment } from './environment.js';
import type { JobRecord, NamespaceUsageRecord } from './model.js';
import type { Reclaimed } from './stages/stage-record.js';
import type { Change } from './state/state-store.js';
import { monthOf, NamespaceUsage, usageAdded } from './usage/namespaces.js';
import type { Rates } from './usage/pace.js';
import { JobUsageBook, type ReportTime, reclaimedOf } from './usage.js';

/** How often changed counters are written; a controller that is killed loses no more, and nodes report totals anyway. */
const writeMs = 3000;
/** Jobs whose counters are written together. */
const sliceJobs = 100;

/** A job's book, and how much of it has been added to its namespace. */
interface Entry {
  readonly book: JobUsageBook;
  counted: UsageTotals;
}

/** Whose usage it is. */
type Owner = Pick<JobRecord, 'job' | 'namespace'>;

/**
 * Usage of all remembered jobs, and of namespaces. What a job used is added to its namespace in the transaction that writes it down,
 * so that the one is always the sum of the other.
 */
export class UsageDesk {
  readonly #environment: Environment;
  readonly #entries = new Map<string, Entry>();
  readonly #namespaces: NamespaceUsage;
  readonly #dirty = new Set<Entry>();
  #cancel: () => void;
  #writing: Promise<void> | undefined;

  constructor(environment: Environment) {
    this.#environment = environment;
    this.#namespaces = new NamespaceUsage(environment.store.all('namespace-usage'));
    for (const record of environment.store.all('usage')) {
      const book = new JobUsageBook(record.job, record.namespace, record);
      this.#entries.set(record.job, { book, counted: book.total() });
    }
    this.#cancel = environment.clock.after(writeMs, this.#write);
  }

  /** Counters of one shard's incarnation; the job must be known. */
  report(owner: Owner, shard: number, incarnation: number, usage: UsageTotals, time: ReportTime): void {
    const entry = this.#entry(owner);
    entry.book.report(shard, incarnation, usage, time);
    this.#dirty.add(entry);
  }

  /** The job is gone from the node of these shards. */
  purged(owner: Owner, shards: readonly number[], final: UsageTotals): void {
    const entry = this.#entry(owner);
    entry.book.purged(shards, final);
    this.#dirty.add(entry);
  }

  /** The job has ended, and what it holds is reclaimed. */
  ending(owner: Owner): void {
    const entry = this.#entry(owner);
    entry.book.ending();
    this.#dirty.add(entry);
  }

  /** What a job used; zeros if nothing was reported. */
  total(job: string): UsageTotals {
    return this.#entries.get(job)?.book.total() ?? noUsage;
  }

  /** Bytes a job holds now, as was reported last. */
  heldBytes(job: string): number {
    return this.#entries.get(job)?.book.heldBytes ?? 0;
  }

  /** The most a job did in one second, of bytes and of requests. */
  peakRates(job: string): Rates {
    return this.#entries.get(job)?.book.peakRates ?? { bytesPerSecond: 0, requestsPerSecond: 0 };
  }

  /** What the end of a job gave back. */
  reclaimed(job: string): Reclaimed {
    return reclaimedOf(this.#entries.get(job)?.book);
  }

  /** What all jobs of a namespace used, by month, the latest last. What they hold now and their peaks are not in it. */
  namespace(namespace: string): NamespaceUsageRecord[] {
    const months = this.#namespaces.months(namespace);
    let unwritten: UsageTotals | undefined;
    for (const { book, counted } of this.#dirty) {
      if (book.namespace === namespace) unwritten = addUsage(unwritten ?? noUsage, usageAdded(counted, book.total()));
    }
    if (unwritten === undefined) return months;
    const month = monthOf(this.#environment.clock.now());
    const now = months.find((one) => one.month === month);
    const others = months.filter((one) => one.month !== month);
    return [...others, { namespace, month, usage: addUsage(now?.usage ?? noUsage, unwritten) }];
  }

  /** The job has ended everywhere; nothing more is reported of it. */
  ended(job: string): void {
    this.#entries.get(job)?.book.ended();
  }

  /** What is to be written of a job's usage, for the caller to commit at once. */
  changesOf(job: string): Change[] {
    const entry = this.#entries.get(job);
    return entry === undefined ? [] : this.#changes([entry]);
  }

  /** Forgets a job, which is over and written down; removing its record is the caller's. */
  drop(job: string): void {
    const entry = this.#entries.get(job);
    if (entry !== undefined) this.#dirty.delete(entry);
    this.#entries.delete(job);
  }

  /** Writes what has changed. Resolves once durable. */
  async flush(): Promise<void> {
    const changes = this.#takeDirty();
    if (changes.length > 0) await this.#environment.store.commit(changes);
  }

  close(): void {
    this.#cancel();
  }

  readonly #write = (): void => {
    this.#cancel = this.#environment.clock.after(writeMs, this.#write);
    this.#writing ??= this.#writeSlices().finally(() => {
      this.#writing = undefined;
    });
  };

  /** One slice after the other, so that other commits need not wait for all of it. */
  async #writeSlices(): Promise<void> {
    const { store, log } = this.#environment;
    for (let left = this.#dirty.size; left > 0 && this.#dirty.size > 0; left -= sliceJobs) {
      const slice: Entry[] = [];
      for (const entry of this.#dirty) {
        if (slice.length === sliceJobs) break;
        slice.push(entry);
        this.#dirty.delete(entry);
      }
      try {
        await store.commit(this.#changes(slice));
      } catch (error) {
        log.error({ err: error }, 'counters could not be written; they are with the next time');
        for (const entry of slice) if (this.#entries.get(entry.book.job) === entry) this.#dirty.add(entry);
      }
    }
  }

  #takeDirty(): Change[] {
    const changes = this.#changes([...this.#dirty]);
    this.#dirty.clear();
    return changes;
  }

  /** Adds what these jobs used more to their namespaces; both are to be written together. */
  #changes(entries: readonly Entry[]): Change[] {
    const nowMs = this.#environment.clock.now();
    const records = entries.map((entry): Change => {
      const { book } = entry;
      const total = book.total();
      this.#namespaces.add(book.namespace, usageAdded(entry.counted, total), nowMs);
      entry.counted = total;
      return { collection: 'usage', key: book.job, value: book.record() };
    });
    return [...records, ...this.#namespaces.changes()];
  }

  #entry({ job, namespace }: Owner): Entry {
    const known = this.#entries.get(job);
    if (known !== undefined) return known;
    const entry = { book: new JobUsageBook(job, namespace), counted: noUsage };
    this.#entries.set(job, entry);
    return entry;
  }
}
