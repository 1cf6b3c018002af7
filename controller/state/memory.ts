import { type Change, type Collection, type Collections, collections, type StateStore } from './state-store.js';

type Maps = { [Name in Collection]: Map<string, Collections[Name]> };

/** State that is gone with the process; for tests and simulation. */
export class MemoryStateStore implements StateStore {
  readonly #collections = Object.fromEntries(collections.map((name) => [name, new Map()])) as Maps;

  all<Name extends Collection>(collection: Name): Collections[Name][] {
    const records: Map<string, Collections[Name]> = this.#collections[collection];
    return [...records].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => structuredClone(value));
  }

  async commit(changes: readonly Change[]): Promise<void> {
    for (const change of changes) this.#apply(change);
  }

  async close(): Promise<void> {}

  #apply<Name extends Collection>(change: { collection: Name; key: string; value: Collections[Name] | undefined }): void {
    const records: Map<string, Collections[Name]> = this.#collections[change.collection];
    if (change.value === undefined) records.delete(change.key);
    else records.set(change.key, structuredClone(change.value));
  }
}
