import type { Clock, Tier } from '@satchel/proto/core';
import type { Key } from '../../store/key.js';
import { objectCharge, type StoredObject, scanEnd } from '../../store/tier-store.js';
import type { JobStore } from '../job-store.js';
import type { YieldingTier } from '../job-stores.js';
import type { KeyGate } from '../key-gate.js';
import type { ObjectAccounts } from '../object-accounts.js';
import type { ObjectListener } from '../object-listener.js';
import type { SealedPrefixes } from '../sealed-prefixes.js';

/** What demotions of a job's objects work on. */
export interface DemotionParts {
  /** The store, opened if it was not; throws `no-job` after the end. */
  readonly store: () => JobStore;
  readonly accounts: ObjectAccounts;
  readonly seals: SealedPrefixes;
  readonly listener: ObjectListener;
  readonly gate: KeyGate;
  readonly clock: Clock;
}

/** Removes the object of a key if it has expired. */
export interface Expiring {
  find(key: Key, nowMs: number): StoredObject | undefined;
}

/** `refused`: no other tier took it; `left`: it is nothing to demote, or not now. Else the charge of what is in another tier now. */
export type Demoted = 'refused' | 'left' | number;

/** An object that is being written to another tier. */
export interface Flight {
  /** What it is charged. */
  readonly bytes: number;
  readonly landed: Promise<Demoted>;
}

/** Takes objects of one job out of a tier, with their accounts, when nobody is at them. */
export class JobDemotions {
  readonly #parts: DemotionParts;
  readonly #objects: Expiring;

  constructor(parts: DemotionParts, objects: Expiring) {
    this.#parts = parts;
    this.#objects = objects;
  }

  /** Keys in a tier in order of their hash, about `count`, from `position` on; returns the position to go on from, or scanEnd. Throws `no-job`. */
  keys(tier: YieldingTier, position: number, count: number, into: Key[]): number {
    const demotions = this.#parts.store().demotionsFrom?.(tier);
    return demotions?.scan(position, count, (key) => void into.push(key.copy())) ?? scanEnd;
  }

  /**
   * Moves an object to a slower tier, unless somebody changes it just now, its stage has ended, it is another shard's by now, or it is the manifest of
   * a striped object, which is small. Throws or rejects if a device fails, or with `no-job`; the object is then where it was.
   */
  demote(from: YieldingTier, key: Key): Demoted | Flight {
    const { store, gate, seals, listener, clock } = this.#parts;
    const demotions = store().demotionsFrom?.(from);
    if (demotions === undefined || gate.blocks(key.hash, 'write') || listener.hides(key)) return 'left';
    if (seals.errorOf(key.buffer, key.start, key.end) !== undefined) return 'left';
    const object = this.#objects.find(key, clock.now());
    if (object?.tier !== from || object.manifest) return 'left';
    const charge = objectCharge(key.length, object.valueLength);
    const moved = demotions.demote(key);
    if (moved instanceof Promise) return { bytes: charge, landed: this.#later(from, key.hash, moved, charge) };
    return moved === undefined ? 'refused' : this.#account(from, moved, charge);
  }

  /** The object may be read meanwhile, but not changed. */
  async #later(from: YieldingTier, hash: number, moving: Promise<Tier | undefined>, charge: number): Promise<Demoted> {
    const { gate } = this.#parts;
    gate.take(hash, 'read');
    try {
      const moved = await moving;
      return moved === undefined ? 'refused' : this.#account(from, moved, charge);
    } finally {
      gate.leave(hash, 'read');
    }
  }

  #account(from: YieldingTier, to: Tier, charge: number): number {
    const { accounts, listener, clock } = this.#parts;
    accounts.demoted(from, to, charge, clock.now());
    listener.changed();
    return charge;
  }
}
