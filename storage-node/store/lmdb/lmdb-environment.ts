import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, type Key, open, type RootDatabase } from 'lmdb';
import { DiskReserve, keepsBlocks, type PageCounts, pageBytes } from './disk-reserve.js';

/** The file of an environment in its folder. */
export const databaseFile = 'data.mdb';
/** Mapped at first; doubles as need be, so that what {@link DiskReserve} has reserved always lies within twice the map. */
const firstMapBytes = 32 * 1024 * 1024;

/** A key for one call: bytes [start, end) of a buffer. Used again and again, so that a call makes no view. */
export class LmdbKey {
  buffer: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;

  set(buffer: Buffer, start = 0, end = buffer.length): this {
    this.buffer = buffer;
    this.start = start;
    this.end = end;
    return this;
  }
}

const keyEncoder = {
  writeKey({ buffer, start, end }: LmdbKey, target: Uint8Array, at: number): number {
    // For keys as they usually are a loop is faster than a call.
    if (end - start > 64) target.set(buffer.subarray(start, end), at);
    else for (let from = start, to = at; from < end; from++, to++) target[to] = buffer[from] as number;
    return at + end - start;
  },
  readKey(source: Uint8Array, start: number, end: number): LmdbKey {
    return new LmdbKey().set(Buffer.from(source.subarray(start, end)));
  },
};

/** lmdb hands keys to the encoder as they are, and back; its types know only kinds of its own. */
function toLmdb(key: LmdbKey): Key {
  return key as unknown as Key;
}

function fromLmdb(key: Key): LmdbKey {
  return key as unknown as LmdbKey;
}

/** One LMDB environment: a folder with a few tables. The only file of the storage node's stores that knows lmdb. */
export class LmdbEnvironment {
  readonly #root: RootDatabase<Buffer, Key>;
  readonly #reserve: DiskReserve | undefined;
  readonly #tables: Database<Buffer, Key>[] = [];

  /**
   * Opens the environment in a folder, which is created if need be. No write is synchronized to the device: what was committed survives
   * the process, not the machine. Pages are changed in the memory map, which halves the cost of a commit, where the file system lets
   * us reserve their blocks first, so that a full disk is an error of `commit` and not a signal; elsewhere they are written to the file.
   */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    const mapped = keepsBlocks(folder);
    this.#root = open({
      path: folder,
      noSubdir: false,
      keyEncoder,
      encoding: 'binary',
      cache: false,
      noSync: true,
      overlappingSync: false,
      noMemInit: true,
      useWritemap: mapped,
      ...(mapped ? { mapSize: firstMapBytes } : {}),
      pageSize: pageBytes,
      maxDbs: 4,
      maxReaders: 16,
    });
    if (!mapped) return;
    this.#reserve = new DiskReserve(join(folder, databaseFile), () => this.#countPages());
    try {
      this.#reserve.take(maxTables, 0);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Opens a table of the environment, creating it if need be; at most three. */
  table(name: string): LmdbTable {
    const options = { name, keyEncoder, encoding: 'binary', cache: false } as const;
    const table = this.#root.openDB<Buffer, Key>(options);
    this.#tables.push(table);
    return new LmdbTable(table);
  }

  /**
   * Runs `write` in one transaction and commits it before returning; if it or the disk fails, throws, and nothing of it happened. To be
   * told how many entries it changes at most, and the bytes of their keys and values.
   */
  commit(entries: number, bytes: number, write: () => void): void {
    this.#reserve?.take(entries, bytes);
    this.#root.transactionSync(write, synchronousCommit);
  }

  /** Whether the disk has room for a commit of that many entries and bytes, as far as that is known before. Throws the system's error. */
  hasRoomFor(entries: number, bytes: number): boolean {
    return this.#reserve?.hasRoomFor(entries, bytes) ?? true;
  }

  /** Closes at once; the folder may be renamed or removed afterwards. */
  close(): void {
    // Without asynchronous writes, of which there are none here, lmdb closes before it returns.
    void this.#root.close();
  }

  #countPages(): PageCounts {
    const { root, free, lastPageNumber } = this.#root.getStats() as Statistics;
    const metaPages = 2;
    let live = metaPages + pagesOf(root) + pagesOf(free);
    for (const table of this.#tables) live += pagesOf(table.getStats() as Statistics);
    return { used: lastPageNumber + 1, live };
  }
}

/** TransactionFlags.SYNCHRONOUS_COMMIT of lmdb, which exports the enumeration as a type only. */
const synchronousCommit = 2;
const maxTables = 3;

/** What lmdb tells of a table, and of the whole environment where it says `root` and `free`. */
interface Statistics {
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
  readonly root: Statistics;
  readonly free: Statistics;
  readonly lastPageNumber: number;
}

function pagesOf(table: Statistics): number {
  return table.treeBranchPageCount + table.treeLeafPageCount + table.overflowPages;
}

/** Grows with every call that makes lmdb overwrite the bytes it returned before. */
let reads = 0;
/** The buffer lmdb returned last, and all of it as a Buffer. */
let lastFound: Uint8Array | undefined;
let lastView: Buffer = Buffer.alloc(0);

/** Entries of one table, in ascending order of their keys' bytes. `put` and `remove` only within `commit`. */
export class LmdbTable {
  readonly #database: Database<Buffer, Key>;

  constructor(database: Database<Buffer, Key>) {
    this.#database = database;
  }

  /** As long as it stays the same, the bytes that the last `get` of whatever table returned are valid. */
  static get reads(): number {
    return reads;
  }

  /** The value of a key, at the start of a buffer that may be longer; valid as long as {@link LmdbTable.reads} stays the same. */
  get(key: LmdbKey): Buffer | undefined {
    reads++;
    const found = this.#database.getBinaryFast(toLmdb(key));
    if (found === undefined) return undefined;
    // lmdb returns its one buffer with a length that does not match the view, which Buffer's methods do not bear.
    if (found !== lastFound) {
      lastFound = found;
      lastView = Buffer.from(found.buffer, found.byteOffset, found.byteLength);
    }
    return lastView;
  }

  put(key: LmdbKey, value: Buffer): void {
    this.#database.putSync(toLmdb(key), value);
  }

  remove(key: LmdbKey): void {
    this.#database.removeSync(toLmdb(key));
  }

  /** Entries from the key `start` on; each owns its bytes. */
  range(start: LmdbKey): Iterable<{ key: LmdbKey; value: Buffer }> {
    reads++;
    return this.#database.getRange({ start: toLmdb(start) }).map(({ key, value }) => ({ key: fromLmdb(key), value }));
  }
}
