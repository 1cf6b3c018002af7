import { type SlotRange, slotCount, slotsPerShard } from '@satchel/proto/core';
import type { JobPlan } from '../allocation.js';
import type { Deficit, FormerShard, JobRecord, Reason } from '../model.js';
import type { PresentShards } from '../placement.js';
import { previousAfter, withLost } from '../slots/previous-owners.js';
import { reassign } from '../slots/reassign.js';
import { type Move, movesBetween, slotsMoved } from '../slots/segments.js';

/** Entries of previous owners that one job may have; a job with more keeps its slots until some have been emptied. */
export const mostPreviousOwners = 2048;

/** A running job's plan anew. */
export interface Replan {
  readonly plan: JobPlan;
  readonly moves: readonly Move[];
}

/** The part of a job's slots that each of its shards has. */
export function presentIn(ranges: readonly SlotRange[]): PresentShards {
  return new Map([...slotsPerShard(ranges)].map(([shard, slots]) => [shard, slots / slotCount]));
}

/**
 * A job that has slots by `ranges` and is planned anew, as `planned`, which is what one with these parts of its slots on these shards would be given:
 * it stays where it is as far as that holds it, and slots move as few as can be. Pure.
 */
export function replan(ranges: readonly SlotRange[], planned: JobPlan): Replan {
  const weights = planned.allocation.shares.map(({ shard, slots }) => ({ shard, weight: slots }));
  const after = reassign(ranges, weights);
  return { plan: { ...planned, ranges: after }, moves: movesBetween(ranges, after) };
}

/** Whether a job is short of more of anything. */
function isWorse(deficit: Deficit | undefined, than: Deficit | undefined): boolean {
  const { shards, bytes, throughputBytesPerSecond } = deficit ?? noDeficit;
  const other = than ?? noDeficit;
  return (
    shards > other.shards || bytes > other.bytes || throughputBytesPerSecond > other.throughputBytesPerSecond + roundingPerSecond
  );
}

/** Whether a job gets enough by a change to be moved for it: a sixteenth of something it is short of, and no less of the rest. */
export function isWorthMoving(before: Deficit, after: Deficit | undefined): boolean {
  if (isWorse(after, before)) return false;
  const left = after ?? noDeficit;
  return (['shards', 'bytes', 'throughputBytesPerSecond'] as const).some(
    (what) => before[what] > 0 && left[what] <= before[what] * (1 - 1 / 16),
  );
}

const noDeficit: Deficit = { shards: 0, bytes: 0, dramBytes: 0, ssdBytes: 0, throughputBytesPerSecond: 0 };
/** Shares are rounded down, so that plans that are alike differ by less than a byte per second and shard. */
const roundingPerSecond = 256;

/** The fields of a job that follow a plan. `lost`: shards that are gone for good. */
export function fieldsOf(
  before: JobRecord,
  { plan, moves }: Replan,
  why: string,
  lost: ReadonlySet<number> = new Set(),
): Pick<JobRecord, 'allocation' | 'reasons' | 'ranges' | 'epoch' | 'previous' | 'former' | 'deficit' | 'endpoint'> {
  const { allocation, reasons, ranges, deficit } = plan;
  const known = withLost(before.previous, lost);
  const endpoint = before.endpoint !== undefined && lost.has(before.endpoint.shard) ? undefined : before.endpoint;
  if (moves.length === 0) {
    const { ranges, epoch, former } = before;
    return { allocation, reasons, ranges, epoch, previous: known, former, deficit, endpoint };
  }
  const epoch = before.epoch + 1;
  return {
    allocation,
    reasons: [...reasons, movesReason(moves, epoch, why)],
    ranges,
    epoch,
    previous: previousAfter(known, moves, epoch, lost),
    former: formerAfter(before, plan),
    deficit,
    endpoint,
  };
}

/** Shards that had slots and have none now. */
function formerAfter(before: JobRecord, plan: JobPlan): FormerShard[] {
  const owners = new Set(plan.allocation.shares.map(({ shard }) => shard));
  const places = [...before.former, ...before.allocation.shares.map(({ shard, node }) => ({ shard, node }))];
  return places.filter(({ shard }) => !owners.has(shard));
}

function movesReason(moves: readonly Move[], epoch: number, why: string): Reason {
  const pairs = new Map<string, number>();
  for (const { from, to, start, end } of moves) pairs.set(`${from} → ${to}`, (pairs.get(`${from} → ${to}`) ?? 0) + end - start);
  const largest = [...pairs].sort(([, a], [, b]) => b - a).slice(0, 8);
  const listed = largest.map(([pair, slots]) => `${slots} from shard ${pair}`).join(', ');
  const others = pairs.size > largest.length ? `, and ${pairs.size - largest.length} more` : '';
  return {
    field: 'slots moved',
    value: `${slotsMoved(moves)} of ${slotCount}, epoch ${epoch}`,
    because: `${why}: ${listed}${others}; the fewest that give each shard its part`,
  };
}
