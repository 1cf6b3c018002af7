import { assert } from './errors.js';
import { slotCount } from './slots.js';

/** Slots from `start` up to the next range's start (or 16,384) belong to `shard`. */
export interface SlotRange {
  readonly start: number;
  readonly shard: number;
}

/** Which shard owns each slot of a job. Ranges are sorted, begin at 0 and cover every slot. */
export interface SlotMap {
  readonly epoch: number;
  readonly ranges: readonly SlotRange[];
}

/** Says what is wrong with a slot map, or undefined if it is sound. */
export function slotMapProblem(ranges: readonly SlotRange[]): string | undefined {
  if (ranges.length === 0) return 'a slot map needs at least one range';
  if (ranges[0]?.start !== 0) return `the first range starts at ${ranges[0]?.start}, not at 0`;
  for (let index = 1; index < ranges.length; index++) {
    const start = (ranges[index] as SlotRange).start;
    if (start <= (ranges[index - 1] as SlotRange).start) return `range ${index} starts at ${start}, not after the one before`;
    if (start >= slotCount) return `range ${index} starts at ${start}, beyond slot ${slotCount - 1}`;
  }
  return undefined;
}

/** Shard that owns a slot. Binary search over the ranges. */
export function shardOfSlot(map: SlotMap, slot: number): number {
  let low = 0;
  let high = map.ranges.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((map.ranges[middle] as SlotRange).start <= slot) low = middle;
    else high = middle - 1;
  }
  return (map.ranges[low] as SlotRange).shard;
}

/** The shards of a map, each once, in order of first appearance. */
export function shardsOf(ranges: readonly SlotRange[]): number[] {
  return [...new Set(ranges.map((range) => range.shard))];
}

/** Number of slots of each shard. */
export function slotsPerShard(ranges: readonly SlotRange[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const [index, range] of ranges.entries()) {
    const end = ranges[index + 1]?.start ?? slotCount;
    counts.set(range.shard, (counts.get(range.shard) ?? 0) + end - range.start);
  }
  return counts;
}

/** Deals all slots to shards in proportion to their weights (each > 0), contiguous, in the order given. */
export function rangesFromWeights(weights: readonly { readonly shard: number; readonly weight: number }[]): SlotRange[] {
  const total = weights.reduce((sum, { weight }) => sum + weight, 0);
  assert(total > 0, 'the weights of a slot map add up to more than 0');
  const ranges: SlotRange[] = [];
  let dealt = 0;
  let before = 0;
  for (const { shard, weight } of weights) {
    before += weight;
    const end = Math.round((before / total) * slotCount);
    if (end > dealt) ranges.push({ start: dealt, shard });
    dealt = end;
  }
  return ranges;
}
