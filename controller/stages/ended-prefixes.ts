import { limits } from '@satchel/proto/core';
import { nothingReclaimed, type Reclaimed } from './stage-record.js';

/** A prefix under which nothing may be written any more, because its stage has ended. */
export interface EndedPrefix {
  /** Within the job; later ones are higher. */
  readonly serial: number;
  readonly prefix: string;
  /** Shards that have yet to say that they deleted what was there. */
  readonly awaiting: readonly number[];
  /** What the others deleted. */
  readonly reclaimed: Reclaimed;
}

/** A shard deleted what was under the prefix of a stage that ended. */
export interface Emptied {
  readonly shard: number;
  readonly serial: number;
  readonly reclaimed: Reclaimed;
}

/**
 * Adds a prefix that `shards` are to empty. It takes the place of those below it; of the rest that are empty everywhere the latest
 * are remembered.
 */
export function addEndedPrefix(ended: readonly EndedPrefix[], prefix: string, shards: readonly number[]): EndedPrefix[] {
  const serial = Math.max(0, ...ended.map((one) => one.serial)) + 1;
  const kept = ended.filter((one) => !one.prefix.startsWith(prefix));
  let excess = kept.length + 1 - limits.endedStages;
  const remembered = kept.filter((one) => one.awaiting.length > 0 || excess-- <= 0);
  return [...remembered, { serial, prefix, awaiting: [...shards], reclaimed: nothingReclaimed }];
}

/** Notes that a shard has emptied a prefix; returns the same list if that is no news. */
export function prefixEmptied(
  ended: readonly EndedPrefix[],
  { serial, shard, reclaimed: more }: Emptied,
): readonly EndedPrefix[] {
  const known = ended.find((one) => one.serial === serial);
  if (!known?.awaiting.includes(shard)) return ended;
  const awaiting = known.awaiting.filter((other) => other !== shard);
  const { objects, bytes } = known.reclaimed;
  const reclaimed = { objects: objects + more.objects, bytes: bytes + more.bytes };
  return ended.map((one) => (one === known ? { ...one, awaiting, reclaimed } : one));
}

/** Leaves out shards that are not waited for any more because they cannot hold anything; returns the same list if there are none. */
export function awaitingOnly(ended: readonly EndedPrefix[], holders: ReadonlySet<number>): readonly EndedPrefix[] {
  if (!ended.some(({ awaiting }) => awaiting.some((shard) => !holders.has(shard)))) return ended;
  return ended.map((one) => ({ ...one, awaiting: one.awaiting.filter((shard) => holders.has(shard)) }));
}

/** Whether a prefix has ended, alone or with one above it, and every shard has deleted what was there. */
export function isEnded(ended: readonly EndedPrefix[], prefix: string): boolean {
  const over = ended.filter((one) => prefix.startsWith(one.prefix));
  return over.length > 0 && over.every(({ awaiting }) => awaiting.length === 0);
}

/** The prefix that has ended and under which `prefix` lies, or which lies under it. */
export function endedPrefixBy(ended: readonly EndedPrefix[], prefix: string): EndedPrefix | undefined {
  return ended.find((one) => prefix.startsWith(one.prefix) || one.prefix.startsWith(prefix));
}
