import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, randomId, systemClock } from '@satchel/proto/core';
import type { JobEnvironment, Participant, Tables } from '../lmdb/job-environment.js';
import { LmdbKey } from '../lmdb/lmdb-environment.js';
import { listAll, type ObjectClient } from './object-client.js';

export interface PacksOptions {
  readonly environment: JobEnvironment;
  readonly client: ObjectClient;
  /** Under which the job's packs are named, ending in '/'. */
  readonly jobPrefix: string;
  /** Called once for a pack in which little is alive any more. */
  readonly onSparse: (pack: number) => void;
  readonly clock?: Clock;
}

interface Pack {
  readonly bytes: number;
  liveBytes: number;
  liveValues: number;
  /** Reads under way, which keep a dead pack a little longer. */
  readers: number;
  sparse: boolean;
}

/** Names the file in a job's data folder that says under which prefix its packs are. */
export const prefixFile = 'object-prefix';
/** A pack of which less than this share is alive is rewritten. */
const sparseShare = 0.25;
const deletesAtOnce = 1000;
const deleteRetryMs = 5000;

/**
 * The packs of one job: how much of each is alive, kept in the job's environment with the records that refer to them. A pack without live
 * values is deleted in the background once that is committed, and stays in the table until the object store has confirmed it.
 */
export class Packs implements Participant {
  readonly #options: PacksOptions;
  readonly #clock: Clock;
  #packs = new Map<number, Pack>();
  #changed = new Set<number>();
  #prefix: string | undefined;
  #doomed = new Set<string>();
  #deleting: Promise<void> | undefined;

  constructor(options: PacksOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    options.environment.attach(this);
  }

  get size(): number {
    return this.#packs.size;
  }

  /** What an object with a pack is called. Names a prefix of its own for the data folder, at its first use. */
  nameOf(pack: number): string {
    this.#prefix ??= this.#createPrefix();
    return this.#prefix + pack.toString(16);
  }

  bytesOf(pack: number): number {
    return this.#packs.get(pack)?.bytes ?? 0;
  }

  /** Takes note of a pack that was uploaded. */
  add(pack: number, bytes: number): void {
    this.#packs.set(pack, { bytes, liveBytes: 0, liveValues: 0, readers: 0, sparse: false });
    this.#options.environment.catalog.usage.object.heldBytes += bytes;
    this.#change(pack);
  }

  /** Counts a value of a pack as alive. */
  retain(number: number, bytes: number): void {
    const pack = this.#packs.get(number);
    if (pack === undefined) return;
    pack.liveValues++;
    pack.liveBytes += bytes;
    this.#change(number);
  }

  /** Counts a value of a pack as dead. */
  release(number: number, bytes: number): void {
    const pack = this.#packs.get(number);
    if (pack === undefined) return;
    pack.liveValues--;
    pack.liveBytes -= bytes;
    this.#change(number);
    this.review(number);
  }

  /** Deletes a pack if nothing in it is alive, or has it rewritten if little is, once that is committed. */
  review(number: number): void {
    const pack = this.#packs.get(number);
    if (pack === undefined) return;
    if (pack.liveValues === 0) {
      this.#options.environment.afterCommit(() => this.#doom(number));
    } else if (!pack.sparse && pack.liveBytes < sparseShare * pack.bytes) {
      pack.sparse = true;
      this.#options.environment.afterCommit(() => this.#options.onSparse(number));
    }
  }

  /** Says that rewriting a sparse pack failed, so that it is tried again when more of it dies. */
  keepSparse(number: number): void {
    const pack = this.#packs.get(number);
    if (pack !== undefined) pack.sparse = false;
  }

  /** Keeps a pack while `read` goes on. */
  async whileReading<T>(number: number, read: () => Promise<T>): Promise<T> {
    const pack = this.#packs.get(number);
    if (pack !== undefined) pack.readers++;
    try {
      return await read();
    } finally {
      if (pack !== undefined) pack.readers--;
      if (pack?.liveValues === 0) this.#doom(number);
    }
  }

  /** Deletes every pack, once that is committed. */
  releaseAll(): void {
    for (const [number, pack] of this.#packs) {
      pack.liveValues = 0;
      pack.liveBytes = 0;
      this.#change(number);
      this.review(number);
    }
  }

  /** Deletes an object that never became, or no longer is, a pack of the job. */
  discard(name: string): void {
    this.#doomed.add(name);
    this.#deleting ??= this.#deleteDoomed();
  }

  /** Settles when no deletion is under way. */
  async idle(): Promise<void> {
    while (this.#deleting !== undefined) await this.#deleting;
  }

  /** Deletes what uploads that a crash cut short left behind. */
  async sweep(): Promise<void> {
    if (this.#prefix === undefined) return;
    const prefix = this.#prefix;
    const oldest = this.#options.environment.firstNumber;
    for await (const { name } of listAll(this.#options.client, prefix)) {
      const number = Number.parseInt(name.slice(prefix.length), 16);
      if (number < oldest && !this.#packs.has(number) && this.#prefix === prefix) this.discard(name);
    }
  }

  load(tables: Tables): void {
    this.#prefix = readText(join(this.#options.environment.dataFolder, prefixFile));
    for (const { key, value } of tables.packs.range(new LmdbKey().set(Buffer.from([0])))) {
      const [bytes = 0, liveBytes = 0, liveValues = 0] = [0, 8, 16].map((offset) => value.readDoubleLE(offset));
      const number = Number.parseInt(key.buffer.toString('latin1', key.start, key.end), 16);
      this.#packs.set(number, { bytes, liveBytes, liveValues, readers: 0, sparse: false });
      this.review(number);
    }
  }

  get pendingEntries(): number {
    return this.#changed.size;
  }

  get pendingBytes(): number {
    return 64 * this.#changed.size;
  }

  write(tables: Tables): void {
    for (const number of this.#changed) {
      const key = new LmdbKey().set(Buffer.from(number.toString(16)));
      const pack = this.#packs.get(number);
      if (pack === undefined) tables.packs.remove(key);
      else tables.packs.put(key, Buffer.from(Float64Array.of(pack.bytes, pack.liveBytes, pack.liveValues).buffer));
    }
  }

  committed(): void {
    this.#changed.clear();
  }

  reset(): void {
    this.#packs = new Map();
    this.#changed = new Set();
    this.#doomed = new Set();
    this.#prefix = undefined;
  }

  #change(number: number): void {
    this.#changed.add(number);
    this.#options.environment.change();
  }

  #doom(number: number): void {
    const pack = this.#packs.get(number);
    if (pack !== undefined && pack.liveValues === 0 && pack.readers === 0) this.discard(this.nameOf(number));
  }

  async #deleteDoomed(): Promise<void> {
    // Those of one turn of the event loop go together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#doomed.size > 0) {
      const prefix = this.#prefix;
      const names = [...this.#doomed].slice(0, deletesAtOnce);
      try {
        await this.#options.client.delete(names);
      } catch {
        // Kept, and tried again later, also what arrived after the job's end: a pack's entry in the table is still there after a crash.
        this.#clock.after(deleteRetryMs, () => {
          if (this.#doomed.size > 0) this.#deleting ??= this.#deleteDoomed();
        });
        break;
      }
      for (const name of names) this.#doomed.delete(name);
      if (this.#prefix === prefix && prefix !== undefined) this.#forget(prefix, names);
    }
    this.#deleting = undefined;
  }

  #forget(prefix: string, names: readonly string[]): void {
    for (const name of names) {
      const number = Number.parseInt(name.slice(prefix.length), 16);
      const pack = this.#packs.get(number);
      if (pack === undefined || !name.startsWith(prefix)) continue;
      this.#options.environment.catalog.usage.object.heldBytes -= pack.bytes;
      this.#packs.delete(number);
      this.#change(number);
    }
  }

  #createPrefix(): string {
    const prefix = `${this.#options.jobPrefix}${randomId(12)}/`;
    writeFileSync(join(this.#options.environment.dataFolder, prefixFile), prefix);
    return prefix;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
