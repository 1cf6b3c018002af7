import { limits } from '@satchel/proto/core';
import { Key } from '../key.js';
import { type ObjectMetadata, objectCharge, scanEnd } from '../tier-store.js';
import { diskError } from './disk-error.js';
import type { JobEnvironment, Participant, Tables } from './job-environment.js';
import { LmdbKey, LmdbTable } from './lmdb-environment.js';
import { PendingRecords } from './pending-records.js';
import {
  changeMetadata,
  type RecordKind,
  recordBytesOf,
  recordHeaderBytes,
  recordKinds,
  sequenceOf,
  tierOf,
  valueLengthOf,
  writeHeader,
} from './record.js';
import { TierUsage } from './tier-usage.js';

/** Tiers whose objects have a record here. */
export type CatalogTier = 'ssd' | 'object';

/** A tier that learns when one of its records was replaced or deleted and what it held can go. */
export interface Resident {
  /** Whether values are on their way that will have a record. */
  readonly storing: boolean;
  /** `record` is valid for the call. What survives a crash goes only once the change is committed; see JobEnvironment.afterCommit. */
  released(record: Buffer, charge: number): void;
  /** Called when all records of the tier go at once, which were charged `usedBytes`. */
  cleared(usedBytes: number): void;
}

/** Changes beyond this are committed without waiting for `flush`, so that no commit takes long. */
const pendingBytesLimit = 512 * 1024;
const pendingLimit = 256;
const hashBytes = 4;
const stateKey = new LmdbKey().set(Buffer.from('catalog'));

/**
 * The records of all objects of a job that are not in dram: one per key, whichever tier holds it. A record of one tier replaces that
 * of another atomically. Kept in LMDB in order of key hash, with the changes since the last commit in memory before it.
 */
export class Catalog implements Participant {
  readonly usage: Readonly<Record<CatalogTier, TierUsage>>;
  readonly #environment: JobEnvironment;
  readonly #residents: Partial<Record<CatalogTier, Resident>> = {};
  readonly #pending = new PendingRecords();
  /** Records of a tier up to this sequence were cleared. */
  readonly #clearedUpTo: Record<CatalogTier, number> = { ssd: 0, object: 0 };
  readonly #key = new LmdbKey();
  readonly #keyBytes = Buffer.alloc(hashBytes + limits.keyBytes);
  /** What the key in `#keyBytes` was last found to have, since a put or a search of several tiers asks twice. */
  #lastRecord: Buffer | undefined;
  /** -1: nothing, or no longer true. */
  #lastKeyLength = -1;
  #lastReads = 0;

  constructor(environment: JobEnvironment) {
    this.#environment = environment;
    this.usage = { ssd: new TierUsage(() => environment.databaseBytes), object: new TierUsage() };
  }

  get isEmpty(): boolean {
    return this.usage.ssd.objects + this.usage.object.objects === 0;
  }

  /** Whether nothing is here, nor on its way here. */
  get isIdle(): boolean {
    return this.isEmpty && !this.#residents.ssd?.storing && !this.#residents.object?.storing;
  }

  /** Names the store that keeps the values of a tier. */
  reside(tier: CatalogTier, resident: Resident): void {
    this.#residents[tier] = resident;
  }

  /** The record of a key if `tier` holds it; valid until the next call on the catalog. Throws `unavailable` if the disk fails. */
  find(tier: CatalogTier, key: Key): Buffer | undefined {
    // Asked on every put of a job in dram; a lookup by name is slow with more than one name.
    const { objects } = tier === 'ssd' ? this.usage.ssd : this.usage.object;
    if (objects === 0) return undefined;
    const record = this.#lookup(key);
    return record !== undefined && tierOf(record) === tier ? record : undefined;
  }

  /**
   * Gives a key a record, with its header, in place of the one there was, of whichever tier. The caller fills in what comes after the header, of
   * `bodyBytes`, at once. The environment is open.
   */
  put(key: Key, kind: RecordKind, valueLength: number, bodyBytes: number, sequence: number, metadata: ObjectMetadata): Buffer {
    this.#makeRoom(recordHeaderBytes + bodyBytes);
    this.#release(key);
    const usage = this.usage[kind === recordKinds.packed ? 'object' : 'ssd'];
    usage.objects++;
    usage.usedBytes += objectCharge(key.length, valueLength);
    const record = this.#pending.set(key, recordHeaderBytes + bodyBytes);
    writeHeader(record, kind, valueLength, sequence, metadata);
    this.#changed();
    return record;
  }

  /** Changes metadata of a key whose value stays where it is; false if `tier` does not hold it. */
  update(tier: CatalogTier, key: Key, changes: Partial<ObjectMetadata>): boolean {
    this.#makeRoom(0);
    const record = this.find(tier, key);
    if (record === undefined) return false;
    const bytes = recordBytesOf(record);
    const changed = this.#pending.set(key, bytes);
    record.copy(changed, 0, 0, bytes);
    changeMetadata(changed, changes);
    this.#changed();
    return true;
  }

  /** Deletes the record of a key if `tier` holds it; false if not. */
  delete(tier: CatalogTier, key: Key): boolean {
    if (this.find(tier, key) === undefined) return false;
    this.#makeRoom(0);
    this.#release(key);
    this.#pending.remove(key);
    this.#changed();
    return true;
  }

  /** See TierStore.scan. Commits first. Each record is valid for its visit. */
  scan(tier: CatalogTier, position: number, count: number, visit: (key: Key, record: Buffer) => void): number {
    const tables = this.#environment.tables;
    if (tables === undefined || this.usage[tier].objects === 0 || position >= scanEnd) return scanEnd;
    this.#environment.commit();
    const start = Buffer.alloc(hashBytes);
    start.writeUInt32BE(position);
    const key = new Key();
    let seen = 0;
    let lastHash = -1;
    for (const entry of tables.records.range(new LmdbKey().set(start))) {
      const hash = entry.key.buffer.readUInt32BE(0);
      if (seen >= count && hash !== lastHash) return hash;
      lastHash = hash;
      seen++;
      if (tierOf(entry.value) !== tier || this.isCleared(tier, sequenceOf(entry.value))) continue;
      visit(key.set(entry.key.buffer, hashBytes, entry.key.end), entry.value);
    }
    return scanEnd;
  }

  /** Removes all records of a tier, in time independent of their number. The resident is told. */
  clear(tier: CatalogTier): void {
    if (this.#environment.tables === undefined) return;
    const other: CatalogTier = tier === 'ssd' ? 'object' : 'ssd';
    if (this.usage[other].objects === 0) {
      this.#environment.discardData();
      return;
    }
    this.#forget(tier, this.#environment.nextNumber());
    this.#environment.change();
    this.#environment.commit();
  }

  /** Whether what was begun with that sequence was overtaken by `clear`. */
  isCleared(tier: CatalogTier, sequence: number): boolean {
    return sequence <= this.#clearedUpTo[tier];
  }

  load(tables: Tables): void {
    const state = tables.state.get(stateKey);
    if (state === undefined) return;
    for (const [index, tier] of (['ssd', 'object'] as const).entries()) {
      const [objects, usedBytes, heldBytes, clearedUpTo] = [0, 1, 2, 3].map((field) =>
        state.readDoubleLE((index * 4 + field) * 8),
      );
      this.usage[tier].set(objects ?? 0, usedBytes ?? 0, heldBytes ?? 0);
      this.#clearedUpTo[tier] = clearedUpTo ?? 0;
    }
  }

  write(tables: Tables): void {
    this.#pending.each((key, record) => {
      if (record === undefined) tables.records.remove(key);
      else tables.records.put(key, record);
    });
    const { ssd, object } = this.usage;
    const state = Float64Array.of(
      ...[ssd.objects, ssd.usedBytes, ssd.heldBytes, this.#clearedUpTo.ssd],
      ...[object.objects, object.usedBytes, object.heldBytes, this.#clearedUpTo.object],
    );
    tables.state.put(stateKey, Buffer.from(state.buffer));
  }

  get pendingEntries(): number {
    return this.#pending.size + 1;
  }

  get pendingBytes(): number {
    return this.#pending.byteLength;
  }

  committed(): void {
    this.#pending.clear();
    this.#lastKeyLength = -1;
  }

  reset(): void {
    this.#pending.clear();
    this.#lastKeyLength = -1;
    for (const tier of ['ssd', 'object'] as const) this.#forget(tier, this.#environment.lastNumber);
  }

  #forget(tier: CatalogTier, upTo: number): void {
    const { usedBytes } = this.usage[tier];
    this.#lastKeyLength = -1;
    this.#clearedUpTo[tier] = upTo;
    this.usage[tier].set(0, 0, 0);
    this.#residents[tier]?.cleared(usedBytes);
  }

  #lookup(key: Key): Buffer | undefined {
    if (this.#lastKeyLength === key.length && this.#lastReads === LmdbTable.reads && this.#isLastKey(key))
      return this.#lastRecord;
    this.#lastKeyLength = -1;
    const record = this.#search(key);
    this.#lastRecord = record;
    this.#lastReads = LmdbTable.reads;
    this.#lastKeyLength = key.length;
    return record;
  }

  #isLastKey(key: Key): boolean {
    const end = hashBytes + key.length;
    return (
      this.#keyBytes.readUInt32BE(0) === key.hash && key.buffer.compare(this.#keyBytes, hashBytes, end, key.start, key.end) === 0
    );
  }

  #search(key: Key): Buffer | undefined {
    const lmdbKey = this.#writeKey(key);
    const pending = this.#pending.find(key);
    const found = pending >= 0 ? this.#pending.recordOf(pending) : this.#read(lmdbKey);
    return found && this.#unlessCleared(found);
  }

  #read(key: LmdbKey): Buffer | undefined {
    try {
      return this.#environment.tables?.records.get(key);
    } catch (error) {
      throw diskError('reading the catalog of a job', error);
    }
  }

  #unlessCleared(record: Buffer): Buffer | undefined {
    return this.isCleared(tierOf(record), sequenceOf(record)) ? undefined : record;
  }

  #release(key: Key): void {
    if (this.isEmpty) return;
    const record = this.#lookup(key);
    if (record === undefined) return;
    const tier = tierOf(record);
    const charge = objectCharge(key.length, valueLengthOf(record));
    this.usage[tier].objects--;
    this.usage[tier].usedBytes -= charge;
    this.#residents[tier]?.released(record, charge);
  }

  /** Commits before the next change if there are many. */
  #makeRoom(bytes: number): void {
    const many = this.#pending.size >= pendingLimit || this.#pending.byteLength + bytes > pendingBytesLimit;
    if (many && this.#pending.size > 0 && !this.#environment.failing) this.#environment.flushIfPossible();
  }

  #changed(): void {
    this.#lastKeyLength = -1;
    this.#environment.change();
  }

  /** The key as LMDB orders it: hash, big endian, then the key's bytes. Valid until the next call. */
  #writeKey(key: Key): LmdbKey {
    this.#keyBytes.writeUInt32BE(key.hash);
    key.buffer.copy(this.#keyBytes, hashBytes, key.start, key.end);
    return this.#key.set(this.#keyBytes, 0, hashBytes + key.length);
  }
}
