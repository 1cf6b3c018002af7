import { limits, SatchelError } from '@satchel/proto/core';
import type { Key } from '../../store/key.js';
import { objectCharge, type StoredObject } from '../../store/tier-store.js';
import type { JobObjects } from '../job-objects.js';
import { fullError, type JobSpace } from '../job-space.js';
import type { JobUsage } from '../job-usage.js';
import { type Collection, collectionBaseBytes, wrongType } from './collection.js';
import { CollectionStore } from './collection-store.js';
import type { HeapSpace } from './heap-space.js';
import { ListValue } from './list-value.js';
import { SetValue } from './set-value.js';

/** What the lists and sets of a job need of the job. */
export interface CollectionsOptions {
  readonly objects: JobObjects;
  readonly space: JobSpace;
  readonly usage: JobUsage;
  readonly heap: HeapSpace;
  /** As ShardJob.lookupAny. */
  readonly lookup: (key: Key, nowMs: number) => StoredObject | undefined;
  /** A list or set was made where nothing was. */
  readonly created: (key: Key) => void;
  /** A key is known to be there no longer. */
  readonly gone: (key: Key) => void;
  readonly changed: () => void;
}

const nothing = { tier: undefined, charge: 0, expiresAtMs: 0, stripe: undefined } as const;

/**
 * The lists and sets of a job with their accounts. Whoever changes one calls `take` for what it needs more, then changes it, then
 * says so by `grown` or `shrunk`, all in the key's turn.
 */
export class Collections {
  readonly #options: CollectionsOptions;
  readonly #store: CollectionStore;
  #attached = false;

  constructor(options: CollectionsOptions) {
    this.#options = options;
    this.#store = new CollectionStore(options.heap);
  }

  /** Lists and sets. */
  get size(): number {
    return this.#store.size;
  }

  /** Sum of their charges. */
  get usedBytes(): number {
    return this.#store.usage.usedBytes;
  }

  /** The list of a key, or undefined; throws `wrong-type`, `lost` or `failed`. */
  list(key: Key, nowMs: number): ListValue | undefined {
    return this.#ofType(key, nowMs, ListValue);
  }

  /** The set of a key, or undefined; throws `wrong-type`, `lost` or `failed`. */
  set(key: Key, nowMs: number): SetValue | undefined {
    return this.#ofType(key, nowMs, SetValue);
  }

  /**
   * Takes room for a collection, new if `size` is undefined, that gets `more` elements of `bytes` charge in all. Throws or rejects
   * with `out-of-memory` or `quota-exceeded`; then nothing has changed.
   */
  take(key: Key, size: number | undefined, more: number, bytes: number): void | Promise<void> {
    if ((size ?? 0) + more > limits.collectionElements) throw tooManyElements();
    if (size === undefined) this.#assertMayBegin(key);
    return this.takeBytes(bytes + (size === undefined ? emptyCharge(key) : 0));
  }

  /** As `take` for a new collection, of which another shard holds the quota until it has handed it over; see JobSpace.carry. */
  carry(key: Key, more: number, bytes: number): void {
    if (more > limits.collectionElements) throw tooManyElements();
    this.#assertMayBegin(key);
    this.#attach();
    const all = bytes + emptyCharge(key);
    this.#options.space.carry(all);
    this.#takeHeap(all);
  }

  /** Takes room in quota and heap. */
  takeBytes(bytes: number): void | Promise<void> {
    if (bytes <= 0) return;
    this.#attach();
    const taking = this.#options.space.take(bytes);
    return taking === undefined ? this.#takeHeap(bytes) : taking.then(() => this.#takeHeap(bytes));
  }

  /** Takes up a new, empty list or set, whose room was taken. */
  add<Value extends Collection>(value: Value, nowMs: number): Value {
    this.#attach();
    this.#store.add(value);
    this.#options.objects.accounts.stored(value.key, nothing, 'dram', value.charge, value.expiresAtMs, nowMs);
    this.#options.created(value.key);
    this.#options.changed();
    return value;
  }

  /** Notes that elements of `bytes` charge, whose room was taken, were added. */
  grown(value: Collection, bytes: number, nowMs: number): void {
    this.#resized(value, bytes, nowMs);
  }

  /** Notes that elements of `bytes` charge were removed; an empty collection goes. */
  shrunk(value: Collection, bytes: number, nowMs: number): void {
    this.#options.space.release(bytes);
    this.#resized(value, -bytes, nowMs);
    if (value.size === 0) this.#options.objects.drop(value.key, value, nowMs);
  }

  /** Notes that an element of `bytes` charge went from one list to another; the first goes if it is empty. */
  transferred(from: Collection, to: Collection, bytes: number, nowMs: number): void {
    from.elementBytes -= bytes;
    to.elementBytes += bytes;
    this.#options.changed();
    if (from.size === 0) this.#options.objects.drop(from.key, from, nowMs);
  }

  /** Gives a collection another key, where nothing is. What the longer key needs was taken. */
  rename(value: Collection, key: Key, nowMs: number): void {
    const { objects, space, usage } = this.#options;
    const { expiresAtMs } = value;
    const moved = value.movedTo(key);
    const growth = key.length - value.key.length;
    this.#store.detach(value);
    this.#store.add(moved);
    if (growth < 0) {
      space.release(-growth);
      this.#options.heap.release(-growth);
    }
    usage.change('dram', growth, nowMs);
    // The bytes stay where they are.
    objects.accounts.removed(value.key, { ...nothing, tier: 'dram', expiresAtMs }, nowMs);
    objects.accounts.stored(key, nothing, 'dram', 0, expiresAtMs, nowMs);
    this.#options.gone(value.key);
    this.#options.created(key);
    this.#options.changed();
  }

  #ofType<Value extends Collection>(key: Key, nowMs: number, type: abstract new (...args: never[]) => Value): Value | undefined {
    const object = this.#options.lookup(key, nowMs);
    if (object === undefined) return undefined;
    if (object instanceof type) return object;
    throw wrongType();
  }

  #resized(value: Collection, bytes: number, nowMs: number): void {
    this.#store.resized(value, bytes);
    this.#options.usage.change('dram', bytes, nowMs);
    this.#options.changed();
  }

  /** Whether there may be one more. */
  #assertMayBegin(key: Key): void {
    this.#options.objects.seals.check(key);
    if (this.#store.size >= limits.jobCollections) throw tooManyCollections();
  }

  #takeHeap(bytes: number): void {
    if (this.#options.heap.take(bytes)) return;
    this.#options.space.release(bytes);
    throw fullError();
  }

  /** From here on the job has data, and its store has the collections. Throws `no-job` after the end. */
  #attach(): void {
    const store = this.#options.objects.opened();
    if (this.#attached) return;
    this.#attached = true;
    store.attach(this.#store);
  }
}

function emptyCharge(key: Key): number {
  return objectCharge(key.length, collectionBaseBytes);
}

function tooManyElements(): SatchelError {
  return new SatchelError(
    'too-large',
    `a list or set has at most ${limits.collectionElements} elements; use several, or SATCHEL.PUT each under a key with a common prefix`,
  );
}

function tooManyCollections(): SatchelError {
  return new SatchelError(
    'out-of-memory',
    `the job has ${limits.jobCollections} lists and sets on this shard, its limit; use SATCHEL.PUT with a common prefix instead`,
  );
}
