import type { Stripe, Tier } from '@satchel/proto/core';
import type { Key } from '../store/key.js';
import { objectCharge, type StoredObject } from '../store/tier-store.js';
import type { ExpiryWheel } from './expiry-wheel.js';
import type { JobSpace } from './job-space.js';
import type { JobUsage } from './job-usage.js';
import type { PrefixCounters } from './prefix-counters.js';
import { isChunk, type StripeListener } from './striping/job-striping.js';
import { stripeOf } from './striping/striped-value.js';

/** What an object counts for, as long as it is there. */
export interface Account {
  /** Undefined: there is no object. */
  tier: Tier | undefined;
  charge: number;
  /** 0: never. */
  expiresAtMs: number;
  /** What its chunks are, if it is the manifest of a striped object. */
  stripe: Stripe | Promise<Stripe> | undefined;
}

/** What an object that was found counts for. */
export function accountOf(key: Key, object: StoredObject): Account {
  return measure({ tier: undefined, charge: 0, expiresAtMs: 0, stripe: undefined }, key, object);
}

/** Writes to `account` what an object, or none, counts for; returns it. */
export function measure<Kind extends Account>(account: Kind, key: Key, object: StoredObject | undefined): Kind {
  account.tier = object?.tier;
  account.charge = object === undefined ? 0 : objectCharge(key.length, object.valueLength);
  account.expiresAtMs = object === undefined ? 0 : object.expiresAtMs;
  account.stripe = object?.manifest ? stripeOf(object) : undefined;
  return account;
}

/** Everything that is kept in step with the objects of a job: its quota, its usage, their expiries, the counts by prefix, their chunks. */
export class ObjectAccounts {
  readonly #space: JobSpace;
  readonly #usage: JobUsage;
  readonly #expiries: ExpiryWheel;
  readonly #counters: PrefixCounters;
  readonly #stripes: StripeListener;

  constructor(space: JobSpace, usage: JobUsage, expiries: ExpiryWheel, counters: PrefixCounters, stripes: StripeListener) {
    this.#space = space;
    this.#usage = usage;
    this.#expiries = expiries;
    this.#counters = counters;
    this.#stripes = stripes;
  }

  /** An object was found when the shard started; its bytes are accounted for already. */
  found(key: Key, object: StoredObject): void {
    if (object.expiresAtMs > 0) this.#expiries.add(key.hash, object.expiresAtMs);
    if (isChunk(key)) this.#stripes.chunkFound(key, object.valueLength);
  }

  /** An object was removed. */
  removed(key: Key, before: Account, nowMs: number): void {
    if (before.tier === undefined) return;
    this.#space.release(before.charge);
    this.#usage.change(before.tier, -before.charge, nowMs);
    if (before.expiresAtMs > 0) this.#expiries.remove(key.hash, before.expiresAtMs);
    if (isChunk(key)) this.#stripes.chunkRemoved(key);
    else if (this.#counters.size > 0) this.#counters.changed(key, -1);
    if (before.stripe !== undefined) this.#stripes.manifestGone(key, before.stripe);
  }

  /** An object was stored in place of what was there; what it needs more of the quota was taken before. */
  stored(key: Key, before: Account, tier: Tier, charge: number, expiresAtMs: number, nowMs: number): void {
    if (charge < before.charge) this.#space.release(before.charge - charge);
    if (before.tier !== tier || before.charge !== charge) {
      if (before.tier !== undefined) this.#usage.change(before.tier, -before.charge, nowMs);
      this.#usage.change(tier, charge, nowMs);
    }
    this.moved(key, before.expiresAtMs, expiresAtMs);
    if (isChunk(key)) this.#stripes.chunkStored(key, charge - objectCharge(key.length, 0), before.tier === undefined);
    else if (before.tier === undefined && this.#counters.size > 0) this.#counters.changed(key, 1);
    if (before.stripe !== undefined) this.#stripes.manifestGone(key, before.stripe);
  }

  /** An object went from one tier to another. */
  demoted(from: Tier, to: Tier, charge: number, nowMs: number): void {
    this.#usage.change(from, -charge, nowMs);
    this.#usage.change(to, charge, nowMs);
  }

  /** The expiry of an object changed. */
  moved(key: Key, beforeMs: number, expiresAtMs: number): void {
    if (beforeMs === expiresAtMs) return;
    if (beforeMs > 0) this.#expiries.remove(key.hash, beforeMs);
    if (expiresAtMs > 0) this.#expiries.add(key.hash, expiresAtMs);
  }
}
