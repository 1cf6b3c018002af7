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
  if (object.tier === 'dram') return readAll(job, key, object, taker);
  const entering = job.waitReads.enter(valueLength);
  if (entering === undefined) return leaving(job, valueLength, () => readAll(job, key, object, taker));
  const own = key.copy();
  return entering.then(() => leaving(job, valueLength, () => readAgain(job, own, taker)));
}

/** Reads what is there after a wait in which nobody but time changed the key. */
function readAgain(job: ShardJob, key: Key, taker: ValueTaker): void | Promise<void> {
  const nowMs = job.clock.now();
  const object = job.lookup(key, nowMs);
  if (object !== undefined) return readAll(job, key, object, taker);
  taker.missing(key, nowMs);
}

function leaving(job: ShardJob, bytes: number, read: () => void | Promise<void>): void | Promise<void> {
  const leave = () => job.waitReads.leave(bytes);
  try {
    const reading = read();
    if (reading !== undefined) return reading.finally(leave);
  } catch (error) {
    leave();
    throw error;
  }
  leave();
}

function readAll(job: ShardJob, key: Key, object: StoredObject, taker: ValueTaker): void | Promise<void> {
  const { readsLeft, valueLength } = object;
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
