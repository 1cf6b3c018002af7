import type { Subject } from '../subjects.js';

/** What else a store is busy with. */
export interface Occupation {
  /** Waits for keys that nobody puts; none on Redis, where each would need a connection of its own. */
  readonly waits: number;
  /** A large object that is got again and again, one get after the other. */
  readonly largeKey: string;
}

/** Keeps a store busy with waits and large gets until it is ended. */
export class HeldStore {
  readonly #abort = new AbortController();
  readonly #waits: Promise<unknown>[];
  readonly #gets: Promise<number>;

  /** Begins at once. */
  constructor(subject: Subject, { waits, largeKey }: Occupation) {
    const { store } = subject;
    const { signal } = this.#abort;
    this.#waits =
      store === undefined
        ? []
        : Array.from({ length: waits }, (_, index) => store.waitFor(`never:${index}`, { signal }).catch(() => {}));
    this.#gets = (async () => {
      let gets = 0;
      for (; !signal.aborted; gets++) await subject.get(largeKey);
      return gets;
    })();
    this.#gets.catch(() => {});
  }

  /** Resolves to the number of large gets. */
  async end(): Promise<number> {
    this.#abort.abort();
    await Promise.all(this.#waits);
    return this.#gets;
  }
}
