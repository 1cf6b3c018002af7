import { type SlotRange, slotCount } from '@satchel/proto/core';

/** Slots from `start` up to `end` and the shard that has them. */
export interface Segment {
  readonly start: number;
  readonly end: number;
  readonly shard: number;
}

/** The ranges of a slot map, each with its end. */
export function segmentsOf(ranges: readonly SlotRange[]): Segment[] {
  return ranges.map(({ start, shard }, index) => ({ start, end: ranges[index + 1]?.start ?? slotCount, shard }));
}

/** The slot map of segments that cover all slots in order; neighbours of one shard become one range. */
export function rangesOf(segments: readonly Segment[]): SlotRange[] {
  return joined(segments).map(({ start, shard }) => ({ start, shard }));
}

/** The same slots with as few segments as can be. */
export function joined(segments: readonly Segment[]): Segment[] {
  const result: Segment[] = [];
  for (const segment of segments) {
    const last = result.at(-1);
    if (last !== undefined && last.shard === segment.shard && last.end === segment.start) {
      result[result.length - 1] = { ...last, end: segment.end };
    } else result.push(segment);
  }
  return result;
}

/** Slots that have another owner after than before. */
export interface Move {
  readonly start: number;
  readonly end: number;
  readonly from: number;
  readonly to: number;
}

/** What moved between two slot maps: one move for each stretch of slots with the same owners before and after. */
export function movesBetween(before: readonly SlotRange[], after: readonly SlotRange[]): Move[] {
  const moves: Move[] = [];
  const next = segmentsOf(after);
  let index = 0;
  for (const { start, end, shard: from } of segmentsOf(before)) {
    let at = start;
    while (at < end) {
      const segment = next[index] as Segment;
      const upTo = Math.min(end, segment.end);
      if (segment.shard !== from) moves.push({ start: at, end: upTo, from, to: segment.shard });
      at = upTo;
      if (segment.end === upTo) index++;
    }
  }
  return moves;
}

/** How many slots moves concern. */
export function slotsMoved(moves: readonly Move[]): number {
  return moves.reduce((sum, { start, end }) => sum + end - start, 0);
}
