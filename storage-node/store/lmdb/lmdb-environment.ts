import { type Database, open, type RootDatabase } from 'lmdb';

/** One LMDB environment: a folder with a few tables. The only file of the storage node's stores that knows lmdb. */
export class LmdbEnvironment {
  readonly #root: RootDatabase<Buffer, Buffer>;

  /**
   * Opens the environment in a folder, which is created if need be. No write is synchronized to the device: what was committed
   * survives the process, not the machine. The memory map grows by itself; it is never written through, so that a full disk
   * is an error of `commit` and not a signal.
   */
  constructor(folder: string) {
    this.#root = open({
      path: folder,
      noSubdir: false,
      keyEncoding: 'binary',
      encoding: 'binary',
      cache: false,
      noSync: true,
      overlappingSync: false,
      noMemInit: true,
      useWritemap: false,
      maxDbs: 4,
      maxReaders: 16,
    });
  }

  /** Opens a table of the environment, creating it if need be. */
  table(name: string): LmdbTable {
    return new LmdbTable(this.#root.openDB<Buffer, Buffer>({ name, keyEncoding: 'binary', encoding: 'binary', cache: false }));
  }

  /** Runs `write` in one transaction and commits it before returning; if it or the disk fails, throws, and nothing of it happened. */
  commit(write: () => void): void {
    this.#root.transactionSync(write, synchronousCommit);
  }

  /** Closes at once; the folder may be renamed or removed afterwards. */
  close(): void {
    // Without asynchronous writes, of which there are none here, lmdb closes before it returns.
    void this.#root.close();
  }
}

/** TransactionFlags.SYNCHRONOUS_COMMIT of lmdb, which exports the enumeration as a type only. */
const synchronousCommit = 2;

/** Entries of one table, in ascending order of their keys' bytes. `put` and `remove` only within `commit`. */
export class LmdbTable {
  readonly #database: Database<Buffer, Buffer>;

  constructor(database: Database<Buffer, Buffer>) {
    this.#database = database;
  }

  /** The value of a key; its bytes are valid only until the next `get` on any table of the process. */
  get(key: Buffer): Buffer | undefined {
    const found = this.#database.getBinaryFast(key);
    // lmdb returns its one buffer with a length that does not match the view, which Buffer's methods do not bear.
    return found && Buffer.from(found.buffer, found.byteOffset, found.length);
  }

  put(key: Buffer, value: Buffer): void {
    this.#database.putSync(key, value);
  }

  remove(key: Buffer): void {
    this.#database.removeSync(key);
  }

  /** Entries from the key `start` on; each owns its bytes. */
  range(start: Buffer): Iterable<{ key: Buffer; value: Buffer }> {
    return this.#database.getRange({ start });
  }
}
