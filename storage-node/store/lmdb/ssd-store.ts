import { statfsSync } from 'node:fs';
import { SatchelError } from '@satchel/proto/core';
import type { Key } from '../key.js';
import { type ObjectMetadata, objectCharge, type StoredObject, type StoreUsage, scanEnd, type TierStore } from '../tier-store.js';
import type { Catalog, Resident } from './catalog.js';
import { diskError, isDiskError } from './disk-error.js';
import { freeDiskBytes, pageBytes } from './disk-reserve.js';
import type { JobEnvironment } from './job-environment.js';
import {
  fileBodyBytes,
  holderOf,
  isInFile,
  RecordObject,
  recordHeaderBytes,
  recordKinds,
  valueLengthOf,
  writeHolder,
} from './record.js';
import type { SsdAccount } from './ssd-budget.js';
import type { ValueFiles } from './value-files.js';

export interface SsdStoreOptions {
  readonly environment: JobEnvironment;
  /** Shared by all jobs of the shard. */
  readonly budget: SsdAccount;
  /** Values up to this many bytes lie in LMDB itself, larger ones in files. Default {@link inlineValueBytes}. */
  readonly inlineBytes?: number;
}

/** In front of what a page of LMDB holds. */
const pageHeaderBytes = 24;
/**
 * What one page of LMDB takes beside the headers of page and record. A larger value needs pages in a row, for which LMDB searches its list of
 * free pages: with 60,000 values overwriting one of 4,096 bytes takes 1.4 ms, of 4,000 bytes 10 µs, and of a file 35 µs.
 */
export const inlineValueBytes = pageBytes - pageHeaderBytes - recordHeaderBytes;
/** From here on writing or reading a file may take longer than a turn of the event loop should. */
export const asynchronousBytes = 256 * 1024;
const fileSystemBlockBytes = 4096;

/** The ssd tier of one job: small values in LMDB, larger ones in files. What was flushed survives a crash of the process. */
export class SsdStore implements TierStore, Resident {
  readonly tier = 'ssd';
  readonly #environment: JobEnvironment;
  readonly #catalog: Catalog;
  readonly #budget: SsdAccount;
  readonly #inlineBytes: number;
  readonly #leftoversSwept: Promise<void>;
  #filesUnderWay = 0;
  readonly #found = new RecordObject('ssd', (...read) => this.#read(...read));
  readonly #visited = new RecordObject('ssd', (...read) => this.#read(...read));

  constructor(options: SsdStoreOptions) {
    this.#environment = options.environment;
    this.#catalog = options.environment.catalog;
    this.#budget = options.budget;
    this.#inlineBytes = options.inlineBytes ?? inlineValueBytes;
    this.#catalog.reside('ssd', this);
    this.#budget.add(this.usage.usedBytes);
    this.#leftoversSwept = this.#environment.tables === undefined ? Promise.resolve() : this.#sweepLeftovers();
  }

  get usage(): StoreUsage {
    return this.#catalog.usage.ssd;
  }

  find(key: Key): StoredObject | undefined {
    const record = this.#catalog.find('ssd', key);
    return record && this.#found.point(record);
  }

  put(key: Key, value: Buffer, start: number, end: number, metadata: ObjectMetadata): boolean | Promise<boolean> {
    const length = end - start;
    const charge = objectCharge(key.length, length);
    if (this.#environment.refuses(key.length + recordHeaderBytes + Math.min(length, this.#inlineBytes))) return false;
    if (length >= asynchronousBytes && length > this.#inlineBytes) {
      return this.#budget.fits(charge) && this.#putLarge(key, value, start, end, metadata);
    }
    if (!this.#budget.fits(charge - this.#chargeOf(key))) return false;
    return this.#putSmall(key, value, start, end, metadata, charge);
  }

  move(
    key: Key,
    pieces: readonly Buffer[],
    valueLength: number,
    metadata: () => ObjectMetadata | undefined,
  ): boolean | Promise<boolean> {
    if (valueLength < asynchronousBytes || valueLength <= this.#inlineBytes) {
      const shown = metadata();
      const [only, ...more] = pieces;
      const value = only !== undefined && more.length === 0 ? only : Buffer.concat(pieces);
      return shown !== undefined && this.put(key, value, 0, valueLength, shown);
    }
    const charge = objectCharge(key.length, valueLength);
    const files = this.#budget.fits(charge) ? this.#filesFor(valueLength) : undefined;
    return files !== undefined && this.#writeLarge(files, key.copy(), pieces, valueLength, metadata);
  }

  updateMetadata(key: Key, changes: Partial<ObjectMetadata>): boolean {
    return this.#catalog.update('ssd', key, changes);
  }

  delete(key: Key): boolean {
    return this.#catalog.delete('ssd', key);
  }

  scan(position: number, count: number, visit: (key: Key, object: StoredObject) => void): number {
    return this.#catalog.scan('ssd', position, count, (key, record) => visit(key, this.#visited.point(record)));
  }

  clear(): void {
    this.#catalog.clear('ssd');
    if (this.#environment.tables !== undefined) this.#environment.discardFiles();
  }

  flush(): void {
    this.#environment.flush();
  }

  /** Takes the environment with it, and so the job's objects in the object tier. */
  destroy(): Promise<void> {
    return this.#environment.destroy();
  }

  /** Settles once files that a crash left without a record are gone. */
  leftoversSwept(): Promise<void> {
    return this.#leftoversSwept;
  }

  /** See {@link Resident}. */
  get storing(): boolean {
    return this.#filesUnderWay > 0;
  }

  /** See {@link Resident}. */
  released(record: Buffer, charge: number): void {
    this.#budget.release(charge);
    if (!isInFile(record)) return;
    this.#catalog.usage.ssd.heldBytes -= onDisk(valueLengthOf(record));
    const file = holderOf(record);
    const files = this.#environment.open();
    this.#environment.afterCommit(() => files.discard([file]));
  }

  /** See {@link Resident}. */
  cleared(usedBytes: number): void {
    this.#budget.release(usedBytes);
  }

  #chargeOf(key: Key): number {
    const record = this.#catalog.find('ssd', key);
    return record === undefined ? 0 : objectCharge(key.length, valueLengthOf(record));
  }

  #putSmall(key: Key, value: Buffer, start: number, end: number, metadata: ObjectMetadata, charge: number): boolean {
    const inline = end - start <= this.#inlineBytes;
    let number: number;
    try {
      const files = this.#environment.open();
      number = this.#environment.nextNumber();
      if (!inline) files.writeNow(number, value, start, end);
    } catch (error) {
      if (isDiskError(error)) return false;
      throw error;
    }
    if (inline) this.#publishInline(key, number, value, start, end, metadata, charge);
    else this.#publishFile(key, number, end - start, metadata, charge);
    return true;
  }

  #publishInline(
    key: Key,
    sequence: number,
    value: Buffer,
    start: number,
    end: number,
    metadata: ObjectMetadata,
    charge: number,
  ): void {
    const length = end - start;
    const record = this.#catalog.put(key, recordKinds.inline, length, length, sequence, metadata);
    value.copy(record, recordHeaderBytes, start, end);
    this.#budget.add(charge);
  }

  #publishFile(key: Key, file: number, length: number, metadata: ObjectMetadata, charge: number): void {
    writeHolder(this.#catalog.put(key, recordKinds.file, length, fileBodyBytes, file, metadata), file);
    this.#budget.add(charge);
    this.#catalog.usage.ssd.heldBytes += onDisk(length);
  }

  /** False at once if the disk is known to be too full, so that the caller can still use the value. */
  #putLarge(key: Key, value: Buffer, start: number, end: number, metadata: ObjectMetadata): false | Promise<boolean> {
    const files = this.#filesFor(end - start);
    if (files === undefined) return false;
    const bytes = Buffer.allocUnsafeSlow(end - start);
    value.copy(bytes, 0, start, end);
    const own = { ...metadata };
    return this.#writeLarge(files, key.copy(), [bytes], bytes.length, () => own);
  }

  /** Undefined if the disk has no room for a file of so many bytes. */
  #filesFor(bytes: number): ValueFiles | undefined {
    try {
      const files = this.#environment.open();
      const disk = statfsSync(this.#environment.dataFolder);
      return disk.bavail * disk.bsize < bytes + freeDiskBytes ? undefined : files;
    } catch (error) {
      if (isDiskError(error)) return undefined;
      throw error;
    }
  }

  async #writeLarge(
    files: ValueFiles,
    key: Key,
    pieces: readonly Buffer[],
    valueLength: number,
    metadata: () => ObjectMetadata | undefined,
  ): Promise<boolean> {
    const charge = objectCharge(key.length, valueLength);
    this.#budget.add(charge);
    const file = this.#environment.nextNumber();
    let failure: unknown;
    this.#filesUnderWay++;
    try {
      await files.write(file, pieces);
    } catch (error) {
      failure = error;
    }
    this.#filesUnderWay--;
    this.#budget.release(charge);
    if (this.#environment.destroyed) throw new SatchelError('no-job', 'the job ended while an object was written to it');
    if (this.#catalog.isCleared('ssd', file)) {
      files.discard([file]);
      return true;
    }
    if (failure !== undefined) {
      if (isDiskError(failure)) return false;
      throw failure;
    }
    const shown = metadata();
    if (shown === undefined) {
      files.discard([file]);
      return false;
    }
    this.#publishFile(key, file, valueLength, shown, charge);
    return true;
  }

  #read(record: Buffer, from: number, to: number, target: Buffer, targetStart: number): void | Promise<void> {
    if (!isInFile(record)) {
      record.copy(target, targetStart, recordHeaderBytes + from, recordHeaderBytes + to);
      return;
    }
    const files = this.#environment.open();
    if (to - from >= asynchronousBytes) {
      return files.read(holderOf(record), from, to, target, targetStart).catch((error: unknown) => {
        throw diskError('reading an object from ssd', error);
      });
    }
    try {
      files.readNow(holderOf(record), from, to, target, targetStart);
    } catch (error) {
      throw diskError('reading an object from ssd', error);
    }
  }

  /** Finds files without a record, a part of the catalog per turn, and removes them. Those of a failing disk are left to the next start. */
  async #sweepLeftovers(): Promise<void> {
    const files = this.#environment.open();
    const live = new Set<number>();
    try {
      for (let position = 0; position < scanEnd; ) {
        await new Promise((resolve) => setImmediate(resolve));
        if (this.#environment.destroyed) return;
        position = this.#catalog.scan('ssd', position, 1000, (_, record) => {
          if (isInFile(record)) live.add(holderOf(record));
        });
      }
      await files.sweep((file) => live.has(file));
    } catch (error) {
      if (!(error instanceof SatchelError)) throw error;
    }
  }
}

function onDisk(bytes: number): number {
  return Math.ceil(bytes / fileSystemBlockBytes) * fileSystemBlockBytes;
}
