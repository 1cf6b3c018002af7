import type { SlotRange } from '@satchel/proto/core';
import { movesBetween, segmentsOf } from './segments.js';

/**
 * Slots from `start` up to `end` belonged to `shard` before `epoch`, and it may still hold objects of them. `lost`: the shard is gone for
 * good, and what was not written since is lost.
 */
export interface PreviousOwner {
  readonly start: number;
  readonly end: number;
  readonly shard: number;
  readonly epoch: number;
  readonly lost: boolean;
}

/** Slots from `start` up to `end`. */
export interface SlotSpan {
  readonly start: number;
  readonly end: number;
}

/**
 * The previous owners once the slot map has changed from `before` to `after` in `epoch`. Who loses slots comes first in their chains, and
 * only once, for the last time that it lost them. Who gets slots back keeps its entry: while others are asked for objects of them it is to
 * know that what it holds may be there too. `lost` names shards that are gone for good.
 */
export function previousAfter(
  previous: readonly PreviousOwner[],
  before: readonly SlotRange[],
  after: readonly SlotRange[],
  epoch: number,
  lost: ReadonlySet<number> = new Set(),
): PreviousOwner[] {
  const moves = movesBetween(before, after);
  const leaving = new Map<number, SlotSpan[]>();
  for (const { from, start, end } of moves) {
    const spans = leaving.get(from);
    if (spans === undefined) leaving.set(from, [{ start, end }]);
    else spans.push({ start, end });
  }
  const kept = previous.flatMap((entry) => {
    const spans = leaving.get(entry.shard);
    return spans !== undefined && (lost.has(entry.shard) || !entry.lost) ? cutOut(entry, spans) : entry;
  });
  return tidied([...kept, ...moves.map(({ start, end, from }) => ({ start, end, shard: from, epoch, lost: lost.has(from) }))]);
}

/** Without the entries of a shard that says, going by `epoch`, that it holds nothing of these slots. What is lost stays lost. */
export function withoutEmptied(
  previous: readonly PreviousOwner[],
  spans: readonly SlotSpan[],
  shard: number,
  epoch: number,
): PreviousOwner[] {
  return tidied(without(previous, spans, (entry) => entry.shard === shard && entry.epoch <= epoch && !entry.lost));
}

/** What these shards were asked for is lost. */
export function withLost(previous: readonly PreviousOwner[], shards: ReadonlySet<number>): PreviousOwner[] {
  let entries = [...previous];
  for (const entry of previous) {
    if (entry.lost || !shards.has(entry.shard)) continue;
    entries = without(entries, [entry], (other) => other.shard === entry.shard);
    entries.push({ ...entry, lost: true });
  }
  return tidied(entries);
}

/**
 * What these shards held is lost, though they go on: also what they have been owners of until now, which in their chains stands as lost
 * before `epoch`.
 */
export function withContentsLost(
  previous: readonly PreviousOwner[],
  ranges: readonly SlotRange[],
  shards: ReadonlySet<number>,
  epoch: number,
): PreviousOwner[] {
  const own = segmentsOf(ranges).filter(({ shard }) => shards.has(shard));
  const kept = withLost(previous, shards).flatMap((entry) =>
    entry.lost && shards.has(entry.shard)
      ? cutOut(
          entry,
          own.filter(({ shard }) => shard === entry.shard),
        )
      : entry,
  );
  return tidied([...kept, ...own.map((segment) => ({ ...segment, epoch, lost: true }))]);
}

/** Shards that may still hold objects of slots that have moved. */
export function holdersIn(previous: readonly PreviousOwner[]): number[] {
  return [...new Set(previous.flatMap(({ shard, lost }) => (lost ? [] : shard)))];
}

/** Cuts the spans out of the entries for which `concerned` holds. */
function without(
  entries: readonly PreviousOwner[],
  spans: readonly SlotSpan[],
  concerned: (entry: PreviousOwner) => boolean,
): PreviousOwner[] {
  return entries.flatMap((entry) => (concerned(entry) ? cutOut(entry, spans) : entry));
}

function cutOut(entry: PreviousOwner, spans: readonly SlotSpan[]): PreviousOwner[] {
  let pieces = [entry];
  for (const { start, end } of spans) {
    pieces = pieces.flatMap((piece) =>
      piece.end <= start || piece.start >= end
        ? piece
        : [
            { ...piece, end: start },
            { ...piece, start: end },
          ].filter((rest) => rest.start < rest.end),
    );
  }
  return pieces;
}

/** In the order of their first slots; neighbours that say the same become one entry. */
function tidied(entries: readonly PreviousOwner[]): PreviousOwner[] {
  const joined: PreviousOwner[] = [];
  for (const entry of entries.toSorted((a, b) => compareKinds(a, b) || a.start - b.start)) {
    const last = joined.at(-1);
    if (last === undefined || compareKinds(last, entry) !== 0 || last.end < entry.start) joined.push(entry);
    else if (last.end < entry.end) joined[joined.length - 1] = { ...last, end: entry.end };
  }
  return joined.sort((a, b) => a.start - b.start || b.epoch - a.epoch || a.shard - b.shard);
}

const compareKinds = (a: PreviousOwner, b: PreviousOwner): number =>
  a.shard - b.shard || a.epoch - b.epoch || Number(a.lost) - Number(b.lost);
