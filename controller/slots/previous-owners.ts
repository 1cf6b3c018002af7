import type { SlotRange } from '@satchel/proto/core';
import { type Move, segmentsOf } from './segments.js';

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

/** A shard holds nothing any more of slots that it had, as it knows from the configuration of `epoch`. */
export interface Emptied {
  readonly shard: number;
  readonly epoch: number;
  readonly spans: readonly SlotSpan[];
}

/**
 * The previous owners once slots have moved in `epoch`. Who loses slots comes first in their chains, and only once, for the last time that
 * it lost them. Who gets slots back keeps its entry: while others are asked for objects of them it is to know that what it holds may be
 * there too. `lost` names shards that are gone for good.
 */
export function previousAfter(
  previous: readonly PreviousOwner[],
  moves: readonly Move[],
  epoch: number,
  lost: ReadonlySet<number> = new Set(),
): PreviousOwner[] {
  const leaving = groupedBy(moves, ({ from }) => from);
  const kept = previous.flatMap((entry) => {
    const spans = leaving.get(entry.shard);
    return spans !== undefined && (lost.has(entry.shard) || !entry.lost) ? cutOut(entry, spans) : entry;
  });
  const left = moves.map(({ start, end, from }) => ({ start, end, shard: from, epoch, lost: lost.has(from) }));
  return [...kept, ...joined(left)].sort(comparePlaces);
}

/**
 * Without the entries of shards that say, going by an epoch, that they hold nothing of these slots. What is lost stays lost. The same list
 * if nothing is left out.
 */
export function withoutEmptied(previous: readonly PreviousOwner[], emptied: readonly Emptied[]): readonly PreviousOwner[] {
  const ofShard = groupedBy(emptied, ({ shard }) => shard);
  let cut = false;
  const rest = previous.flatMap((entry) => {
    const concerned = entry.lost ? undefined : ofShard.get(entry.shard)?.filter(({ epoch }) => entry.epoch <= epoch);
    if (concerned === undefined) return entry;
    const pieces = cutOut(
      entry,
      concerned.flatMap(({ spans }) => spans),
    );
    cut ||= pieces[0] !== entry;
    return pieces;
  });
  return cut ? rest.sort(comparePlaces) : previous;
}

/** What these shards were asked for is lost. The same list if they were asked for nothing. */
export function withLost(previous: readonly PreviousOwner[], shards: ReadonlySet<number>): readonly PreviousOwner[] {
  if (!previous.some(({ shard, lost }) => shards.has(shard) && !lost)) return previous;
  let entries = [...previous];
  for (const entry of previous) {
    if (entry.lost || !shards.has(entry.shard)) continue;
    entries = entries.flatMap((other) => (other.shard === entry.shard ? cutOut(other, [entry]) : other));
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

/** What is left of an entry without the spans; the entry itself if it has none of these slots. */
function cutOut(entry: PreviousOwner, spans: readonly SlotSpan[]): PreviousOwner[] {
  let pieces = [entry];
  for (const { start, end } of spans) {
    if (!pieces.some((piece) => start < piece.end && piece.start < end)) continue;
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
  return joined(entries.toSorted((a, b) => compareKinds(a, b) || a.start - b.start)).sort(comparePlaces);
}

/** One entry instead of several in a row that say the same of slots without a gap. */
function joined(entries: readonly PreviousOwner[]): PreviousOwner[] {
  const result: PreviousOwner[] = [];
  for (const entry of entries) {
    const last = result.at(-1);
    if (last === undefined || compareKinds(last, entry) !== 0 || last.end < entry.start) result.push(entry);
    else if (last.end < entry.end) result[result.length - 1] = { ...last, end: entry.end };
  }
  return result;
}

const compareKinds = (a: PreviousOwner, b: PreviousOwner): number =>
  a.shard - b.shard || a.epoch - b.epoch || Number(a.lost) - Number(b.lost);

const comparePlaces = (a: PreviousOwner, b: PreviousOwner): number => a.start - b.start || b.epoch - a.epoch || a.shard - b.shard;

function groupedBy<Item>(items: readonly Item[], keyOf: (item: Item) => number): Map<number, Item[]> {
  const groups = new Map<number, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
