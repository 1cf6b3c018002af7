import {
  formatBytes,
  formatDollars,
  type Hints,
  rangesFromWeights,
  SatchelError,
  type SlotRange,
  slotsPerShard,
} from '@satchel/proto/core';
import type { Allocation, Deficit, Reason, ShardShare } from './model.js';
import { type PlacedShard, type PresentShards, place, type Rooms, type ShardRoom } from './placement.js';
import { describePrices, dollarsPerHour, type PriceSheet, priceSheet } from './prices.js';
import { type Demand, demandOf } from './sizing.js';

/** What a job would be given, why, and where. */
export interface JobPlan {
  readonly allocation: Allocation;
  readonly reasons: readonly Reason[];
  readonly ranges: readonly SlotRange[];
  /** What it would be short of; undefined: nothing. */
  readonly deficit?: Deficit | undefined;
}

/**
 * Hints → demand → placement → allocation. Pure. A job larger than what is free gets what there is and the reasons say so.
 * A running job stays on the shards it has (`present`) as far as they hold it, its own reservation counted as free.
 * Throws `unavailable` if no shard may get jobs.
 */
export function planJob(hints: Hints, rooms: Rooms, prices: PriceSheet = priceSheet, present?: PresentShards): JobPlan {
  if (rooms.length === 0) {
    throw new SatchelError('unavailable', 'no storage node is up and taking jobs; start one, for example with: satchel up');
  }
  const { demand, reasons } = demandOf(hints);
  const tier = demand.tiers[0] === 'ssd' ? 'ssd' : 'dram';
  const { placed, fits } = place(
    {
      tier,
      dramBytes: tier === 'dram' ? (demand.capacityBytes ?? 0) : 0,
      ssdBytes: tier === 'ssd' ? (demand.capacityBytes ?? 0) : 0,
      throughputBytesPerSecond: demand.throughputBytesPerSecond ?? 0,
      shards: demand.shards,
    },
    rooms,
    present,
  );
  return allocate(demand, placed, [...reasons, shardsReason(demand, placed, rooms, fits)], prices);
}

/**
 * The same for a job that already has its slots, which stay where they are. `rooms` are of the shards of `ranges`,
 * the job's own reservation counted as free; a shard without room (its node is down) keeps its slots and reserves nothing.
 */
export function replanJob(
  hints: Hints,
  ranges: readonly SlotRange[],
  rooms: readonly ShardRoom[],
  prices: PriceSheet = priceSheet,
): JobPlan {
  const { demand, reasons } = demandOf(hints);
  const slots = slotsPerShard(ranges);
  const placed = rooms.map((room) => ({ room, weight: slots.get(room.shard) ?? 0 }));
  const because = 'a running job keeps its slots where they are';
  const plan = allocate(demand, placed, [...reasons, { field: 'shards', value: String(slots.size), because }], prices);
  return { ...plan, ranges };
}

function allocate(demand: Demand, placed: readonly PlacedShard[], reasons: readonly Reason[], prices: PriceSheet): JobPlan {
  const ranges = rangesFromWeights(placed.map(({ room, weight }) => ({ shard: room.shard, weight })));
  const shares = sharesOf(demand, placed, slotsPerShard(ranges));
  const dramBytes = total(shares, 'dramBytes');
  const ssdBytes = total(shares, 'ssdBytes');
  const bytes = { dramBytes, ssdBytes, objectBytes: Math.max(0, (demand.capacityBytes ?? 0) - dramBytes - ssdBytes) };
  const dollars = dollarsPerHour(bytes, prices);
  const allocation: Allocation = {
    ...bytes,
    throughputBytesPerSecond: total(shares, 'throughputBytesPerSecond'),
    tiers: demand.tiers,
    quotaBytes: demand.capacityBytes ?? 0,
    dollarsPerHour: dollars,
    shares,
  };
  return {
    allocation,
    ranges,
    reasons: [
      ...reasons,
      ...tierReasons(demand, allocation),
      ...throughputReasons(demand, allocation),
      priceReason(dollars, prices),
    ],
    deficit: deficitOf(demand, allocation),
  };
}

/** What a demand is short of; throughput may be short by what rounding takes from each share. */
function deficitOf(demand: Demand, { shares, throughputBytesPerSecond, ...bytes }: Allocation): Deficit | undefined {
  const first = demand.tiers[0] === 'ssd' ? bytes.ssdBytes : bytes.dramBytes;
  const missingThroughput = (demand.throughputBytesPerSecond ?? 0) - throughputBytesPerSecond;
  const missingBytes = (demand.capacityBytes ?? 0) - first;
  const deficit: Deficit = {
    shards: Math.max(0, demand.shards - shares.length),
    bytes: missingBytes > shares.length ? missingBytes : 0,
    throughputBytesPerSecond: missingThroughput > shares.length ? missingThroughput : 0,
  };
  return deficit.shards + deficit.bytes + deficit.throughputBytesPerSecond > 0 ? deficit : undefined;
}

/** Each shard's part by weight, in each tier no more than it has free; what does not fit goes to the next tier. */
function sharesOf(demand: Demand, placed: readonly PlacedShard[], slots: ReadonlyMap<number, number>): ShardShare[] {
  const weights = placed.reduce((sum, { weight }) => sum + weight, 0);
  return placed
    .filter(({ room }) => slots.has(room.shard))
    .map(({ room, weight }) => {
      const part = weight / weights;
      const bytes = Math.floor((demand.capacityBytes ?? 0) * part);
      const dramBytes = demand.tiers.includes('dram') ? Math.min(bytes, Math.floor(room.dramFreeBytes)) : 0;
      const ssdBytes = demand.tiers.includes('ssd') ? Math.min(bytes - dramBytes, Math.floor(room.ssdFreeBytes)) : 0;
      const wanted = Math.floor((demand.throughputBytesPerSecond ?? 0) * part);
      return {
        shard: room.shard,
        node: room.node,
        slots: slots.get(room.shard) ?? 0,
        dramBytes,
        ssdBytes,
        throughputBytesPerSecond: Math.min(wanted, Math.floor(room.throughputFreeBytesPerSecond)),
      };
    });
}

function total(shares: readonly ShardShare[], field: 'dramBytes' | 'ssdBytes' | 'throughputBytesPerSecond'): number {
  return shares.reduce((sum, share) => sum + share[field], 0);
}

function shardsReason(demand: Demand, placed: readonly PlacedShard[], rooms: Rooms, fits: boolean): Reason {
  const because = () => {
    if (!fits) return 'larger than what the fleet has free: starts on every shard there is, in proportion to what each has free';
    if (placed.length < demand.shards) return `${demand.shards} wanted, the fleet has ${rooms.length}`;
    if (placed.length > demand.shards) return 'the fewest that hold it';
    return 'as many as wanted, on the fullest node that fits';
  };
  return { field: 'shards', value: String(placed.length), because: because() };
}

function tierReasons(demand: Demand, allocation: Allocation): Reason[] {
  const capacity = demand.capacityBytes;
  if (capacity === undefined) return [{ field: 'reserved', value: '0 B', because: 'no capacity hint' }];
  const first = demand.tiers[0];
  const missing = (tier: 'dram' | 'ssd') =>
    allocation[`${tier}Bytes`] < capacity ? 'what its shards have free' : 'all of the capacity';
  const reasons: Reason[] = [];
  if (first === 'dram') reasons.push({ field: 'dram', value: formatBytes(allocation.dramBytes), because: missing('dram') });
  if (first === 'ssd' || allocation.ssdBytes > 0) {
    const because = first === 'ssd' ? missing('ssd') : 'what dram does not hold';
    reasons.push({ field: 'ssd', value: formatBytes(allocation.ssdBytes), because });
  }
  if (allocation.objectBytes > 0) {
    reasons.push({ field: 'object', value: formatBytes(allocation.objectBytes), because: 'what the other tiers do not hold' });
  }
  return reasons;
}

function throughputReasons(demand: Demand, { throughputBytesPerSecond, shares }: Allocation): Reason[] {
  // Each share is rounded down by less than a byte per second.
  if ((demand.throughputBytesPerSecond ?? 0) - throughputBytesPerSecond <= shares.length) return [];
  const because = 'what its shards have free; the job starts with that';
  return [{ field: 'throughput reserved', value: `${formatBytes(throughputBytesPerSecond)}/s`, because }];
}

function priceReason(dollars: number, prices: PriceSheet): Reason {
  return { field: 'price', value: `${formatDollars(dollars)} per hour`, because: describePrices(prices) };
}
