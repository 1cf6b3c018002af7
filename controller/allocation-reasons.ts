import { formatBytes, formatDollars } from '@satchel/proto/core';
import type { Given, Wanted } from './allocation.js';
import type { Reason } from './model.js';
import { bottleneckOf, mustBeInDram } from './sizing/alternatives.js';
import type { Demand } from './sizing/demand.js';
import type { Priced } from './sizing/mix.js';
import type { PriceSheet } from './sizing/price-sheet.js';

/** Why a job is on as many shards as it is. */
export function placementReason(demand: Demand, placed: number, there: number, fits: boolean): Reason {
  const because = () => {
    if (!fits) return 'larger than what the fleet has free: starts on every shard there is, in proportion to what each has free';
    if (placed < demand.shards) return `${demand.shards} wanted, the fleet has ${there}`;
    if (placed > demand.shards) return 'the fewest that hold it';
    return 'as many as wanted, on the fullest node that fits';
  };
  return { field: 'shards', value: String(placed), because: because() };
}

/** Why it is given what it is given in each tier, and what that costs. */
export function allocationReasons(wanted: Wanted, given: Given, priced: Priced | undefined, prices: PriceSheet): Reason[] {
  return [...tierReasons(wanted, given), ...throughputReasons(wanted.demand, given), ...priceReasons(wanted, priced, prices)];
}

function tierReasons(wanted: Wanted, { dramBytes, ssdBytes, objectBytes }: Given): Reason[] {
  const capacity = wanted.demand.capacityBytes;
  if (capacity === undefined)
    return [{ field: 'reserved', value: '0 B', because: 'no capacity is known: uses what is free, yields to reservations' }];
  const reasons: Reason[] = [];
  const add = (field: string, bytes: number, because: string) => reasons.push({ field, value: formatBytes(bytes), because });
  const part = (bytes: number) => (bytes >= capacity ? 'all of the capacity' : 'its part of the cheapest mix');
  const given = (bytes: number, meant: number) => (bytes < meant ? 'what its shards have free' : part(meant));
  if (wanted.dramBytes > 0) add('dram', dramBytes, given(dramBytes, wanted.dramBytes));
  if (wanted.ssdBytes > 0) add('ssd', ssdBytes, given(ssdBytes, wanted.ssdBytes));
  else if (ssdBytes > 0) add('ssd', ssdBytes, 'what dram does not hold');
  if (objectBytes > 0) {
    add('object', objectBytes, objectBytes > wanted.objectBytes ? 'what the other tiers do not hold' : part(objectBytes));
  }
  return reasons;
}

function throughputReasons(demand: Demand, { throughputBytesPerSecond }: Given): Reason[] {
  if (throughputBytesPerSecond >= Math.floor(demand.throughputBytesPerSecond ?? 0)) return [];
  const because = 'what its shards have free; the job starts with that';
  return [{ field: 'throughput reserved', value: `${formatBytes(throughputBytesPerSecond)}/s`, because }];
}

/** What it costs, and what the requests are reckoned by if they matter: those to the object store, or whether to use it. */
function priceReasons({ demand, trafficReasons }: Wanted, priced: Priced | undefined, prices: PriceSheet): Reason[] {
  const field = 'price';
  if (priced === undefined) return [{ field, value: 'unknown', because: 'the price sheet has no node with what is given' }];
  const { nodes, objectDollarsPerHour, requestDollarsPerHour, dollarsPerHour } = priced;
  const value = `${formatDollars(dollarsPerHour)} per hour`;
  if (dollarsPerHour === 0) return [{ field, value, because: 'nothing is reserved' }];
  const [{ name, date }] = prices.objects;
  const parts = nodes.map(
    ({ node, count }) => `${count.toPrecision(2)} × ${node.name} (${formatDollars(node.dollarsPerHour)}, ${node.date})`,
  );
  if (objectDollarsPerHour > 0) parts.push(`${name} (${date}) ${formatDollars(objectDollarsPerHour)}`);
  if (requestDollarsPerHour > 0) parts.push(`its requests ${formatDollars(requestDollarsPerHour)}`);
  const bottleneck = bottleneckOf(demand, priced, prices.objects[0]);
  const compared = mustBeInDram(demand) === undefined && (demand.capacityBytes ?? 0) > 0;
  return [
    ...(compared || requestDollarsPerHour > 0 ? trafficReasons : []),
    { field, value, because: `the cheapest nodes that supply it, in parts: ${parts.join(' + ')}` },
    { field: 'bottleneck', value: bottleneck.name, because: bottleneck.because },
  ];
}
