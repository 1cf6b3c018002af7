import { isTier, SatchelError, type Tier } from '@satchel/proto/core';
import type { Reply } from '@satchel/proto/resp';
import type { LocalStat } from '@satchel/proto/shared-memory';

/** What is known of an object besides its bytes. */
export interface ObjectStat {
  /** Bytes of the value. */
  readonly size: number;
  readonly tier: Tier;
  /** Milliseconds until it expires; absent: never. */
  readonly ttlMs?: number;
  readonly persist: boolean;
  /** Whole reads after which it is gone; absent: any number. */
  readonly readsLeft?: number;
  /** The attempt that wrote it; absent: written without one. */
  readonly attempt?: number;
  /** Milliseconds since the Unix epoch. */
  readonly createdMs: number;
  /** Of a striped object: its version, new with every put, and the bytes of its chunks. */
  readonly stripe?: { readonly version: string; readonly chunkBytes: number };
}

/** Reads the reply of SATCHEL.STAT; null is no object. */
export function objectStatOf(reply: Reply): ObjectStat | undefined {
  if (reply === null) return undefined;
  if (!(reply instanceof Map)) throw new SatchelError('internal', 'the answer to SATCHEL.STAT is not a map');
  const tier = String(reply.get('tier'));
  if (!isTier(tier)) throw new SatchelError('internal', `the answer to SATCHEL.STAT names an unknown tier '${tier}'`);
  const ttlMs = numberIn(reply, 'ttl');
  const readsLeft = numberIn(reply, 'reads');
  const attempt = numberIn(reply, 'attempt');
  return {
    size: numberIn(reply, 'size') ?? 0,
    tier,
    persist: flagIn(reply, 'persist'),
    createdMs: numberIn(reply, 'created') ?? 0,
    ...(ttlMs !== undefined && ttlMs >= 0 && { ttlMs }),
    ...(readsLeft !== undefined && readsLeft > 0 && { readsLeft }),
    ...(attempt !== undefined && attempt >= 0 && { attempt }),
    ...(reply.has('version') && { stripe: { version: String(reply.get('version')), chunkBytes: numberIn(reply, 'chunk') ?? 0 } }),
  };
}

/** What was read from a shard's memory. */
export function objectStatOfLocal({ size, expiresAtMs, createdMs, persist, attempt }: LocalStat, nowMs: number): ObjectStat {
  return {
    size,
    tier: 'dram',
    persist,
    createdMs,
    ...(expiresAtMs > 0 && { ttlMs: Math.max(0, expiresAtMs - nowMs) }),
    ...(attempt >= 0 && { attempt }),
  };
}

function numberIn(map: ReadonlyMap<Reply, Reply>, key: string): number | undefined {
  const value = map.get(key);
  if (value === undefined || value === null) return undefined;
  const number = Number(String(value));
  return Number.isFinite(number) ? number : undefined;
}

function flagIn(map: ReadonlyMap<Reply, Reply>, key: string): boolean {
  const value = map.get(key);
  return value === true || value === 1 || (Buffer.isBuffer(value) && value.toString() === '1');
}
