import { accessSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SatchelError } from '@satchel/proto/core';
import { type Database, open, type RootDatabase } from 'lmdb';
import { lockFolder } from './lock.js';
import { RoomGuard } from './room-guard.js';
import { type Change, type Collection, type Collections, collections, type StateStore } from './state-store.js';

const reasons: Readonly<Record<string, string>> = {
  EEXIST: 'it is a file',
  ENOTDIR: 'it lies below a file',
  ENOENT: 'there is no such place',
  EACCES: 'it may not be written to',
  EROFS: 'its file system is read-only',
};

/**
 * Opens the state in a folder, which is made if need be and belongs to this process until closed or killed.
 * Throws `unavailable` if another controller has it, or it cannot be written to.
 */
export async function openLmdbStateStore(folder: string): Promise<StateStore> {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.W_OK);
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    throw new SatchelError(
      'unavailable',
      `the state folder '${folder}' cannot be used: ${reasons[code] ?? code}; give --state a folder that this process may write to`,
      { cause: error },
    );
  }
  const unlock = await lockFolder(folder);
  return new LmdbStateStore(folder, unlock);
}

type Databases = { [Name in Collection]: Database<Collections[Name], string> };

/** Commits that arrive while one is being synced share the next transaction. */
class LmdbStateStore implements StateStore {
  readonly #root: RootDatabase;
  readonly #collections: Databases;
  readonly #room: RoomGuard;
  readonly #unlock: () => Promise<void>;
  #closed: Promise<void> | undefined;

  constructor(folder: string, unlock: () => Promise<void>) {
    this.#room = new RoomGuard(folder);
    this.#unlock = unlock;
    // Without overlapping sync a commit is acknowledged only once it is on the disk.
    this.#root = open({
      path: join(folder, 'state.mdb'),
      noSubdir: true,
      maxDbs: collections.length,
      overlappingSync: false,
      // It would leave a rejection that nobody can handle when a commit fails.
      eventTurnBatching: false,
    });
    const opened = collections.map((name) => [name, this.#root.openDB({ name })] as const);
    this.#collections = Object.fromEntries(opened) as Databases;
  }

  all<Name extends Collection>(collection: Name): Collections[Name][] {
    const records: Database<Collections[Name], string> = this.#collections[collection];
    return [...records.getRange()].map(({ value }) => value);
  }

  async commit(changes: readonly Change[]): Promise<void> {
    this.#room.check();
    try {
      // A change by itself needs nothing that keeps changes together.
      const [only] = changes;
      if (only !== undefined && changes.length === 1) await this.#apply(only);
      else await this.#root.batch(() => changes.forEach((change) => void this.#apply(change)));
    } catch (error) {
      const why = await reasonOf(error);
      throw new SatchelError('unavailable', `the controller cannot write its state: ${why}`, { cause: error });
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#root.close().then(this.#unlock);
    return this.#closed;
  }

  #apply<Name extends Collection>(change: { collection: Name; key: string; value: Collections[Name] | undefined }) {
    const records: Database<Collections[Name], string> = this.#collections[change.collection];
    return change.value === undefined ? records.remove(change.key) : records.put(change.key, change.value);
  }
}

/** What went wrong: LMDB tells it in a promise that hangs on the error. */
async function reasonOf(error: unknown): Promise<string> {
  const text = (thrown: unknown) => (thrown instanceof Error ? thrown.message : String(thrown));
  const { commitError } = error as { commitError?: Promise<never> };
  if (commitError === undefined) return text(error);
  const reason = await commitError.catch(text);
  // What follows the colon is of the library's inside.
  return reason.split(': ', 1)[0] ?? '';
}
