import { type Change, type Collection, type Collections, collections, type StateStore } from '@satchel/controller/simulation';

type Maps = { [Name in Collection]: Map<string, Collections[Name]> };

/**
 * State for a controller that is never restarted: what is committed is kept as it is, without copies, as records are replaced and
 * never changed. Commits take no time.
 */
export class DirectStore implements StateStore {
  readonly #collections = Object.fromEntries(collections.map((name) => [name, new Map()])) as Maps;
  /** Changes committed. */
  changes = 0;

  all<Name extends Collection>(collection: Name): Collections[Name][] {
    const records: Map<string, Collections[Name]> = this.#collections[collection];
    return [...records.values()];
  }

  commit(changes: readonly Change[]): Promise<void> {
    for (const change of changes) this.#apply(change);
    this.changes += changes.length;
    return Promise.resolve();
  }

  async close(): Promise<void> {}

  #apply<Name extends Collection>(change: { collection: Name; key: string; value: Collections[Name] | undefined }): void {
    const records: Map<string, Collections[Name]> = this.#collections[change.collection];
    if (change.value === undefined) records.delete(change.key);
    else records.set(change.key, change.value);
  }
}
