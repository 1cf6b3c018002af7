import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SatchelError } from '@satchel/proto/core';
import { type Database, open, type RootDatabase } from 'lmdb';
import { lockFolder } from './lock.js';
import { type Change, type Collection, type Collections, collections, type StateStore } from './state-store.js';

/**
 * Opens the state in a folder, which is made if need be and belongs to this process until closed or killed.
 * Throws `unavailable` if another controller has it.
 */
export async function openLmdbStateStore(folder: string): Promise<StateStore> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const unlock = await lockFolder(folder);
  return new LmdbStateStore(join(folder, 'state.mdb'), unlock);
}

type Databases = { [Name in Collection]: Database<Collections[Name], string> };

/** Commits of one event-loop turn share a transaction, those that arrive while one is being synced share the next. */
class LmdbStateStore implements StateStore {
  readonly #root: RootDatabase;
  readonly #collections: Databases;
  readonly #unlock: () => Promise<void>;
  #closed: Promise<void> | undefined;

  constructor(file: string, unlock: () => Promise<void>) {
    this.#unlock = unlock;
    // Without overlapping sync a commit is acknowledged only once it is on the disk.
    this.#root = open({ path: file, noSubdir: true, maxDbs: collections.length, overlappingSync: false });
    const opened = collections.map((name) => [name, this.#root.openDB({ name })] as const);
    this.#collections = Object.fromEntries(opened) as Databases;
  }

  all<Name extends Collection>(collection: Name): Collections[Name][] {
    const records: Database<Collections[Name], string> = this.#collections[collection];
    return [...records.getRange()].map(({ value }) => value);
  }

  async commit(changes: readonly Change[]): Promise<void> {
    try {
      await Promise.all(changes.map((change) => this.#apply(change)));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new SatchelError('unavailable', `the controller cannot write its state: ${why}`, { cause: error });
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#root.close().then(this.#unlock);
    return this.#closed;
  }

  #apply<Name extends Collection>(change: {
    collection: Name;
    key: string;
    value: Collections[Name] | undefined;
  }): Promise<boolean> {
    const records: Database<Collections[Name], string> = this.#collections[change.collection];
    return change.value === undefined ? records.remove(change.key) : records.put(change.key, change.value);
  }
}
