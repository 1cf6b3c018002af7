import { shardOfSlot, slotCount } from '@satchel/proto/core';
import type { JobConfiguration } from '../../job-configuration.js';
import { SlotSet } from './slot-set.js';

/** One of the shards that slots of this shard came from. */
export interface Ancestor {
  readonly shard: number;
  /** The first epoch in which the slots were not its own any more. */
  readonly epoch: number;
  readonly slots: SlotSet;
}

/** Where the slots of a shard come from. */
export interface Chain {
  /** Latest first: those that may be asked. */
  readonly ancestors: readonly Ancestor[];
  /** Slots that a shard had which is gone for good. */
  readonly lost: SlotSet;
  /** Slots that this shard had before others had them, and has got back. */
  readonly returned: SlotSet;
}

/** The slots that a configuration gives to a shard. */
export function slotsOf(configuration: JobConfiguration, shard: number): SlotSet {
  const slots = new SlotSet();
  for (let slot = 0; slot < slotCount; slot++) if (shardOfSlot(configuration, slot) === shard) slots.add(slot);
  return slots;
}

/** Where the slots that a shard owns come from, as the configuration says. */
export function chainOf({ previous = [] }: JobConfiguration, shard: number, owned: SlotSet): Chain {
  const lost = new SlotSet();
  const returned = new SlotSet();
  const ancestors: Ancestor[] = [];
  for (const entry of [...previous].sort((left, right) => right.epoch - left.epoch)) {
    const own = new SlotSet();
    for (let slot = entry.start; slot < entry.end; slot++) if (owned.has(slot)) own.add(slot);
    if (own.size === 0) continue;
    if (entry.shard !== shard && !entry.lost) ancestors.push({ shard: entry.shard, epoch: entry.epoch, slots: own });
    else for (const slot of own) (entry.lost ? lost : returned).add(slot);
  }
  return { ancestors, lost, returned };
}

/** The slots of which a configuration says that a shard had them and may still hold objects. */
export function formerSlots({ previous = [] }: JobConfiguration, shard: number): SlotSet {
  return SlotSet.of(previous.filter((entry) => entry.shard === shard && !entry.lost));
}

/** Slots that a shard did not own all the while since an epoch, though it may have before and may again. */
export function awaySince(epoch: number, { previous = [] }: JobConfiguration, shard: number): SlotSet {
  return SlotSet.of(previous.filter((entry) => entry.shard === shard && entry.epoch > epoch));
}

/** Whether two configurations give every slot to the same shard. */
export function sameRanges(left: JobConfiguration, right: JobConfiguration): boolean {
  return (
    left.ranges.length === right.ranges.length &&
    left.ranges.every(({ start, shard }, index) => right.ranges[index]?.start === start && right.ranges[index]?.shard === shard)
  );
}
