import { assert, SatchelError } from '@satchel/proto/core';
import type { Key } from '../../store/key.js';
import { type ObjectMetadata, objectCharge, type StoredObject } from '../../store/tier-store.js';

/** Bytes that a list or set is charged beyond its key, its elements and what every object is charged: about what it takes when empty. */
export const collectionBaseBytes = 768;

/** What a key holds. */
export type ObjectType = 'string' | 'list' | 'set';

/**
 * A list or set: an object whose value lives on the JavaScript heap, one latin1 character per byte. It counts as an object in
 * dram whose value has `valueLength` bytes, overheads included.
 */
export abstract class Collection implements StoredObject {
  readonly tier = 'dram';
  readonly readsLeft = 0;
  readonly attempt = -1;
  readonly persist = false;
  readonly manifest = false;
  readonly createdMs: number;
  expiresAtMs = 0;
  /** Owns its bytes. */
  readonly key: Key;
  /** Charge of the elements; kept by {@link Collections}. */
  elementBytes = 0;

  constructor(key: Key, createdMs: number) {
    this.key = key;
    this.createdMs = createdMs;
  }

  abstract readonly type: 'list' | 'set';
  /** Number of elements. */
  abstract readonly size: number;

  get valueLength(): number {
    return collectionBaseBytes + this.elementBytes;
  }

  /** What it counts against budgets and quotas. */
  get charge(): number {
    return objectCharge(this.key.length, this.valueLength);
  }

  /** The same elements, moved to another key. This one is not used any more. */
  abstract movedTo(key: Key): Collection;

  /** Takes over what is known of an object besides its elements. */
  change(changes: Partial<ObjectMetadata>): void {
    if (changes.expiresAtMs !== undefined) this.expiresAtMs = changes.expiresAtMs;
  }

  read(): never {
    assert(false, 'only strings are read as a whole');
  }
}

/** What an object is, as TYPE says it. */
export function typeOf(object: StoredObject): ObjectType {
  return object instanceof Collection ? object.type : 'string';
}

/** The error of a command for another type. */
export function wrongType(): SatchelError {
  return new SatchelError('wrong-type', 'Operation against a key holding the wrong kind of value');
}
