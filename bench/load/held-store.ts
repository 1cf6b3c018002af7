import { SatchelError } from '@satchel/proto/core';
import type { Subject } from '../subjects.js';

/** What else a store is busy with. */
export interface Occupation {
  /** Waits for keys that nobody puts. */
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
  constructor({ store }: Subject, { waits, largeKey }: Occupation) {
    if (store === undefined) throw new SatchelError('internal', 'only a store of Satchel can be held');
    const { signal } = this.#abort;
    this.#waits = Array.from({ length: waits }, (_, index) => store.waitFor(`never:${index}`, { signal }).catch(() => {}));
    this.#gets = (async () => {
      let gets = 0;
      for (; !signal.aborted; gets++) await store.get(largeKey);
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
