import type { Stripe } from '@satchel/proto/core';
import type { Key } from '../store/key.js';
import type { StoredObject } from '../store/tier-store.js';
import { inTurn } from './in-turn.js';
import type { ShardJob } from './job.js';
import type { GateMode } from './key-gate.js';
import { type StripedValue, stripeOf, wholeStriped } from './striping/striped-value.js';

/** Gets a value as soon as it is the key's turn: told exactly one of the two. */
export interface ValueTaker {
  /** The whole value, counted as a read; of a striped object what is needed to fetch it. */
  found(value: Buffer | StripedValue): void;
  /** There is none, and whatever is stored from now on is not known yet. */
  missing(key: Key, nowMs: number): void;
}

/** Reads the whole value of a key for somebody who else waits for it. Throws or rejects with `lost`, `failed` and what reading does. */
export function takeValue(job: ShardJob, key: Key, nowMs: number, taker: ValueTaker): void | Promise<void> {
  return inTurn(job, taker, key, 'read', nowMs, (_, ownKey, laterMs, mode) => {
    const object = job.lookup(ownKey, laterMs);
    if (object !== undefined) return readInto(job, ownKey, object, mode, taker);
    taker.missing(ownKey, laterMs);
  });
}

function readInto(
  job: ShardJob,
  key: Key,
  object: StoredObject,
  mode: GateMode,
  taker: ValueTaker,
): void | 'exclusive' | Promise<void> {
  const { readsLeft, valueLength } = object;
  if (object.manifest) {
    const ofStripe = key.copy().buffer;
    const found = (stripe: Stripe) => taker.found(wholeStriped(ofStripe, stripe));
    const stripe = stripeOf(object);
    return stripe instanceof Promise ? stripe.then(found) : found(stripe);
  }
  if (readsLeft > 0 && mode === 'read') return 'exclusive';
  const own = key.copy();
  const value = Buffer.allocUnsafe(valueLength);
  const finish = () => {
    job.usage.bytesOut += valueLength;
    job.countRead(own, readsLeft, job.clock.now());
    taker.found(value);
  };
  const reading = object.read(0, valueLength, value, 0);
  if (reading !== undefined) return reading.then(finish);
  finish();
}
