import { type Collection, collections } from '../state-store.js';

/** Names of our keys below a prefix. */
export class Keys {
  /** Begins all of them. */
  readonly all: string;
  /** Who leads. */
  readonly leader: string;
  /** Begins parts and markers of large commits. */
  readonly staged: string;
  readonly #state: string;

  constructor(prefix: string) {
    this.all = `${prefix}/`;
    this.leader = `${prefix}/leader`;
    this.staged = `${prefix}/staged/`;
    this.#state = `${prefix}/state/`;
  }

  record(collection: Collection, key: string): string {
    return `${this.#state}${collection}/${key}`;
  }

  /** The collection of a record's key; undefined if it is none of this version's. */
  collectionOf(key: string): Collection | undefined {
    if (!key.startsWith(this.#state)) return undefined;
    const name = key.slice(this.#state.length, key.indexOf('/', this.#state.length));
    return collections.find((collection) => collection === name);
  }
}
