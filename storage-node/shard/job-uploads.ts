import { SatchelError } from '@satchel/proto/core';
import type { Key } from '../store/key.js';
import { type ObjectMetadata, objectCharge, plainMetadata, type ValueWriter } from '../store/tier-store.js';
import type { JobSpace } from './job-space.js';
import type { JobStore } from './job-store.js';
import { accountOf, type ObjectAccounts } from './object-accounts.js';
import type { ObjectListener } from './object-listener.js';
import type { SealedPrefixes } from './sealed-prefixes.js';

/** What a job's uploads work on. */
export interface UploadParts {
  /** The store, opened if it was not; throws `no-job` after the end. */
  readonly store: () => JobStore;
  readonly space: JobSpace;
  readonly accounts: ObjectAccounts;
  readonly seals: SealedPrefixes;
  readonly listener: ObjectListener;
}

/** Values of a job that arrive piece by piece and are written to dram as they do. */
export class JobUploads {
  readonly #parts: UploadParts;

  constructor(parts: UploadParts) {
    this.#parts = parts;
  }

  /** Takes room and quota for an object; undefined if there is not enough of either at once, or no tier that could. Throws `no-job`. */
  begin(key: Key, valueLength: number, nowMs: number): ValueWriter | undefined {
    const { store, space } = this.#parts;
    const opened = store();
    const charge = objectCharge(key.length, valueLength);
    if (opened.begin === undefined || !space.takeNow(charge)) return undefined;
    const writer = opened.begin(key, valueLength, plainMetadata(nowMs));
    if (writer === undefined) space.release(charge);
    return writer;
  }

  /** Stores a value that is whole, as JobObjects.put does; `metadata` differs from a plain SET's at most in its times. */
  commit(key: Key, valueLength: number, writer: ValueWriter, metadata: ObjectMetadata, nowMs: number): void {
    const { space, accounts, listener } = this.#parts;
    const store = this.#openStore(key, valueLength, writer);
    this.#checkSeal(key, valueLength, writer);
    const charge = objectCharge(key.length, valueLength);
    const object = store.find(key);
    const before = object === undefined ? { ...nothing } : accountOf(key, object);
    if (!writer.commit()) {
      space.release(charge);
      throw new SatchelError('unavailable', 'the place that the value was written to is gone; repeat the command');
    }
    // All of the charge was taken, and is accounted for as if only what it exceeds the old one by had been.
    space.release(Math.min(before.charge, charge));
    if (metadata.expiresAtMs > 0) store.updateMetadata(key, { expiresAtMs: metadata.expiresAtMs });
    accounts.stored(key, before, 'dram', charge, metadata.expiresAtMs, nowMs);
    listener.stored(key);
    listener.changed();
    if (listener.isAwaited(key)) this.#deliver(store, key, metadata, nowMs);
  }

  /** Gives up a value under way. */
  abort(keyLength: number, valueLength: number, writer: ValueWriter): void {
    writer.abort();
    this.#parts.space.release(objectCharge(keyLength, valueLength));
  }

  /** Gives up a value for which it is too late. */
  #checkSeal(key: Key, valueLength: number, writer: ValueWriter): void {
    try {
      this.#parts.seals.check(key);
    } catch (error) {
      this.abort(key.length, valueLength, writer);
      throw error;
    }
  }

  #openStore(key: Key, valueLength: number, writer: ValueWriter): JobStore {
    try {
      return this.#parts.store();
    } catch (error) {
      this.abort(key.length, valueLength, writer);
      throw error;
    }
  }

  #deliver(store: JobStore, key: Key, metadata: ObjectMetadata, nowMs: number): void {
    const object = store.find(key);
    if (object === undefined) return;
    const value = Buffer.allocUnsafe(object.valueLength);
    // In dram a read is done when it returns.
    void object.read(0, value.length, value, 0);
    this.#parts.listener.deliver(key, value, metadata, nowMs);
  }
}

const nothing = { tier: undefined, charge: 0, expiresAtMs: 0, stripe: undefined } as const;
