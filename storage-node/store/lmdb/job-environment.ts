import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, SatchelError } from '@satchel/proto/core';
import { readBootId } from './boot-id.js';
import { Catalog } from './catalog.js';
import { diskError, isDiskError } from './disk-error.js';
import { databaseFile, LmdbEnvironment, LmdbKey, type LmdbTable } from './lmdb-environment.js';
import type { Trash } from './trash.js';
import { ValueFiles } from './value-files.js';

export interface JobEnvironmentOptions {
  /** The job's folder on this shard. Created by the first write; what an earlier process left there is found again. */
  readonly folder: string;
  /** Takes what is cleared or destroyed. */
  readonly trash: Trash;
  /** Name of this run of the machine; data of another run is thrown away, since nothing was synchronized to the device. */
  readonly bootId?: string;
}

/** The tables of an open environment. */
export interface Tables {
  readonly records: LmdbTable;
  readonly packs: LmdbTable;
  readonly state: LmdbTable;
}

/** A part of a job that keeps something in the environment's tables. */
export interface Participant {
  /** Reads what an earlier process left; called when such an environment is opened. */
  load(tables: Tables): void;
  /** About how many entries `write` changes, at most, and the bytes of their keys and values. */
  readonly pendingEntries: number;
  readonly pendingBytes: number;
  /** Writes what changed since the last commit; called within a transaction, again if that fails. */
  write(tables: Tables): void;
  /** Called after the commit. */
  committed(): void;
  /** Called when all data was taken away. */
  reset(): void;
}

interface Opened {
  readonly lmdb: LmdbEnvironment;
  readonly tables: Tables;
  readonly files: ValueFiles;
}

/** A disk that refused a commit is left alone for so long. */
const retryMs = 100;

/**
 * What the ssd and the object tier of one job on one shard share: a folder with one LMDB environment and the files of large values.
 * It costs nothing until the first write. Changes are kept in memory until `flush` commits them all in one transaction,
 * so that an object that moves from one tier to the other is found in exactly one of them after a crash.
 */
export class JobEnvironment {
  readonly folder: string;
  readonly catalog: Catalog;
  readonly #trash: Trash;
  readonly #bootId: string;
  readonly #participants: Participant[] = [];
  #opened: Opened | undefined;
  #generation = 0;
  #counter = 0;
  #changed = false;
  #failing = false;
  /** When a disk that failed or was full is tried again; 0: it did not and was not. */
  #retryAtMs = 0;
  /** Whether `flush` has told of the failure to commit what is changed now. */
  #told = false;
  #afterCommit: (() => void)[] = [];
  #destroyed: Promise<void> | undefined;

  /** Throws `unavailable` if there is data that cannot be opened. */
  constructor(options: JobEnvironmentOptions) {
    this.folder = options.folder;
    this.#trash = options.trash;
    this.#bootId = options.bootId ?? readBootId();
    this.catalog = new Catalog(this);
    if (existsSync(this.dataFolder)) this.#recover();
    this.attach(this.catalog);
  }

  /** Where everything lies that `discardData` takes away. */
  get dataFolder(): string {
    return join(this.folder, 'data');
  }

  get tables(): Tables | undefined {
    return this.#opened?.tables;
  }

  /** Whether the last attempt to commit failed: the disk takes nothing at the moment. */
  get failing(): boolean {
    return this.#failing;
  }

  get destroyed(): boolean {
    return this.#destroyed !== undefined;
  }

  /** Bytes of disk that the database file takes. */
  get databaseBytes(): number {
    if (this.#opened === undefined) return 0;
    return (statSync(join(this.dataFolder, databaseFile), { throwIfNoEntry: false })?.blocks ?? 0) * 512;
  }

  /** Makes a part of the job take part in commits; `load` is called at once if there is data. */
  attach(participant: Participant): void {
    this.#participants.push(participant);
    if (this.#opened !== undefined) participant.load(this.#opened.tables);
  }

  /** Opens the environment if it is not open yet; throws the system's or LMDB's error. Returns where large values go. */
  open(): ValueFiles {
    assert(!this.destroyed, 'nothing is written to a job that was destroyed');
    this.#opened ??= this.#create();
    return this.#opened.files;
  }

  /** A number greater than any this job ever used before, for files, packs and sequences. The environment is open. */
  nextNumber(): number {
    assert(this.#opened !== undefined, 'numbers are taken of an open environment');
    return this.#generation * 2 ** 32 + ++this.#counter;
  }

  /** Numbers below it were given before the environment was opened last. */
  get firstNumber(): number {
    return this.#generation * 2 ** 32;
  }

  /** The number given last. */
  get lastNumber(): number {
    return this.#generation * 2 ** 32 + this.#counter;
  }

  /** Whether the disk takes no record of that many bytes at the moment; one that failed or was full is asked again after a while. */
  refuses(recordBytes: number): boolean {
    if (this.#retryAtMs > 0 && performance.now() < this.#retryAtMs) return true;
    if (this.#failing) this.flushIfPossible();
    if (this.#failing) return true;
    this.#retryAtMs = this.#hasRoomFor(recordBytes) ? 0 : performance.now() + retryMs;
    return this.#retryAtMs > 0;
  }

  /** Says that a participant has something to write. */
  change(): void {
    this.#changed = true;
    this.#told = false;
  }

  /** Calls back once what was changed so far survives a crash; never, if it is all discarded before. */
  afterCommit(action: () => void): void {
    this.#afterCommit.push(action);
    this.change();
  }

  /**
   * Commits what changed; cheap if nothing did. Throws `unavailable` if the disk refuses: what was changed stays visible and is tried
   * again, but would not survive a crash. That is said once of each change: later calls do not throw for it.
   */
  flush(): void {
    if (this.#told && performance.now() < this.#retryAtMs) return;
    const told = this.#told;
    try {
      this.commit();
    } catch (error) {
      this.#told = true;
      if (!told) throw error;
    }
  }

  /** As `flush`, but throws whenever something is not committed afterwards. */
  commit(): void {
    if (!this.#changed || this.#opened === undefined) return;
    const { lmdb, tables } = this.#opened;
    try {
      lmdb.commit(this.#pending('pendingEntries'), this.#pending('pendingBytes'), () => {
        for (const participant of this.#participants) participant.write(tables);
      });
    } catch (error) {
      // Even deleting takes free pages, which a full disk does not have; a folder in which nothing lives can simply go.
      if (this.catalog.isIdle) {
        this.discardData();
        return;
      }
      this.#failing = true;
      this.#retryAtMs = performance.now() + retryMs;
      throw diskError(`committing to ${this.dataFolder}`, error);
    }
    this.#changed = false;
    this.#failing = false;
    this.#retryAtMs = 0;
    this.#told = false;
    for (const participant of this.#participants) participant.committed();
    if (this.#afterCommit.length === 0) return;
    const actions = this.#afterCommit;
    this.#afterCommit = [];
    for (const action of actions) action();
  }

  /** As `commit`; a failure is left for the next flush to report. */
  flushIfPossible(): void {
    try {
      this.commit();
    } catch (error) {
      if (!(error instanceof SatchelError)) throw error;
    }
  }

  /** Takes away all objects of both tiers, in time independent of their number. */
  discardData(): void {
    this.#close();
    void this.#trash.discard(this.dataFolder);
    for (const participant of this.#participants) participant.reset();
  }

  /** Takes the value files away, whose records are dead. */
  discardFiles(): void {
    void this.#trash.discard(this.#filesFolder);
    if (this.#opened) this.#opened = { ...this.#opened, files: new ValueFiles(this.#filesFolder, this.#generation) };
  }

  /** Takes the job's folder away. Settles after the first attempt to free the space. Idempotent. */
  destroy(): Promise<void> {
    if (this.#destroyed !== undefined) return this.#destroyed;
    this.#close();
    this.#destroyed = this.#trash.discard(this.folder);
    for (const participant of this.#participants) participant.reset();
    return this.#destroyed;
  }

  /** Closes without taking anything away, as the end of a process does; uncommitted changes are lost. For tests. */
  abandon(): void {
    this.#close();
    this.#destroyed = Promise.resolve();
  }

  #hasRoomFor(recordBytes: number): boolean {
    if (this.#opened === undefined) return true;
    try {
      return this.#opened.lmdb.hasRoomFor(this.#pending('pendingEntries') + 1, this.#pending('pendingBytes') + recordBytes);
    } catch (error) {
      if (isDiskError(error)) return false;
      throw error;
    }
  }

  #pending(what: 'pendingEntries' | 'pendingBytes'): number {
    let sum = 0;
    for (const participant of this.#participants) sum += participant[what];
    return sum;
  }

  get #filesFolder(): string {
    return join(this.dataFolder, 'files');
  }

  #close(): void {
    this.#opened?.lmdb.close();
    this.#opened = undefined;
    this.#changed = false;
    this.#failing = false;
    this.#retryAtMs = 0;
    this.#told = false;
    this.#afterCommit = [];
  }

  #recover(): void {
    if (readText(join(this.dataFolder, 'boot-id')) === this.#bootId) {
      try {
        this.#opened = this.#openTables();
        return;
      } catch (error) {
        throw diskError(`opening ${this.dataFolder}`, error);
      }
    }
    void this.#trash.discard(this.dataFolder);
  }

  #create(): Opened {
    mkdirSync(this.dataFolder, { recursive: true });
    const opened = this.#openTables();
    // Last, so that a folder without it is one whose creation was cut short.
    writeFileSync(join(this.dataFolder, 'boot-id'), this.#bootId);
    return opened;
  }

  #openTables(): Opened {
    const lmdb = new LmdbEnvironment(this.dataFolder);
    try {
      const tables = { records: lmdb.table('records'), packs: lmdb.table('packs'), state: lmdb.table('state') };
      const stored = tables.state.get(generationKey)?.readUInt32LE(0) ?? 0;
      this.#generation = Math.max(stored, this.#generation) + 1;
      const generation = Buffer.alloc(4);
      generation.writeUInt32LE(this.#generation);
      lmdb.commit(1, 0, () => tables.state.put(generationKey, generation));
      return { lmdb, tables, files: new ValueFiles(this.#filesFolder, this.#generation) };
    } catch (error) {
      lmdb.close();
      throw error;
    }
  }
}

const generationKey = new LmdbKey().set(Buffer.from('generation'));

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
