import { SatchelError } from '@satchel/proto/core';
import type { CommandArguments } from '@satchel/proto/resp';
import type { Command } from './command.js';
import { type JobRouting, lastKeyIndex, slotOfArgument } from './job-routing.js';
import type { ShardEnvironment } from './shard-environment.js';

/**
 * Refuses what this shard does not own with MOVED, and, if `strict`, keys of different slots with CROSSSLOT, as Redis Cluster does.
 */
export function checkOwner(
  environment: ShardEnvironment,
  command: Command,
  args: CommandArguments,
  routing: JobRouting,
  strict: boolean,
): void {
  const { keys } = command;
  if (keys === undefined || (routing.allLocal && (command.scope === 'key' || !strict))) return;
  const last = lastKeyIndex(keys, args.count);
  let first = -1;
  for (let index = keys.first; index <= last; index += keys.step) {
    const slot = slotOfArgument(args, index);
    if (first >= 0 && slot !== first && strict) {
      throw new SatchelError('cross-slot', "Keys in request don't hash to the same slot");
    }
    if (first < 0 || !strict) checkSlot(environment, routing, slot);
    first = slot;
  }
}

function checkSlot(environment: ShardEnvironment, routing: JobRouting, slot: number): void {
  if (routing.allLocal) return;
  const owner = routing.shardOf(slot);
  if (owner === environment.shard) return;
  const address = environment.addressOf(owner);
  if (address === undefined)
    throw new SatchelError('unavailable', `shard ${owner}, which owns slot ${slot}, is not known here yet`);
  throw new SatchelError('moved', `${slot} ${address.host}:${address.directPort}`);
}
