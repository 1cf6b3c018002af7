import { limits } from '@satchel/proto/core';
import { Key } from '../key.js';
import { objectCharge, scanEnd } from '../tier-store.js';
import { diskError } from './disk-error.js';
import type { JobEnvironment, Participant, Tables } from './job-environment.js';
import { sequenceOf, tierOf, valueLengthOf } from './record.js';
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

interface Change {
  readonly key: Buffer;
  /** None: deleted. */
  readonly record: Buffer | undefined;
}

/** Changes beyond this are committed without waiting for `flush`. */
const pendingBytesLimit = 8 * 1024 * 1024;
const hashBytes = 4;
const stateKey = Buffer.from('catalog');

/**
 * The records of all objects of a job that are not in dram: one per key, whichever tier holds it. A record of one tier replaces that
 * of another atomically. Kept in LMDB in order of key hash, with the changes since the last commit in memory before it.
 */
export class Catalog implements Participant {
  readonly usage: Readonly<Record<CatalogTier, TierUsage>>;
  readonly #environment: JobEnvironment;
  readonly #residents: Partial<Record<CatalogTier, Resident>> = {};
  readonly #changes = new Map<string, Change>();
  #pendingBytes = 0;
  /** Records of a tier up to this sequence were cleared. */
  readonly #clearedUpTo: Record<CatalogTier, number> = { ssd: 0, object: 0 };
  readonly #keyBytes = Buffer.alloc(hashBytes + limits.keyBytes);
  /** What the key in `#keyBytes` was last found to have, since a put or a search of several tiers asks twice. */
  #lastLookup: { readonly keyLength: number; readonly record: Buffer | undefined } | undefined;
  #recordBytes = Buffer.alloc(0);

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
    if (this.usage[tier].objects === 0) return undefined;
    const record = this.#lookup(key);
    return record !== undefined && tierOf(record) === tier ? record : undefined;
  }

  /** Sets the record of a key, of which it becomes the owner, in place of the one there was, of whichever tier. The environment is open. */
  put(key: Key, record: Buffer): void {
    this.#release(key);
    const usage = this.usage[tierOf(record)];
    usage.objects++;
    usage.usedBytes += objectCharge(key.length, valueLengthOf(record));
    this.#change(key, record);
  }

  /** Sets the record of a key whose value stays where it is. */
  update(key: Key, record: Buffer): void {
    this.#change(key, record);
  }

  /** Deletes the record of a key if `tier` holds it; false if not. */
  delete(tier: CatalogTier, key: Key): boolean {
    if (this.find(tier, key) === undefined) return false;
    this.#release(key);
    this.#change(key, undefined);
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
    for (const entry of tables.records.range(start)) {
      const hash = entry.key.readUInt32BE(0);
      if (seen >= count && hash !== lastHash) return hash;
      lastHash = hash;
      seen++;
      if (tierOf(entry.value) !== tier || this.isCleared(tier, sequenceOf(entry.value))) continue;
      visit(key.set(entry.key, hashBytes, entry.key.length), entry.value);
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
    for (const { key, record } of this.#changes.values()) {
      if (record === undefined) tables.records.remove(key);
      else tables.records.put(key, record);
    }
    const { ssd, object } = this.usage;
    const state = Float64Array.of(
      ...[ssd.objects, ssd.usedBytes, ssd.heldBytes, this.#clearedUpTo.ssd],
      ...[object.objects, object.usedBytes, object.heldBytes, this.#clearedUpTo.object],
    );
    tables.state.put(stateKey, Buffer.from(state.buffer));
  }

  committed(): void {
    this.#changes.clear();
    this.#pendingBytes = 0;
  }

  reset(): void {
    this.#changes.clear();
    this.#pendingBytes = 0;
    for (const tier of ['ssd', 'object'] as const) this.#forget(tier, this.#environment.lastNumber);
  }

  #forget(tier: CatalogTier, upTo: number): void {
    const { usedBytes } = this.usage[tier];
    this.#lastLookup = undefined;
    this.#clearedUpTo[tier] = upTo;
    this.usage[tier].set(0, 0, 0);
    this.#residents[tier]?.cleared(usedBytes);
  }

  #lookup(key: Key): Buffer | undefined {
    const last = this.#lastLookup;
    if (last !== undefined && last.keyLength === key.length && this.#isLastKey(key)) return last.record;
    this.#lastLookup = undefined;
    const record = this.#search(key);
    this.#writeKey(key);
    this.#lastLookup = { keyLength: key.length, record };
    return record;
  }

  #isLastKey(key: Key): boolean {
    const end = hashBytes + key.length;
    return (
      this.#keyBytes.readUInt32BE(0) === key.hash && key.buffer.compare(this.#keyBytes, hashBytes, end, key.start, key.end) === 0
    );
  }

  #search(key: Key): Buffer | undefined {
    if (this.#changes.size > 0) {
      const change = this.#changes.get(key.toString());
      if (change !== undefined) return change.record && this.#unlessCleared(change.record);
    }
    const found = this.#read(key);
    return found && this.#unlessCleared(found);
  }

  #read(key: Key): Buffer | undefined {
    const tables = this.#environment.tables;
    if (tables === undefined) return undefined;
    let stored: Buffer | undefined;
    try {
      stored = tables.records.get(this.#writeKey(key));
    } catch (error) {
      throw diskError('reading the catalog of a job', error);
    }
    if (stored === undefined) return undefined;
    // The bytes lmdb returned are overwritten by the next get of any job.
    if (this.#recordBytes.length < stored.length) this.#recordBytes = Buffer.allocUnsafeSlow(2 * stored.length);
    stored.copy(this.#recordBytes, 0, 0, stored.length);
    return this.#recordBytes.subarray(0, stored.length);
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

  #change(key: Key, record: Buffer | undefined): void {
    this.#lastLookup = undefined;
    const id = key.toString();
    this.#pendingBytes += (record?.length ?? 0) - (this.#changes.get(id)?.record?.length ?? 0);
    this.#changes.set(id, { key: Buffer.from(this.#writeKey(key)), record });
    this.#environment.change();
    if (this.#pendingBytes > pendingBytesLimit && !this.#environment.failing) this.#environment.flushIfPossible();
  }

  /** The key as LMDB orders it: hash, big endian, then the key's bytes. Valid until the next call. */
  #writeKey(key: Key): Buffer {
    this.#keyBytes.writeUInt32BE(key.hash);
    key.buffer.copy(this.#keyBytes, hashBytes, key.start, key.end);
    return this.#keyBytes.subarray(0, hashBytes + key.length);
  }
}
