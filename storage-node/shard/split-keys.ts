import { SatchelError } from '@satchel/proto/core';
import type { CommandArguments } from '@satchel/proto/resp';
import type { KeyPositions } from './command.js';
import { lastKeyIndex, slotOfArgument } from './job-routing.js';

/** The arguments of a command that concern one shard, those before the keys included. */
export interface PartOfKeys {
  /** Parts are numbered in the order of their first keys. */
  readonly number: number;
  readonly indexes: number[];
}

/** A command with several keys by the shards that have them. */
export interface SplitKeys {
  readonly parts: ReadonlyMap<number, PartOfKeys>;
  /** For each key the number of its part. */
  readonly partOfKey: readonly number[];
}

export function splitKeys(keys: KeyPositions, args: CommandArguments, owners: { shardOf(slot: number): number }): SplitKeys {
  const parts = new Map<number, PartOfKeys>();
  const partOfKey: number[] = [];
  const last = lastKeyIndex(keys, args.count);
  for (let index = keys.first; index <= last; index += keys.step) {
    const shard = owners.shardOf(slotOfArgument(args, index));
    const part = parts.get(shard) ?? { number: parts.size, indexes: headOf(keys) };
    parts.set(shard, part);
    for (let offset = 0; offset < keys.step && index + offset < args.count; offset++) part.indexes.push(index + offset);
    partOfKey.push(part.number);
  }
  return { parts, partOfKey };
}

/** The arguments before the keys, which every part repeats. */
function headOf(keys: KeyPositions): number[] {
  return Array.from({ length: keys.first }, (_, index) => index);
}

/** The error for a command whose keys must lie on one shard. */
export function onSeveralShards(name: string): SatchelError {
  return new SatchelError(
    'cross-slot',
    `the keys of ${name.toUpperCase()} lie on several shards of the job, and it changes them as one; give them a common {tag}`,
  );
}
