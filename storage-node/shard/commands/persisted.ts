import { persistPrefix, shardOfSlot, slotOf } from '@satchel/proto/core';
import { hashOfBytes, Key } from '../../store/key.js';
import { scanEnd } from '../../store/tier-store.js';
import type { CommandContext } from '../command.js';
import type { ShardJob } from '../job.js';
import type { PersistedObject } from '../job-store.js';
import { integerArgument } from './arguments.js';
import { rangeOf } from './ranges.js';

async function find(job: ShardJob, key: Key): Promise<PersistedObject | undefined> {
  const object = await job.persisted.find(key);
  if (object === undefined || object.expiresAtMs === 0 || object.expiresAtMs > job.clock.now()) return object;
  // It is gone for its reader either way; what fails now the next sweep makes up for.
  await job.persisted.deleteExpired(key, job.clock.now()).catch(() => false);
  return undefined;
}

/** The whole value of a persisted object, or undefined. The key is without `@persist/`, here and below. */
export async function persistedValue(job: ShardJob, key: Key): Promise<Buffer | undefined> {
  const object = await find(job, key);
  return object?.read(0, object.valueLength);
}

/** When a persisted object expires in ms since the Unix epoch, 0 if never, undefined if there is none. */
export async function persistedExpiry(job: ShardJob, key: Key): Promise<number | undefined> {
  return (await find(job, key))?.expiresAtMs;
}

/** Whether there is such a persisted object. */
export async function persistedExists(job: ShardJob, key: Key): Promise<boolean> {
  return (await find(job, key)) !== undefined;
}

/** GET of a persisted object. */
export async function persistedGet({ job, reply }: CommandContext, key: Key): Promise<void> {
  const value = await persistedValue(job, key);
  if (value === undefined) return reply.nil();
  job.usage.bytesOut += value.length;
  reply.bulk(value);
}

/** STRLEN of a persisted object. */
export async function persistedLength({ job, reply }: CommandContext, key: Key): Promise<void> {
  reply.integer((await find(job, key))?.valueLength ?? 0);
}

/** TYPE of a persisted object. */
export async function persistedType({ job, reply }: CommandContext, key: Key): Promise<void> {
  reply.simple((await persistedExists(job, key)) ? 'string' : 'none');
}

/** GETRANGE of a persisted object. */
export async function persistedGetRange({ args, job, reply }: CommandContext, key: Key): Promise<void> {
  const first = integerArgument(args, 2);
  const last = integerArgument(args, 3);
  const object = await find(job, key);
  const range = rangeOf(first, last, object?.valueLength ?? 0);
  const value = object === undefined || range === undefined ? Buffer.alloc(0) : await object.read(range.from, range.to);
  job.usage.bytesOut += value.length;
  reply.bulk(value);
}

/** SATCHEL.STAT of a persisted object, or undefined. */
export async function persistedStat(job: ShardJob, key: Key) {
  const object = await find(job, key);
  if (object === undefined) return undefined;
  const { valueLength, createdMs, expiresAtMs } = object;
  return { valueLength, tier: 'object' as const, createdMs, expiresAtMs, persist: true, readsLeft: 0, attempt: -1 };
}

/** How long a listing serves the pages of a SCAN. */
const listingMs = 30_000;

interface Listing {
  readonly prefix: string;
  readonly takenMs: number;
  /** In order of hash. */
  readonly keys: readonly { readonly key: Buffer; readonly hash: number }[];
}

const listings = new WeakMap<ShardJob, Listing>();

/**
 * A page of the persisted keys (with `@persist/`) under a prefix that belong to this shard's slots, in order of hash, from a
 * position on. The namespace is listed once per SCAN, at its first page.
 */
export async function persistedPage(
  job: ShardJob,
  prefix: string,
  position: number,
  count: number,
): Promise<{ keys: Buffer[]; next: number }> {
  const { keys } = await listing(job, prefix, position > 0);
  const first = keys.findIndex(({ hash }) => hash >= position);
  if (first < 0) return { keys: [], next: scanEnd };
  let end = Math.min(keys.length, first + count);
  while (end < keys.length && keys[end]?.hash === keys[end - 1]?.hash) end++;
  const page = keys.slice(first, end).map(({ key }) => key);
  return { keys: page, next: keys[end]?.hash ?? scanEnd };
}

/** The persisted keys under a prefix (which begins with `@persist/`) that belong to this shard's slots, with `@persist/`. */
export async function persistedKeys(job: ShardJob, prefix: string): Promise<Buffer[]> {
  const keys: Buffer[] = [];
  await job.persisted.sweep(job.clock.now());
  const bare = Buffer.from(prefix.slice(persistPrefix.length), 'latin1');
  for await (const key of job.persisted.list(bare)) {
    const whole = Buffer.concat([Buffer.from(persistPrefix), key]);
    if (shardOfSlot(job.configuration, slotOf(whole)) === job.shard) keys.push(whole);
  }
  return keys;
}

async function listing(job: ShardJob, prefix: string, goingOn: boolean): Promise<Listing> {
  const nowMs = job.clock.now();
  const present = listings.get(job);
  if (goingOn && present?.prefix === prefix && nowMs - present.takenMs < listingMs) return present;
  const keys = (await persistedKeys(job, prefix)).map((key) => ({ key, hash: hashOfBytes(key, 0, key.length) }));
  keys.sort((left, right) => left.hash - right.hash);
  const taken = { prefix, takenMs: nowMs, keys };
  listings.set(job, taken);
  return taken;
}

/** Removes persisted objects under a prefix that belong to this shard's slots; returns how many. */
export async function deletePersisted(job: ShardJob, prefix: string): Promise<number> {
  let deleted = 0;
  for (const key of await persistedKeys(job, prefix)) {
    if (await job.persisted.delete(Key.of(key.subarray(persistPrefix.length)))) deleted++;
  }
  return deleted;
}
