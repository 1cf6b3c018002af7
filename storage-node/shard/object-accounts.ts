import type { Tier } from '@satchel/proto/core';
import type { Key } from '../store/key.js';
import { objectCharge, type StoredObject } from '../store/tier-store.js';
import type { ExpiryWheel } from './expiry-wheel.js';
import type { JobSpace } from './job-space.js';
import type { JobUsage } from './job-usage.js';
import type { PrefixCounters } from './prefix-counters.js';

/** What an object counts for, as long as it is there. */
export interface Account {
  /** Undefined: there is no object. */
  tier: Tier | undefined;
  charge: number;
  /** 0: never. */
  expiresAtMs: number;
}

/** What an object that was found counts for. */
export function accountOf(key: Key, object: StoredObject): Account {
  return { tier: object.tier, charge: objectCharge(key.length, object.valueLength), expiresAtMs: object.expiresAtMs };
}

/** Everything that is kept in step with the objects of a job: its quota, its usage, their expiries, the counts by prefix. */
export class ObjectAccounts {
  readonly #space: JobSpace;
  readonly #usage: JobUsage;
  readonly #expiries: ExpiryWheel;
  readonly #counters: PrefixCounters;

  constructor(space: JobSpace, usage: JobUsage, expiries: ExpiryWheel, counters: PrefixCounters) {
    this.#space = space;
    this.#usage = usage;
    this.#expiries = expiries;
    this.#counters = counters;
  }

  /** An object was removed. */
  removed(key: Key, before: Account, nowMs: number): void {
    if (before.tier === undefined) return;
    this.#space.release(before.charge);
    this.#usage.change(before.tier, -before.charge, nowMs);
    if (before.expiresAtMs > 0) this.#expiries.remove(key.hash, before.expiresAtMs);
    if (this.#counters.size > 0) this.#counters.changed(key, -1);
  }

  /** An object was stored in place of what was there; what it needs more of the quota was taken before. */
  stored(key: Key, before: Account, tier: Tier, charge: number, expiresAtMs: number, nowMs: number): void {
    if (charge < before.charge) this.#space.release(before.charge - charge);
    if (before.tier !== undefined) this.#usage.change(before.tier, -before.charge, nowMs);
    this.#usage.change(tier, charge, nowMs);
    this.moved(key, before.expiresAtMs, expiresAtMs);
    if (before.tier === undefined && this.#counters.size > 0) this.#counters.changed(key, 1);
  }

  /** The expiry of an object changed. */
  moved(key: Key, beforeMs: number, expiresAtMs: number): void {
    if (beforeMs === expiresAtMs) return;
    if (beforeMs > 0) this.#expiries.remove(key.hash, beforeMs);
    if (expiresAtMs > 0) this.#expiries.add(key.hash, expiresAtMs);
  }
}
