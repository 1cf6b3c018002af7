import { rangesFromWeights, SatchelError, type SlotRange, slotsPerShard } from '@satchel/proto/core';
import { allocationReasons, placementReason } from './allocation-reasons.js';
import { type Allocation, type Deficit, type Reason, reservedBytes, type ShardShare } from './model.js';
import { type PlacedShard, type PresentShards, place, type Rooms, type ShardRoom } from './placement.js';
import { remembered } from './remembered.js';
import { type Choice, chooseMix } from './sizing/alternatives.js';
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
  /** Of what requests to an object store are reckoned by; given where their price matters. */
  readonly trafficReasons: readonly Reason[];
}

/** What is given in each tier. */
export type Given = Pick<Allocation, 'dramBytes' | 'ssdBytes' | 'objectBytes' | 'throughputBytesPerSecond'>;

/** Jobs that say the same: they want the same, and what costs the same is told by the same reasons. */
interface Kind {
  readonly wanted: Wanted;
  readonly reasons: readonly Reason[];
  readonly cost: (given: Given) => { readonly priced: Priced | undefined; readonly reasons: readonly Reason[] };
}

/** Kinds of jobs that are remembered, and outcomes of each. */
const mostKinds = 1000;
const mostOutcomes = 16;
/** To size and price a job takes longer than to place it, so it is done once for each kind. */
const kinds = new WeakMap<PriceSheet, (said: { hints: SizedHints; recorded: RecordedPeaks | undefined }) => Kind>();

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
  const kind = kindOf(hints, prices, recorded);
  const { demand, choice, dramBytes, ssdBytes } = kind.wanted;
  const throughputBytesPerSecond = demand.throughputBytesPerSecond ?? 0;
  const tier = choice.order[0] === 'dram' ? 'dram' : 'ssd';
  const request = { tier, dramBytes, ssdBytes, throughputBytesPerSecond, shards: demand.shards } as const;
  const { placed, fits } = place(request, rooms, present);
  return allocate(kind, placed, placementReason(demand, placed.length, rooms.length, fits));
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
  const slots = slotsPerShard(ranges);
  const placed = rooms.map((room) => ({ room, weight: slots.get(room.shard) ?? 0 }));
  const because = 'a running job keeps its slots where they are';
  const plan = allocate(kindOf(hints, prices, recorded), placed, { field: 'shards', value: String(slots.size), because });
  return { ...plan, ranges };
}

function kindOf(hints: SizedHints, prices: PriceSheet, recorded: RecordedPeaks | undefined): Kind {
  let known = kinds.get(prices);
  if (known === undefined) {
    known = remembered(mostKinds, (said) => newKind(said.hints, prices, said.recorded));
    kinds.set(prices, known);
  }
  return known({ hints, recorded });
}

function newKind(hints: SizedHints, prices: PriceSheet, recorded: RecordedPeaks | undefined): Kind {
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
    trafficReasons,
  };
  return {
    wanted,
    reasons: [...reasons, { field: 'tiers', value: choice.order.join(', '), because: choice.because }],
    cost: remembered(mostOutcomes, (given: Given) => {
      const priced = priceGiven(wanted, given, prices);
      return { priced, reasons: allocationReasons(wanted, given, priced, prices) };
    }),
  };
}

function allocate({ wanted, reasons, cost }: Kind, placed: readonly PlacedShard[], placement: Reason): JobPlan {
  const { demand, choice } = wanted;
  const ranges = rangesFromWeights(placed.map(({ room, weight }) => ({ shard: room.shard, weight })));
  const shares = sharesOf(wanted, placed, slotsPerShard(ranges));
  const dramBytes = total(shares, 'dramBytes');
  const ssdBytes = total(shares, 'ssdBytes');
  const rest = Math.max(0, (demand.capacityBytes ?? 0) - dramBytes - ssdBytes);
  const objectBytes = demand.cache ? 0 : rest;
  const given = { dramBytes, ssdBytes, objectBytes, throughputBytesPerSecond: total(shares, 'throughputBytesPerSecond') };
  const { priced, reasons: givenReasons } = cost(given);
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
    reasons: [...reasons, placement, ...givenReasons],
    deficit: deficitOf(wanted, allocation),
  };
}

/** What is given costs at list prices, requests for what spills to the object store included. */
function priceGiven({ demand, choice }: Wanted, given: Given, prices: PriceSheet): Priced | undefined {
  const { dramBytes, ssdBytes, objectBytes, throughputBytesPerSecond } = given;
  const bytes = reservedBytes(given);
  const shares = bytes === 0 ? choice.shares : { dram: dramBytes / bytes, ssd: ssdBytes / bytes, object: objectBytes / bytes };
  // A job without hints is given nothing, so it pays for nothing that was not asked for.
  return priceOf({ ...demand, capacityBytes: bytes, throughputBytesPerSecond }, prices, shares);
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
  const { demand, choice } = wanted;
  const owners = placed.filter(({ room }) => slots.has(room.shard));
  const weights = sum(owners.map(({ weight }) => weight));
  const parts = owners.map(({ weight }) => weight / weights);
  const partsOf = (amount: number) => parts.map((part) => amount * part);
  const free = (of: (room: ShardRoom) => number) => owners.map(({ room }) => Math.floor(of(room)));
  const dramWanted = partsOf(wanted.dramBytes);
  const dramFree = free(({ dramFreeBytes }) => dramFreeBytes);
  const dram = dealt(wanted.dramBytes, dramWanted, dramFree);
  const spills = choice.order.includes('ssd') && !demand.cache;
  const spilled = spills ? dramWanted.map((part, index) => Math.max(0, part - (dram[index] ?? 0))) : [];
  const ssdTotal = wanted.ssdBytes + (spills ? wanted.dramBytes - sum(dram) : 0);
  const ssdWanted = partsOf(wanted.ssdBytes).map((part, index) => part + (spilled[index] ?? 0));
  const ssdFree = free(({ ssdFreeBytes }) => ssdFreeBytes);
  const ssd = dealt(ssdTotal, ssdWanted, ssdFree);
  const rate = Math.floor(demand.throughputBytesPerSecond ?? 0);
  const rateFree = free(({ throughputFreeBytesPerSecond }) => throughputFreeBytesPerSecond);
  const throughput = dealt(rate, partsOf(rate), rateFree);
  return owners.map(({ room }, index) => ({
    shard: room.shard,
    node: room.node,
    slots: slots.get(room.shard) ?? 0,
    dramBytes: dram[index] ?? 0,
    ssdBytes: ssd[index] ?? 0,
    throughputBytesPerSecond: throughput[index] ?? 0,
  }));
}

/** `parts` of a total as whole numbers, each at most what is free; what rounding takes from one is given to others, so that nothing is lost. */
function dealt(total: number, parts: readonly number[], free: readonly number[]): number[] {
  const most = (index: number) => Math.max(0, free[index] ?? 0);
  const given = parts.map((part, index) => Math.min(Math.floor(part), most(index)));
  let rounded = total - sum(given);
  if (rounded > parts.length) return given;
  return given.map((amount, index) => {
    const more = Math.min(rounded, most(index) - amount);
    rounded -= more;
    return amount + more;
  });
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}

function total(shares: readonly ShardShare[], field: 'dramBytes' | 'ssdBytes' | 'throughputBytesPerSecond'): number {
  return sum(shares.map((share) => share[field]));
}
