import { assert, type SlotRange, slotCount, slotsPerShard } from '@satchel/proto/core';
import { joined, rangesOf, type Segment, segmentsOf } from './segments.js';

/** How many of a job's slots a shard is to have, in proportion to the weights of the others; none at 0. */
export interface SlotWeight {
  readonly shard: number;
  readonly weight: number;
}

/** Stands for the shard of slots that have left one and are yet to get another. */
const nobody = -1;

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
  let segments = segmentsOf(ranges);
  for (const [shard, count] of counts) {
    const excess = count - (targets.get(shard) ?? 0);
    if (excess > 0) segments = release(segments, shard, excess, missing);
  }
  return rangesOf(hand(joined(segments), missing));
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
function release(segments: readonly Segment[], shard: number, excess: number, missing: ReadonlyMap<number, number>): Segment[] {
  const own = segments
    .filter((segment) => segment.shard === shard)
    .sort((a, b) => lengthOf(a) - lengthOf(b) || a.start - b.start);
  const whole = new Set<Segment>();
  let left = excess;
  for (const segment of own) {
    if (lengthOf(segment) > left) break;
    whole.add(segment);
    left -= lengthOf(segment);
  }
  const freed = segments.map((segment) => (whole.has(segment) ? { ...segment, shard: nobody } : segment));
  return left === 0 ? freed : cut(freed, shard, left, missing);
}

/** Takes fewer slots than any range of the shard has. */
function cut(segments: readonly Segment[], shard: number, slots: number, missing: ReadonlyMap<number, number>): Segment[] {
  const welcomes = (neighbour: Segment | undefined) =>
    neighbour !== undefined && (neighbour.shard === nobody || missing.has(neighbour.shard));
  let best = { index: -1, atStart: false, score: -1 };
  for (const [index, segment] of segments.entries()) {
    if (segment.shard !== shard) continue;
    const length = lengthOf(segment) / slotCount;
    const [before, after] = [welcomes(segments[index - 1]), welcomes(segments[index + 1])];
    const score = (before || after ? 2 : 0) + length;
    if (score > best.score) best = { index, atStart: before && !after, score };
  }
  const { start, end } = segments[best.index] as Segment;
  const [kept, freed] = best.atStart
    ? [
        { start: start + slots, end, shard },
        { start, end: start + slots, shard: nobody },
      ]
    : [
        { start, end: end - slots, shard },
        { start: end - slots, end, shard: nobody },
      ];
  return segments.toSpliced(best.index, 1, ...(best.atStart ? [freed, kept] : [kept, freed]));
}

/** Gives the slots that nobody has to the shards that miss some, beside their own ranges first. */
function hand(segments: Segment[], missing: Map<number, number>): Segment[] {
  let result = segments;
  for (;;) {
    const gift = nextGift(result, missing);
    if (gift === undefined) return result;
    const { index, shard, slots, atEnd } = gift;
    const { start, end } = result[index] as Segment;
    const pieces = atEnd
      ? [
          { start, end: end - slots, shard: nobody },
          { start: end - slots, end, shard },
        ]
      : [
          { start, end: start + slots, shard },
          { start: start + slots, end, shard: nobody },
        ];
    result = joined(result.toSpliced(index, 1, ...pieces.filter((piece) => lengthOf(piece) > 0)));
    const left = (missing.get(shard) ?? 0) - slots;
    if (left === 0) missing.delete(shard);
    else missing.set(shard, left);
  }
}

/** Slots of segment `index` that a shard gets, at its start or its end. */
interface Gift {
  readonly index: number;
  readonly shard: number;
  readonly slots: number;
  readonly atEnd: boolean;
}

/** Beside the receiver's own range if there is such a place; else the longest stretch goes to whom it fits, or misses most. */
function nextGift(segments: readonly Segment[], missing: ReadonlyMap<number, number>): Gift | undefined {
  let longest = -1;
  let longestSlots = 0;
  for (const [index, segment] of segments.entries()) {
    if (segment.shard !== nobody) continue;
    const length = lengthOf(segment);
    for (const [neighbour, atEnd] of [
      [segments[index - 1], false],
      [segments[index + 1], true],
    ] as const) {
      const slots = missing.get(neighbour?.shard ?? nobody);
      if (neighbour !== undefined && slots !== undefined) {
        return { index, shard: neighbour.shard, slots: Math.min(slots, length), atEnd };
      }
    }
    if (length > longestSlots) [longest, longestSlots] = [index, length];
  }
  if (longest === -1) return undefined;
  const receivers = [...missing].sort(([a, x], [b, y]) => y - x || a - b);
  const [shard, slots] = receivers.find(([, wanted]) => wanted === longestSlots) ?? (receivers[0] as [number, number]);
  return { index: longest, shard, slots: Math.min(slots, longestSlots), atEnd: false };
}

function lengthOf({ start, end }: Segment): number {
  return end - start;
}
