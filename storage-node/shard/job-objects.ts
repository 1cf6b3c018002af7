import { type Clock, SatchelError, type Tier, tiers } from '@satchel/proto/core';
import type { Key } from '../store/key.js';
import { type ObjectMetadata, objectCharge, type StoredObject, scanEnd } from '../store/tier-store.js';
import { JobDemotions } from './demotion/job-demotions.js';
import { ExpiryWheel } from './expiry-wheel.js';
import type { Before, JobObjectsParts, OpenStore } from './job-objects-parts.js';
import { fullError, type JobSpace } from './job-space.js';
import type { JobStore } from './job-store.js';
import { JobUploads } from './job-uploads.js';
import type { JobUsage } from './job-usage.js';
import type { KeyGate } from './key-gate.js';
import { type Account, accountOf, measure, ObjectAccounts } from './object-accounts.js';
import type { ObjectListener } from './object-listener.js';
import { PrefixCounters } from './prefix-counters.js';
import { SealedPrefixes } from './sealed-prefixes.js';
import { inSlices } from './slices.js';
import { isChunk } from './striping/job-striping.js';

/** Objects looked at between two looks at the clock. */
const objectsPerStep = 32;

/**
 * The objects of a job on a shard with their accounts: quota, usage, expiry and counts by prefix change together with them, on
 * every path. The store is opened by the first put.
 */
export class JobObjects {
  /** Counts by prefix that somebody watches. */
  readonly counters = new PrefixCounters(
    (position, visit) => this.scan(position, objectsPerStep, visit, visit),
    (key) => this.#listener.hides(key),
  );
  readonly #openStore: OpenStore;
  readonly #space: JobSpace;
  readonly #usage: JobUsage;
  readonly #gate: KeyGate;
  readonly #clock: Clock;
  readonly #listener: ObjectListener;
  readonly #evicts: boolean;
  readonly #expiries: ExpiryWheel;
  #store: JobStore | undefined;
  #ended = false;
  readonly accounts: ObjectAccounts;
  /** Prefixes under which nothing is stored any more. */
  readonly seals = new SealedPrefixes();
  /** Values that arrive piece by piece. */
  readonly uploads: JobUploads;
  /** What yields dram to others. */
  readonly demotions: JobDemotions;
  readonly #before: Before = { tier: undefined, charge: 0, expiresAtMs: 0, stripe: undefined, evicted: false };
  /** The put that the store is carrying out in this very call. */
  #placing: { readonly key: Key; readonly before: Before } | undefined;
  /** Of a cache: what the puts under way replace, by key. */
  readonly #replacing = new Map<string, Before>();

  constructor(parts: JobObjectsParts) {
    this.#openStore = parts.openStore;
    this.#space = parts.space;
    this.#usage = parts.usage;
    this.#gate = parts.gate;
    this.#clock = parts.clock;
    this.#listener = parts.listener;
    this.#evicts = parts.evicts;
    this.#expiries = new ExpiryWheel(parts.clock, (hash) => this.#expireHash(hash));
    this.accounts = new ObjectAccounts(parts.space, parts.usage, this.#expiries, this.counters, parts.stripes);
    const own = { ...parts, store: () => this.opened(), accounts: this.accounts, seals: this.seals };
    this.uploads = new JobUploads(own);
    this.demotions = new JobDemotions(own, this);
  }

  get count(): number {
    return tiers.reduce((sum, tier) => sum + (this.#store?.usageOf(tier).objects ?? 0), 0);
  }

  /** Opens the store and takes over what it holds already. */
  recover(): void {
    const store = this.opened();
    const nowMs = this.#clock.now();
    for (const tier of tiers) this.#usage.found(tier, store.usageOf(tier).usedBytes, nowMs);
    this.#space.adopt(this.#usage.heldBytes);
    let position = 0;
    const scanned = inSlices(() => {
      if (this.#ended) return true;
      position = store.scan(position, objectsPerStep, (key, object) => this.accounts.found(key, object));
      return position >= scanEnd;
    });
    // A disk that cannot be read now fails the commands that need it; expiry then waits for a reader of the key.
    void scanned?.catch(() => {});
  }

  /** The store, opened if it was not; throws `no-job` after the end. */
  opened(): JobStore {
    this.#assertGoesOn();
    this.#store ??= this.#openStore((key, object) => this.#evicted(key, object));
    return this.#store;
  }

  /** See {@link JobStore.share}; undefined also while there is no store. */
  share(): ReturnType<NonNullable<JobStore['share']>> {
    return this.#store?.share?.();
  }

  /** The live object of a key; an expired one is removed. Valid until the next call. */
  find(key: Key, nowMs: number): StoredObject | undefined {
    if (this.#store === undefined) {
      this.#assertGoesOn();
      return undefined;
    }
    const object = this.#store.find(key);
    if (object === undefined || object.expiresAtMs === 0 || object.expiresAtMs > nowMs) return object;
    this.drop(key, object, nowMs);
    return undefined;
  }

  /**
   * Stores an object in place of what was there. The value is borrowed until the call returns, also if it returns a promise;
   * metadata passes to the store. Throws or rejects with `quota-exceeded` or `out-of-memory`; then nothing has changed.
   */
  put(
    key: Key,
    value: Buffer,
    start: number,
    end: number,
    metadata: ObjectMetadata,
    nowMs: number,
    tier?: Tier,
  ): void | Promise<void> {
    if (this.seals.any) this.seals.check(key);
    const before = this.#measure(key);
    const growth = objectCharge(key.length, end - start) - before.charge;
    const taking = growth > 0 ? this.#space.take(growth) : undefined;
    if (taking === undefined) return this.#place(key, value, start, end, metadata, nowMs, tier, before);
    const [ownKey, ownValue, ownBefore] = [key.copy(), Buffer.from(value.subarray(start, end)), { ...before }];
    const placed = taking.then(
      () => this.#place(ownKey, ownValue, 0, ownValue.length, metadata, this.#clock.now(), tier, ownBefore),
      (error: unknown) => {
        this.#assertGoesOn();
        if (ownBefore.evicted) this.#gone(ownKey, ownBefore);
        throw error;
      },
    );
    return this.#whileReplacing(ownKey, ownBefore, placed);
  }

  /** Makes room in the quota by dropping the object used least recently, if the store can tell; false if it cannot. */
  evict(): boolean {
    return this.#store?.evictColdest?.() ?? false;
  }

  /**
   * Stores an object that another shard hands over: as `put`, but what it takes of the quota is there already, and is reserved by
   * `space.cover` once the other shard has let go of it.
   */
  adopt(key: Key, value: Buffer, metadata: ObjectMetadata, nowMs: number, tier: Tier): void | Promise<void> {
    if (this.seals.any) this.seals.check(key);
    const before = this.#measure(key);
    this.#space.carry(objectCharge(key.length, value.length) - before.charge);
    return this.#place(key, value, 0, value.length, metadata, nowMs, tier, before);
  }

  /** Removes an object that was found, with its accounts. `keepsChunks`: those of a striped object stay. */
  drop(key: Key, object: StoredObject, nowMs: number, keepsChunks = false): void {
    const before = accountOf(key, object);
    if (keepsChunks) before.stripe = undefined;
    this.opened().delete(key);
    this.accounts.removed(key, before, nowMs);
    this.#listener.removed(key);
    this.#listener.changed();
  }

  /** Changes when an object that was found expires (0: never); a time that is past removes it. */
  expire(key: Key, object: StoredObject, expiresAtMs: number, nowMs: number): void {
    if (expiresAtMs !== 0 && expiresAtMs <= nowMs) {
      this.drop(key, object, nowMs);
      return;
    }
    const beforeMs = object.expiresAtMs;
    this.opened().updateMetadata(key, { expiresAtMs });
    this.accounts.moved(key, beforeMs, expiresAtMs);
    this.#listener.changed();
  }

  /** Notes that `reads` whole values of an object with `readsLeft` reads left (0: any number) were given out. */
  countReads(key: Key, readsLeft: number, reads: number, nowMs: number): void {
    if (readsLeft === 0 || reads === 0) return;
    if (readsLeft > reads) {
      this.opened().updateMetadata(key, { readsLeft: readsLeft - reads });
      this.#listener.changed();
      return;
    }
    const object = this.find(key, nowMs);
    if (object !== undefined) this.drop(key, object, nowMs);
  }

  /**
   * Visits live objects, chunks aside, as {@link JobStore.scan}; those that expired are removed on the way, or, if a command is under way on them, left
   * to `visitBusy`. The visitors change nothing.
   */
  scan(position: number, count: number, visit: (key: Key, object: StoredObject) => void, visitBusy?: (key: Key) => void): number {
    if (this.#store === undefined) return scanEnd;
    const nowMs = this.#clock.now();
    const expired: Key[] = [];
    const next = this.#store.scan(position, count, (key, object) => {
      if (object.expiresAtMs !== 0 && object.expiresAtMs <= nowMs) expired.push(key.copy());
      else if (!isChunk(key) && !this.#listener.hides(key)) visit(key, object);
    });
    for (const key of expired) if (!this.#dropIfFree(key, nowMs)) visitBusy?.(key);
    return next;
  }

  /** As `scan`, of everything that is stored, chunks included. */
  scanAll(position: number, count: number, visit: (key: Key, object: StoredObject) => void): number {
    return this.#store?.scan(position, count, visit) ?? scanEnd;
  }

  /** Removes every object; no command is under way on any key. */
  clear(): void {
    this.#store?.clear();
    this.#space.release(this.#usage.heldBytes);
    this.#forgetUsage();
    this.#expiries.clear();
    this.counters.cleared();
    this.#listener.changed();
  }

  flush(): void {
    this.#store?.flush();
  }

  /** Frees everything; later calls throw `no-job`. */
  async end(): Promise<void> {
    this.#ended = true;
    this.#expiries.stop();
    this.#forgetUsage();
    const store = this.#store;
    this.#store = undefined;
    await store?.destroy();
  }

  #assertGoesOn(): void {
    if (this.#ended) throw new SatchelError('no-job', 'the job has ended');
  }

  #place(
    key: Key,
    value: Buffer,
    start: number,
    end: number,
    metadata: ObjectMetadata,
    nowMs: number,
    tier: Tier | undefined,
    before: Before,
  ): void | Promise<void> {
    const charge = objectCharge(key.length, end - start);
    let took: Tier | undefined | Promise<Tier | undefined>;
    this.#placing = this.#evicts ? { key, before } : undefined;
    try {
      took = this.opened().put(key, value, start, end, metadata, tier);
    } catch (error) {
      throw this.#refuse(key, charge, before, error);
    }
    this.#placing = undefined;
    const heard = this.#listener.isAwaited(key) ? Buffer.from(value.subarray(start, end)) : undefined;
    if (typeof took !== 'object') return this.#commit(took, key, charge, metadata, nowMs, before, heard);
    const ownKey = key.copy();
    const ownBefore = { ...before };
    const given = { ...metadata };
    const committed = took.then(
      (tookLater) => this.#commit(tookLater, ownKey, charge, given, this.#clock.now(), ownBefore, heard),
      (error: unknown) => {
        throw this.#refuse(ownKey, charge, ownBefore, error);
      },
    );
    return this.#whileReplacing(ownKey, ownBefore, committed);
  }

  /** Lets `#evicted` know what a put replaces while it is under way. */
  #whileReplacing(key: Key, before: Before, put: Promise<void>): Promise<void> {
    if (!this.#evicts) return put;
    this.#replacing.set(key.toString(), before);
    return put.finally(() => this.#replacing.delete(key.toString()));
  }

  #commit(
    tier: Tier | undefined,
    key: Key,
    charge: number,
    metadata: ObjectMetadata,
    nowMs: number,
    before: Before,
    heard: Buffer | undefined,
  ): void {
    this.#assertGoesOn();
    if (tier === undefined) throw this.#refuse(key, charge, before, fullError());
    this.accounts.stored(key, before, tier, charge, metadata.expiresAtMs, nowMs);
    this.#listener.stored(key);
    this.#listener.changed();
    if (heard !== undefined) this.#listener.deliver(key, heard, metadata, nowMs);
  }

  /** What is there before a put; one record is used again and again. */
  #measure(key: Key): Before {
    this.#before.evicted = false;
    return measure(this.#before, key, this.opened().find(key));
  }

  /** Gives back what was taken for a put that failed; returns the error to throw. */
  #refuse(key: Key, charge: number, before: Before, error: unknown): unknown {
    this.#placing = undefined;
    if (this.#ended) return error;
    if (charge > before.charge) this.#space.release(charge - before.charge);
    if (before.evicted) this.#gone(key, before);
    return error;
  }

  /** The store is about to drop an object by itself. */
  #evicted(key: Key, object: StoredObject): void {
    const placing = this.#placing;
    const isPlaced = placing !== undefined && placing.key.toString() === key.toString();
    const before = isPlaced ? placing.before : this.#replacing.get(key.toString());
    if (before === undefined) this.#gone(key, accountOf(key, object));
    else before.evicted = true;
  }

  #gone(key: Key, before: Account): void {
    this.accounts.removed(key, before, this.#clock.now());
    this.#listener.removed(key);
    this.#listener.changed();
  }

  #expireHash(hash: number): void {
    const nowMs = this.#clock.now();
    const expired: Key[] = [];
    this.#store?.scan(hash, 1, (key, object) => {
      if (key.hash === hash && object.expiresAtMs > 0 && object.expiresAtMs <= nowMs) expired.push(key.copy());
    });
    for (const key of expired) if (!this.#dropIfFree(key, nowMs)) this.#expiries.postpone(hash);
  }

  /** False: a command is under way on the key. */
  #dropIfFree(key: Key, nowMs: number): boolean {
    if (this.#gate.size > 0 && this.#gate.blocks(key.hash, 'write')) return false;
    this.find(key, nowMs);
    return true;
  }

  #forgetUsage(): void {
    for (const tier of tiers) this.#usage.change(tier, -this.#usage.bytes(tier), this.#clock.now());
  }
}
