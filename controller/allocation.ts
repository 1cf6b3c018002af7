import { rangesFromWeights, SatchelError, type SlotRange, slotsPerShard } from '@satchel/proto/core';
import { allocationReasons, placementReason } from './allocation-reasons.js';
import type { Allocation, Deficit, Reason, ShardShare } from './model.js';
import { type PlacedShard, type PresentShards, place, type Rooms, type ShardRoom } from './placement.js';
import { type Choice, chooseMix, mustBeInDram } from './sizing/alternatives.js';
import { type Demand, demandOf, type SizedHints } from './sizing/demand.js';
import type { RecordedPeaks } from './sizing/history.js';
import { type Priced, priceOf } from './sizing/mix.js';
import type { PriceSheet } from './sizing/price-sheet.js';
import { defaultPriceSheet } from './sizing/price-sheet-file.js';

/** What a job would be given, why, and where. */
export interface JobPlan {
  readonly allocation: Allocation;
  readonly reasons: readonly Reason[];
  readonly ranges: readonly SlotRange[];
  /** What it would be short of; undefined: nothing. */
  readonly deficit?: Deficit | undefined;
}

/** What a job is to be given, before anybody looks where. Whole bytes. */
export interface Wanted {
  readonly demand: Demand;
  readonly choice: Choice;
  readonly dramBytes: number;
  readonly ssdBytes: number;
  readonly objectBytes: number;
}

/**
 * Hints → demand → mix of tiers → placement → allocation. Pure. A job larger than what is free gets what there is and the reasons say so.
 * A running job stays on the shards it has (`present`) as far as they hold it, its own reservation counted as free. `recorded` is what
 * earlier runs of its name needed. Throws `unavailable` if no shard may get jobs.
 */
export function planJob(
  hints: SizedHints,
  rooms: Rooms,
  prices: PriceSheet = defaultPriceSheet(),
  present?: PresentShards,
  recorded?: RecordedPeaks,
): JobPlan {
  if (rooms.length === 0) {
    throw new SatchelError('unavailable', 'no storage node is up and taking jobs; start one, for example with: satchel up');
  }
  const { wanted, reasons } = wantedOf(hints, prices, recorded);
  const { demand, choice, dramBytes, ssdBytes } = wanted;
  const throughputBytesPerSecond = demand.throughputBytesPerSecond ?? 0;
  const tier = choice.order[0] === 'dram' ? 'dram' : 'ssd';
  const request = { tier, dramBytes, ssdBytes, throughputBytesPerSecond, shards: demand.shards } as const;
  const { placed, fits } = place(request, rooms, present);
  return allocate(wanted, placed, [...reasons, placementReason(demand, placed.length, rooms.length, fits)], prices);
}

/**
 * The same for a job that already has its slots, which stay where they are. `rooms` are of the shards of `ranges`,
 * the job's own reservation counted as free; a shard without room (its node is down) keeps its slots and reserves nothing.
 */
export function replanJob(
  hints: SizedHints,
  ranges: readonly SlotRange[],
  rooms: readonly ShardRoom[],
  prices: PriceSheet = defaultPriceSheet(),
  recorded?: RecordedPeaks,
): JobPlan {
  const { wanted, reasons } = wantedOf(hints, prices, recorded);
  const slots = slotsPerShard(ranges);
  const placed = rooms.map((room) => ({ room, weight: slots.get(room.shard) ?? 0 }));
  const because = 'a running job keeps its slots where they are';
  const plan = allocate(wanted, placed, [...reasons, { field: 'shards', value: String(slots.size), because }], prices);
  return { ...plan, ranges };
}

function wantedOf(
  hints: SizedHints,
  prices: PriceSheet,
  recorded: RecordedPeaks | undefined,
): { wanted: Wanted; reasons: Reason[] } {
  const { demand, reasons, trafficReasons } = demandOf(hints, recorded);
  const choice = chooseMix(demand, prices);
  const capacity = demand.capacityBytes ?? 0;
  const objectBytes = Math.floor(capacity * choice.shares.object);
  const ssdBytes = choice.shares.dram > 0 ? Math.floor(capacity * choice.shares.ssd) : capacity - objectBytes;
  const fast = choice.shares.dram + choice.shares.ssd > 0;
  const wanted: Wanted = {
    demand,
    choice,
    dramBytes: choice.shares.dram > 0 ? capacity - objectBytes - ssdBytes : 0,
    ssdBytes: fast ? ssdBytes : 0,
    objectBytes: fast ? objectBytes : capacity,
  };
  const compared = mustBeInDram(demand) === undefined && capacity > 0;
  const tiers: Reason = { field: 'tiers', value: choice.order.join(', '), because: choice.because };
  return { wanted, reasons: [...reasons, ...(compared ? trafficReasons : []), tiers] };
}

function allocate(wanted: Wanted, placed: readonly PlacedShard[], reasons: readonly Reason[], prices: PriceSheet): JobPlan {
  const { demand, choice } = wanted;
  const ranges = rangesFromWeights(placed.map(({ room, weight }) => ({ shard: room.shard, weight })));
  const shares = sharesOf(wanted, placed, slotsPerShard(ranges));
  const dramBytes = total(shares, 'dramBytes');
  const ssdBytes = total(shares, 'ssdBytes');
  const rest = Math.max(0, (demand.capacityBytes ?? 0) - dramBytes - ssdBytes);
  const objectBytes = demand.cache ? 0 : rest;
  const given = { dramBytes, ssdBytes, objectBytes, throughputBytesPerSecond: total(shares, 'throughputBytesPerSecond') };
  const priced = priceGiven(wanted, given, prices);
  const allocation: Allocation = {
    ...given,
    tiers: choice.order,
    quotaBytes: demand.quotaBytes ?? 0,
    dollarsPerHour: priced?.dollarsPerHour ?? 0,
    shares,
  };
  return {
    allocation,
    ranges,
    reasons: [...reasons, ...allocationReasons(wanted, allocation, priced, prices)],
    deficit: deficitOf(wanted, allocation),
  };
}

/** What is given costs at list prices. Requests to the object store are those of what was meant for it, not of what spills. */
function priceGiven(
  { demand, choice, objectBytes: meant }: Wanted,
  given: Pick<Allocation, 'dramBytes' | 'ssdBytes' | 'objectBytes' | 'throughputBytesPerSecond'>,
  prices: PriceSheet,
): Priced | undefined {
  const { dramBytes, ssdBytes, objectBytes, throughputBytesPerSecond } = given;
  const bytes = dramBytes + ssdBytes + objectBytes;
  const shares = bytes === 0 ? choice.shares : { dram: dramBytes / bytes, ssd: ssdBytes / bytes, object: objectBytes / bytes };
  const requestShare = bytes === 0 ? 0 : meant / bytes;
  // A job without hints is given nothing, so it pays for nothing that was not asked for.
  return priceOf({ ...demand, capacityBytes: bytes, throughputBytesPerSecond }, prices, shares, prices.objects[0], requestShare);
}

/** What a demand is short of; what rounding takes from each share counts as nothing. */
function deficitOf({ demand, ...wanted }: Wanted, { shares, ...given }: Allocation): Deficit | undefined {
  const short = (missing: number) => (missing > shares.length ? missing : 0);
  const dramBytes = short(wanted.dramBytes - given.dramBytes);
  // What dram lacks may lie on ssd instead, which is not what was wanted there.
  const ssdBytes = short(wanted.ssdBytes - given.ssdBytes);
  const deficit: Deficit = {
    shards: Math.max(0, demand.shards - shares.length),
    bytes: dramBytes + ssdBytes,
    dramBytes,
    ssdBytes,
    throughputBytesPerSecond: short((demand.throughputBytesPerSecond ?? 0) - given.throughputBytesPerSecond),
  };
  return deficit.shards + deficit.bytes + deficit.throughputBytesPerSecond > 0 ? deficit : undefined;
}

/** Each shard's part by weight, in each tier no more than it has free; what does not fit goes to the next tier, or a cache drops it. */
function sharesOf(wanted: Wanted, placed: readonly PlacedShard[], slots: ReadonlyMap<number, number>): ShardShare[] {
  const weights = placed.reduce((sum, { weight }) => sum + weight, 0);
  const { demand, choice } = wanted;
  const spills = choice.order.includes('ssd') && !demand.cache;
  return placed
    .filter(({ room }) => slots.has(room.shard))
    .map(({ room, weight }) => {
      const part = weight / weights;
      const dramWanted = Math.floor(wanted.dramBytes * part);
      const dramBytes = Math.min(dramWanted, Math.floor(room.dramFreeBytes));
      const ssdWanted = Math.floor(wanted.ssdBytes * part) + (spills ? dramWanted - dramBytes : 0);
      const throughput = Math.floor((demand.throughputBytesPerSecond ?? 0) * part);
      return {
        shard: room.shard,
        node: room.node,
        slots: slots.get(room.shard) ?? 0,
        dramBytes,
        ssdBytes: Math.min(ssdWanted, Math.floor(room.ssdFreeBytes)),
        throughputBytesPerSecond: Math.min(throughput, Math.floor(room.throughputFreeBytesPerSecond)),
      };
    });
}

function total(shares: readonly ShardShare[], field: 'dramBytes' | 'ssdBytes' | 'throughputBytesPerSecond'): number {
  return shares.reduce((sum, share) => sum + share[field], 0);
}
