import type { EtcdClient, KeyChange } from './client.js';

const readAgainMs = 500;

type Records = Map<string, string>;

/** A copy of all keys with a prefix that follows etcd, so that a take-over reads nothing. */
export class Mirror {
  readonly #client: EtcdClient;
  readonly #prefix: string;
  readonly #changed: (change: KeyChange) => void;
  #records: Records = new Map();
  #revision = 0;
  #stop = () => {};
  #closed = false;
  #waiters: { readonly revision: number; readonly resolve: () => void }[] = [];

  private constructor(client: EtcdClient, prefix: string, changed: (change: KeyChange) => void) {
    this.#client = client;
    this.#prefix = prefix;
    this.#changed = changed;
  }

  /** Reads everything, then follows; `changed` hears of each change after it was made here. */
  static async open(client: EtcdClient, prefix: string, changed: (change: KeyChange) => void): Promise<Mirror> {
    const mirror = new Mirror(client, prefix, changed);
    await mirror.#read();
    return mirror;
  }

  get(key: string): string | undefined {
    return this.#records.get(key);
  }

  /** Resolves once everything up to a revision of one of these keys is here. */
  caughtUp(revision: number): Promise<void> {
    if (this.#revision >= revision) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ revision, resolve }));
  }

  /** Follows no longer. The records are the caller's. */
  close(): Records {
    this.#closed = true;
    this.#stop();
    return this.#records;
  }

  async #read(): Promise<void> {
    const records: Records = new Map();
    const revision = await this.#client.readAll(this.#prefix, (key, value) => records.set(key, value));
    if (this.#closed) return;
    this.#records = records;
    this.#stop = this.#client.watch(this.#prefix, revision + 1, {
      changed: (changes, seen) => {
        for (const change of changes) {
          apply(this.#records, change);
          this.#changed(change);
        }
        this.#seen(seen);
      },
      compacted: () => void this.#readAgain(),
    });
    this.#seen(revision);
  }

  async #readAgain(): Promise<void> {
    for (;;) {
      try {
        await this.#read();
        return;
      } catch {
        if (this.#closed) return;
        await this.#client.pause(readAgainMs);
      }
    }
  }

  #seen(revision: number): void {
    this.#revision = revision;
    for (const waiter of this.#waiters) if (waiter.revision <= revision) waiter.resolve();
    this.#waiters = this.#waiters.filter((waiter) => waiter.revision > revision);
  }
}

/** Makes a change in a copy. */
export function apply(records: Records, { key, value }: KeyChange): void {
  if (value === undefined) records.delete(key);
  else records.set(key, value);
}
