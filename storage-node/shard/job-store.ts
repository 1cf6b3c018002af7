import type { Tier } from '@satchel/proto/core';
import type { Published } from '../store/arena/segment-source.js';
import type { Key } from '../store/key.js';
import type { ObjectMetadata, StoredObject, StoreUsage, TierStore, ValueWriter } from '../store/tier-store.js';
import type { Demotions } from '../store/tiered/demotions.js';

/** All tiers of one job on one shard, as the job sees them. Keys and values passed in are only borrowed for the call. */
export interface JobStore {
  /** Looks a key up in every tier; expired objects are found too. Valid until the next call on the store. */
  find(key: Key): StoredObject | undefined;
  /**
   * Stores an object, replacing it wherever it was, in the first tier with room, from `tier` on if one is named. Returns the
   * tier that took it, undefined when all are full (and what was there is unchanged), or a promise of either.
   */
  put(
    key: Key,
    value: Buffer,
    start: number,
    end: number,
    metadata: ObjectMetadata,
    tier?: Tier,
  ): Tier | undefined | Promise<Tier | undefined>;
  /** As {@link TierStore.begin}, in dram if that is the job's first tier. */
  begin?(key: Key, valueLength: number, metadata: ObjectMetadata): ValueWriter | undefined;
  /** Changes metadata of an object; false if there is none. */
  updateMetadata(key: Key, changes: Partial<ObjectMetadata>): boolean;
  /** Removes an object; false if there is none. */
  delete(key: Key): boolean;
  /** As {@link TierStore.scan}, over all tiers in one order of key hash. */
  scan(position: number, count: number, visit: (key: Key, object: StoredObject) => void): number;
  /** Removes every object. */
  clear(): void;
  flush(): void;
  /** Frees everything in every tier. Idempotent. */
  destroy(): Promise<void>;
  usageOf(tier: Tier): StoreUsage;
  /** Where other processes of the host find the objects that are in dram, or why they cannot; undefined: there is no dram. */
  share?(): Published | undefined;
  /** Makes another store part of this one: its objects are found, counted and removed as all others, but a put never goes there. */
  attach(store: TierStore): void;
  /** Of a cache: drops an object that was not used for long; false if there is none to drop. */
  evictColdest?(): boolean;
  /** What takes objects out of a tier; undefined or absent: nothing could without losing them. */
  demotionsFrom?(tier: Tier): Demotions | undefined;
}

/** An object of the namespace that outlives jobs, as `@persist/KEY` shows it. Owns its bytes. */
export interface PersistedObject {
  readonly valueLength: number;
  /** Milliseconds since the Unix epoch. */
  readonly createdMs: number;
  /** Milliseconds since the Unix epoch; 0: never. */
  readonly expiresAtMs: number;
  /** Bytes [from, to) of the value. */
  read(from: number, to: number): Promise<Buffer>;
}

/** The persisted objects of one namespace, in the object tier, shared by every shard. Keys are without `@persist/`. */
export interface PersistedObjects {
  /** Settles once the object is in the object tier; replaces one of the same key. The value is copied or sent before. */
  put(key: Key, value: Buffer, start: number, end: number, metadata: ObjectMetadata): Promise<void>;
  find(key: Key): Promise<PersistedObject | undefined>;
  /** False if there was none. */
  delete(key: Key): Promise<boolean>;
  /** Deletes an object that has expired by then; false if there is none. One that replaced it meanwhile stays. */
  deleteExpired(key: Key, nowMs: number): Promise<boolean>;
  /** Deletes objects that have expired by then, some thousand at most; settles with their number. */
  sweep(nowMs: number): Promise<number>;
  /** Every key that begins with `prefix`, in any order, fetched page by page. */
  list(prefix: Buffer): AsyncIterable<Buffer>;
}
