import type { Tier } from '@satchel/proto/core';
import type { Key } from './key.js';

/** What is known of an object besides its bytes. */
export interface ObjectMetadata {
  /** Milliseconds since the Unix epoch. */
  createdMs: number;
  /** Milliseconds since the Unix epoch at which the object is gone; 0: never. */
  expiresAtMs: number;
  /** Whole reads after which the object is gone; 0: any number. */
  readsLeft: number;
  /** Number of the attempt that wrote it, for SATCHEL.PUT ATTEMPT; -1: none. */
  attempt: number;
  /** Whether a copy is kept under the namespace. */
  persist: boolean;
  /** Whether the value is the manifest of a striped object; see shard/striping. */
  manifest: boolean;
}

/** Metadata of a plain SET. */
export function plainMetadata(nowMs: number): ObjectMetadata {
  return { createdMs: nowMs, expiresAtMs: 0, readsLeft: 0, attempt: -1, persist: false, manifest: false };
}

/** An object that was found. Valid until the next call on its store, except while a promise of `read` is pending. */
export interface StoredObject extends Readonly<ObjectMetadata> {
  readonly tier: Tier;
  readonly valueLength: number;
  /**
   * Copies bytes [from, to) of the value to `target` at `targetStart`. Returns nothing when done at once (always so
   * in dram), else a promise; the caller lets nobody change the object until it settles.
   */
  read(from: number, to: number, target: Buffer, targetStart: number): void | Promise<void>;
}

export interface StoreUsage {
  readonly objects: number;
  /** Sum of {@link objectCharge} of the live objects. */
  readonly usedBytes: number;
  /** Memory or disk actually held for them, slack included. */
  readonly reservedBytes: number;
}

/** Bytes an object is charged beyond its key and value, in every tier: about what index, header and slack cost in dram. */
export const objectOverheadBytes = 64;

/** What an object counts against budgets and quotas. */
export function objectCharge(keyLength: number, valueLength: number): number {
  return keyLength + valueLength + objectOverheadBytes;
}

/** One tier's part of one job on one shard. Keys and values passed in are only borrowed for the call. */
export interface TierStore {
  readonly tier: Tier;
  readonly usage: StoreUsage;
  /** Looks a key up; expired objects are found too, the caller judges time. */
  find(key: Key): StoredObject | undefined;
  /**
   * Stores `value[start, end)` under the key, replacing value and metadata. False: the tier has no room, and what
   * was there before is unchanged. A tier that has to wait for a device returns a promise, having copied what it needs,
   * and shows the object only once it is whole; the caller sends no other call for that key until the promise settles.
   */
  put(key: Key, value: Buffer, start: number, end: number, metadata: ObjectMetadata): boolean | Promise<boolean>;
  /** Changes metadata of an object; false if there is none. */
  updateMetadata(key: Key, changes: Partial<ObjectMetadata>): boolean;
  /** Removes an object at once; its space follows. False if there is none. */
  delete(key: Key): boolean;
  /**
   * Visits objects in ascending order of key hash, from `position` (a hash, 0 to begin), at least all those of one hash and
   * about `count`. Returns the position to go on from, or {@link scanEnd}. Objects there from begin to end are visited
   * exactly once per pass; the visitor changes nothing.
   */
  scan(position: number, count: number, visit: (key: Key, object: StoredObject) => void): number;
  /** Removes every object. Costs time by segments or files' folders, not by objects. */
  clear(): void;
  /** Makes what was put and deleted survive a crash of the process; a no-op where that is so already, or never. */
  flush(): void;
  /** Frees everything, the object store's copies included. The store is not used afterwards. Idempotent. */
  destroy(): Promise<void>;
}

/** Returned by `scan` when there is no more. */
export const scanEnd = 2 ** 32;
