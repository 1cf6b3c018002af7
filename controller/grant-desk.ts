import { commitInBackground, type Environment } from './environment.js';
import { GrantBook, type GrantOutcome } from './grants.js';
import type { GrantRecord, JobRecord, ShardGrant } from './model.js';
import type { Fleet } from './nodes.js';
import type { SlotWeight } from './slots/reassign.js';

/** How long shards may take to say what they can give back. */
const roundMs = 1000;

/** Runs the grant books of all jobs: durable first, then sent; a round of reclaims is bounded in time. */
export class GrantDesk {
  readonly #environment: Environment;
  readonly #fleet: Fleet;
  readonly #configure: (job: string, shards: readonly number[]) => void;
  readonly #books = new Map<string, GrantBook>();
  readonly #rounds = new Map<string, () => void>();

  /** `configure` sends a job's configuration, with its grants, to the nodes of these shards. */
  constructor(environment: Environment, fleet: Fleet, configure: (job: string, shards: readonly number[]) => void) {
    this.#environment = environment;
    this.#fleet = fleet;
    this.#configure = configure;
    for (const record of environment.store.all('grants')) this.#books.set(record.job, GrantBook.restore(record));
  }

  /** Opens the book of a job that has none yet; until it changes nothing of it needs to be written. */
  open(record: JobRecord): void {
    if (this.#books.has(record.job)) return;
    const book = openBook(record);
    if (book !== undefined) this.#books.set(record.job, book);
  }

  /** What is to be written of a job's book; undefined if it has none. */
  recordOf(job: string): GrantRecord | undefined {
    return this.#books.get(job)?.record();
  }

  /** Takes up a job's book; its record is the caller's to commit. */
  add(book: GrantBook): void {
    this.#books.set(book.job, book);
  }

  /** A shard's grant; undefined if the job has no quota. */
  of(job: string, shard: number): ShardGrant | undefined {
    return this.#books.get(job)?.of(shard);
  }

  /** The job's book as it would be with another quota, for the caller to commit; undefined if it has none. */
  resize(job: string, quotaBytes: number): GrantRecord | undefined {
    const book = this.#books.get(job);
    if (book === undefined) return undefined;
    this.#act(book, book.resize(quotaBytes));
    return book.record();
  }

  /** The job's book as it is once slots have other owners, for the caller to commit; undefined if it has none. */
  redeal(job: string, weights: readonly SlotWeight[], lost: ReadonlySet<number>): GrantRecord | undefined {
    const book = this.#books.get(job);
    if (book === undefined) return undefined;
    this.#act(book, book.redeal(weights, lost));
    return book.record();
  }

  /** A shard needs `bytes` in all. */
  request(job: string, shard: number, bytes: number): void {
    const book = this.#books.get(job);
    if (book !== undefined)
      this.#act(
        book,
        book.request(shard, bytes, (other) => this.#reachable(other)),
      );
  }

  /** A shard keeps `bytes` of its grant of `version`. */
  returned(job: string, shard: number, bytes: number, version: number): void {
    const book = this.#books.get(job);
    if (book !== undefined) this.#act(book, book.returned(shard, bytes, version));
  }

  /** What a shard of a node that joins holds. */
  reconcile(job: string, shard: number, bytes: number, version: number): void {
    const book = this.#books.get(job);
    if (book !== undefined) this.#act(book, book.reconcile(shard, bytes, version));
  }

  /** These shards cannot answer for now: rounds go on without them. */
  unreachable(shards: readonly number[]): void {
    for (const job of [...this.#rounds.keys()]) {
      const book = this.#books.get(job);
      for (const shard of shards) if (book !== undefined) this.#act(book, book.unreachable(shard));
    }
  }

  /** The job has ended. */
  drop(job: string): void {
    this.#books.delete(job);
    this.#rounds.get(job)?.();
    this.#rounds.delete(job);
  }

  close(): void {
    for (const cancel of this.#rounds.values()) cancel();
  }

  #reachable(shard: number): boolean {
    const node = this.#fleet.nodeOfShard(shard);
    return node !== undefined && this.#fleet.session(node) !== undefined && this.#fleet.shard(shard)?.state === 'up';
  }

  #act(book: GrantBook, outcome: GrantOutcome): void {
    for (const shard of outcome.reclaim) {
      this.#fleet.session(this.#fleet.nodeOfShard(shard) ?? '')?.send({ reclaim: { job: book.job, shard } });
    }
    this.#time(book);
    if (outcome.answer.length > 0) void this.#answer(book, outcome.answer);
  }

  async #answer(book: GrantBook, shards: readonly number[]): Promise<void> {
    const { store, log } = this.#environment;
    try {
      await store.commit([{ collection: 'grants', key: book.job, value: book.record() }]);
      // The job may have ended meanwhile; then its record must not come back.
      if (this.#books.get(book.job) === book) this.#configure(book.job, shards);
      else commitInBackground(store, log, [{ collection: 'grants', key: book.job, value: undefined }]);
    } catch (error) {
      log.error({ err: error, job: book.job }, 'a grant could not be written; the shards ask again');
    }
  }

  #time(book: GrantBook): void {
    const running = this.#rounds.get(book.job);
    if (!book.reclaiming) {
      running?.();
      this.#rounds.delete(book.job);
    } else if (running === undefined) {
      const cancel = this.#environment.clock.after(roundMs, () => {
        this.#rounds.delete(book.job);
        this.#act(book, book.expire());
      });
      this.#rounds.set(book.job, cancel);
    }
  }
}

/** A fresh book of a job's quota, or undefined for a job without. */
export function openBook(record: JobRecord): GrantBook | undefined {
  const { quotaBytes, shares } = record.allocation;
  if (quotaBytes === 0) return undefined;
  return GrantBook.open(
    record.job,
    quotaBytes,
    shares.map(({ shard, slots }) => ({ shard, weight: slots })),
  );
}
