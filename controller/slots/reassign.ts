import { assert, type SlotRange, slotCount, slotsPerShard } from '@satchel/proto/core';
import { joined, rangesOf, type Segment, segmentsOf } from './segments.js';

/** How many of a job's slots a shard is to have, in proportion to the weights of the others; none at 0. */
export interface SlotWeight {
  readonly shard: number;
  readonly weight: number;
}

/** Stands for the shard of slots that have left one and are yet to get another. */
const nobody = -1;

/** A segment of the map that is being made. */
type Stretch = { -readonly [Name in keyof Segment]: Segment[Name] };

/**
 * A slot map in which every shard has its part by weight to within one slot, made from `ranges` by moving as few slots as that
 * takes: only what a shard has in excess leaves it, and nothing moves to a shard that has enough. Shards without a weight lose all. The map
 * stays compact: whole ranges move where that does, cuts are made beside ranges of the receiver. Pure; some weight is above 0.
 */
export function reassign(ranges: readonly SlotRange[], weights: readonly SlotWeight[]): SlotRange[] {
  const counts = slotsPerShard(ranges);
  const targets = targetsOf(weights, counts);
  const missing = new Map<number, number>();
  for (const [shard, target] of targets) {
    const slots = target - (counts.get(shard) ?? 0);
    if (slots > 0) missing.set(shard, slots);
  }
  if (missing.size === 0) return [...ranges];
  const stretches: Stretch[] = segmentsOf(ranges);
  for (const [shard, count] of counts) {
    const excess = count - (targets.get(shard) ?? 0);
    if (excess > 0) release(stretches, shard, excess, missing);
  }
  return rangesOf(handed(joined(stretches), missing));
}

/** Whole slots by weight; of the shards between two numbers those get the larger that have it already, then those nearest to it. */
function targetsOf(weights: readonly SlotWeight[], counts: ReadonlyMap<number, number>): Map<number, number> {
  const total = weights.reduce((sum, { weight }) => sum + weight, 0);
  assert(total > 0, 'the weights of a slot map add up to more than 0');
  const parts = weights.map(({ shard, weight }) => {
    const exact = (weight / total) * slotCount;
    return { shard, slots: Math.floor(exact), rest: exact - Math.floor(exact) };
  });
  let left = slotCount - parts.reduce((sum, { slots }) => sum + slots, 0);
  const hasMore = ({ shard, slots }: { shard: number; slots: number }) => ((counts.get(shard) ?? 0) > slots ? 1 : 0);
  const candidates = parts
    .filter(({ rest }) => rest > 0)
    .sort((a, b) => hasMore(b) - hasMore(a) || b.rest - a.rest || a.shard - b.shard);
  const targets = new Map(parts.map(({ shard, slots }) => [shard, slots]));
  for (const { shard, slots } of [...candidates, ...parts]) {
    if (left === 0) break;
    targets.set(shard, slots + 1);
    left--;
  }
  return targets;
}

/** Takes slots from a shard: its smallest ranges whole, then part of one, at an end where those are that get more. */
function release(stretches: Stretch[], shard: number, excess: number, missing: ReadonlyMap<number, number>): void {
  const own = stretches
    .filter((stretch) => stretch.shard === shard)
    .sort((a, b) => lengthOf(a) - lengthOf(b) || a.start - b.start);
  let left = excess;
  for (const stretch of own) {
    if (lengthOf(stretch) > left) break;
    stretch.shard = nobody;
    left -= lengthOf(stretch);
  }
  if (left > 0) cut(stretches, shard, left, missing);
}

/** Takes fewer slots than any range of the shard has. */
function cut(stretches: Stretch[], shard: number, slots: number, missing: ReadonlyMap<number, number>): void {
  const welcomes = (neighbour: Stretch | undefined) =>
    neighbour !== undefined && (neighbour.shard === nobody || missing.has(neighbour.shard));
  let best = { index: -1, atEnd: true, score: -1 };
  for (let index = 0; index < stretches.length; index++) {
    const stretch = stretches[index] as Stretch;
    if (stretch.shard !== shard) continue;
    const [before, after] = [welcomes(stretches[index - 1]), welcomes(stretches[index + 1])];
    const score = (before || after ? 2 : 0) + lengthOf(stretch) / slotCount;
    if (score > best.score) best = { index, atEnd: after || !before, score };
  }
  assign(stretches, { ...best, shard: nobody, slots });
}

/** Slots of stretch `index` that a shard gets, at its start or its end. */
interface Gift {
  readonly index: number;
  readonly shard: number;
  readonly slots: number;
  readonly atEnd: boolean;
}

function assign(stretches: Stretch[], { index, shard, slots, atEnd }: Gift): void {
  const stretch = stretches[index] as Stretch;
  const { start, end } = stretch;
  if (slots === end - start) stretch.shard = shard;
  else if (atEnd) {
    stretch.end = end - slots;
    stretches.splice(index + 1, 0, { start: end - slots, end, shard });
  } else {
    stretch.start = start + slots;
    stretches.splice(index, 0, { start, end: start + slots, shard });
  }
}

/** Gives the slots that nobody has to the shards that miss some, beside their own ranges first. */
function handed(segments: readonly Segment[], missing: Map<number, number>): Segment[] {
  const stretches = segments.map((segment): Stretch => ({ ...segment }));
  for (let gift = nextGift(stretches, missing); gift !== undefined; gift = nextGift(stretches, missing)) {
    assign(stretches, gift);
    const left = (missing.get(gift.shard) ?? 0) - gift.slots;
    if (left === 0) missing.delete(gift.shard);
    else missing.set(gift.shard, left);
  }
  return stretches;
}

/** Beside the receiver's own range if there is such a place; else the longest stretch goes to whom it fits, or misses most. */
function nextGift(stretches: readonly Stretch[], missing: ReadonlyMap<number, number>): Gift | undefined {
  let longest = -1;
  let longestSlots = 0;
  for (let index = 0; index < stretches.length; index++) {
    const stretch = stretches[index] as Stretch;
    if (stretch.shard !== nobody) continue;
    const length = lengthOf(stretch);
    for (const atEnd of [false, true]) {
      const shard = stretches[atEnd ? index + 1 : index - 1]?.shard ?? nobody;
      const slots = missing.get(shard);
      if (slots !== undefined) return { index, shard, slots: Math.min(slots, length), atEnd };
    }
    if (length > longestSlots) [longest, longestSlots] = [index, length];
  }
  if (longest === -1) return undefined;
  const [shard, slots] = receiverOf(longestSlots, missing);
  return { index: longest, shard, slots: Math.min(slots, longestSlots), atEnd: false };
}

/** Who misses exactly so many slots, or else most. */
function receiverOf(length: number, missing: ReadonlyMap<number, number>): readonly [number, number] {
  const receivers = [...missing].sort(([a, x], [b, y]) => y - x || a - b);
  return receivers.find(([, wanted]) => wanted === length) ?? (receivers[0] as [number, number]);
}

function lengthOf({ start, end }: Segment): number {
  return end - start;
}
