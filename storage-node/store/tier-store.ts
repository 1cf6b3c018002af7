import type { Tier } from '@satchel/proto/core';
import type { Published } from './arena/segment-source.js';
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
  /** Whether `read` is done when it returns, whatever is read. Not given: in dram. */
  readonly atHand?: boolean;
  /**
   * Bytes [from, to) of the value where they lie, without a copy; undefined if there is nothing to gain over `read` (a short value, another
   * tier). They stay as they are until `unpin`, whatever becomes of the object.
   */
  pin?(from: number, to: number): PinnedValue | undefined;
}

/** Bytes of a value that stay where they are until `unpin`, which is called exactly once; then `pieces` must not be touched any more. */
export interface PinnedValue {
  /** In order; together they are what was asked for. Read only. */
  readonly pieces: readonly Buffer[];
  unpin(): void;
}

/** A value that is being written piece by piece. Nobody sees it before `commit`; until then it takes room. Ends with one `commit` or `abort`. */
export interface ValueWriter {
  /** Bytes written so far. */
  readonly written: number;
  /** Appends `source[start, end)`, which is copied; not more in all than the length that was announced. */
  write(source: Buffer, start: number, end: number): void;
  /** Copies what was written to the beginning of `target`. */
  read(target: Buffer): void;
  /** Shows the object, whose every byte was written, replacing what is there under its key by now. False: there is no room for it in the index. */
  commit(): boolean;
  abort(): void;
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
  /**
   * Begins to store a value of that length that comes piece by piece; room for all of it is taken at once. Other calls, for the same key too, may
   * come between. Undefined: the tier has no room. A tier without this method takes whole values only. A writer that is open when
   * its store is cleared or destroyed goes on without effect, and its `commit` answers false.
   */
  begin?(key: Key, valueLength: number, metadata: ObjectMetadata): ValueWriter | undefined;
  /**
   * As `put`, of an object that is in another tier of the job. Nothing long is copied at once: `pieces`, together the value, stay as they are until the
   * promise settles. `metadata` is asked when the object is shown; undefined: it is not wanted any more, is not shown, and the answer is false.
   * Absent: nothing is moved here.
   */
  move?(
    key: Key,
    pieces: readonly Buffer[],
    valueLength: number,
    metadata: () => ObjectMetadata | undefined,
  ): boolean | Promise<boolean>;
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
  /** Where other processes of the host find the objects. */
  share?(): Published;
  /** Frees everything, the object store's copies included. The store is not used afterwards. Idempotent. */
  destroy(): Promise<void>;
}

/** Returned by `scan` when there is no more. */
export const scanEnd = 2 ** 32;
