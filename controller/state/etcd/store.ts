import { SatchelError } from '@satchel/proto/core';
import type { Change, Collection, Collections, StateStore } from '../state-store.js';
import { changeBytes, fitsTransaction, nextBatch, transactionBytes, transactionOperations } from './batch.js';
import type { EtcdClient, KeyChange } from './client.js';
import type { Keys } from './keys.js';
import { apply } from './mirror.js';
import { replayTransactions, type StagedCommit, stagedIn, stagingTransactions } from './staging.js';
import type { Term } from './term.js';

/** Pause before a write that etcd did not answer is tried again. */
const retryMs = 100;
/** Which errors of etcd will not go away by trying again. */
const lastingErrors =
  /space exceeded|too many operations|too large|permission denied|authentication|invalid auth|user name is empty/;

interface PendingCommit {
  readonly changes: readonly KeyChange[];
  resolve(): void;
  reject(error: SatchelError): void;
}

/**
 * The state in etcd, for as long as one term of leadership lasts. One transaction is under way at a time, so that commits keep their
 * order; those that come meanwhile share the next. Every transaction is fenced: it fails once the term is over, whatever this process
 * believes. A write without answer is repeated until it succeeds or the term is over; making the same changes twice is the same as once.
 */
export class EtcdStateStore implements StateStore {
  readonly #client: EtcdClient;
  readonly #keys: Keys;
  readonly #term: Term;
  readonly #records: Map<string, string>;
  #pending: PendingCommit[] = [];
  #writing: Promise<void> | undefined;
  #staged = 0;

  private constructor(client: EtcdClient, keys: Keys, term: Term, records: Map<string, string>) {
    this.#client = client;
    this.#keys = keys;
    this.#term = term;
    this.#records = records;
  }

  /** Takes over `records`, which are all that is in etcd as the term begins, and finishes what the leader before had staged. */
  static async open(client: EtcdClient, keys: Keys, term: Term, records: Map<string, string>): Promise<EtcdStateStore> {
    const store = new EtcdStateStore(client, keys, term, records);
    const { commits, left } = stagedIn(keys.staged, records);
    for (const commit of commits) await store.#replay(commit);
    for (const key of left) await store.#write([{ key, value: undefined }]);
    return store;
  }

  all<Name extends Collection>(collection: Name): Collections[Name][] {
    const prefix = this.#keys.record(collection, '');
    const found = [...this.#records].filter(([key]) => key.startsWith(prefix));
    found.sort(([a], [b]) => (a < b ? -1 : 1));
    return found.map(([, value]) => JSON.parse(value));
  }

  commit(changes: readonly Change[]): Promise<void> {
    if (changes.length === 0) return Promise.resolve();
    const serialized = changes.map(({ collection, key, value }) => {
      return { key: this.#keys.record(collection, key), value: value === undefined ? undefined : JSON.stringify(value) };
    });
    const large = serialized.find((change) => changeBytes(change) > transactionBytes);
    if (large !== undefined) return Promise.reject(tooLarge(large));
    return new Promise((resolve, reject) => {
      this.#pending.push({ changes: serialized, resolve, reject });
      this.#writing ??= this.#writePending();
    });
  }

  async close(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  async #writePending(): Promise<void> {
    // What this turn of the event loop commits goes together.
    await new Promise(setImmediate);
    while (this.#pending.length > 0) {
      const { commits, changes } = nextBatch(this.#pending.slice(0, transactionOperations).map((commit) => commit.changes));
      const batch = this.#pending.splice(0, commits);
      try {
        await (fitsTransaction(changes) ? this.#write(changes) : this.#writeStaged(changes));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(SatchelError.from(error));
      }
    }
    this.#writing = undefined;
  }

  async #writeStaged(changes: readonly KeyChange[]): Promise<void> {
    const name = `${this.#term.fence.createRevision}-${++this.#staged}`;
    for (const part of stagingTransactions(this.#keys.staged, name, changes)) await this.#write(part);
    await this.#replay({ marker: `${this.#keys.staged}${name}`, changes });
  }

  async #replay(staged: StagedCommit): Promise<void> {
    for (const part of replayTransactions(staged, this.#records.keys())) await this.#write(part);
  }

  /** One transaction. Throws `unavailable`, or `unknown-outcome` if it may have been made as leadership was lost. */
  async #write(changes: readonly KeyChange[]): Promise<void> {
    let asked = false;
    for (;;) {
      if (!this.#term.leads()) throw deposed(asked);
      const revision = await this.#attempt(changes);
      if (revision === 'no-answer') {
        asked = true;
        continue;
      }
      if (revision === undefined) {
        this.#term.lose('a write was refused: another controller leads');
        throw deposed(asked);
      }
      for (const change of changes) apply(this.#records, change);
      return;
    }
  }

  async #attempt(changes: readonly KeyChange[]): Promise<number | undefined | 'no-answer'> {
    try {
      return await this.#client.write(changes, this.#term.fence);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (lastingErrors.test(why)) {
        throw new SatchelError('unavailable', `the controller cannot write its state: ${why}`, { cause: error });
      }
      await this.#client.pause(retryMs);
      return 'no-answer';
    }
  }
}

function deposed(asked: boolean): SatchelError {
  const why = 'this controller does not lead any more; call the one that does';
  return asked
    ? new SatchelError('unknown-outcome', `etcd did not say whether the change was made, and ${why}`)
    : new SatchelError('unavailable', why);
}

function tooLarge({ key, value }: KeyChange): SatchelError {
  const bytes = Buffer.byteLength(value ?? '');
  return new SatchelError(
    'unavailable',
    `the controller cannot write its state: ${key} has ${bytes} bytes, etcd takes ${transactionBytes} at most`,
  );
}
