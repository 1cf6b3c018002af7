import { formatBytes, type Hints } from '@satchel/proto/core';
import type { Reason } from '../model.js';
import type { Rooms } from '../placement.js';
import { type Alternative, alternativesOf, chooseMix, nameOf } from './alternatives.js';
import { type Demand, demandOf } from './demand.js';
import type { RecordedPeaks } from './history.js';
import type { Shares } from './load.js';
import type { PriceSheet } from './price-sheet.js';

/** An alternative as a plan shows it. */
export interface PlannedAlternative extends Alternative {
  readonly chosen: boolean;
  readonly dramBytes: number;
  readonly ssdBytes: number;
  readonly objectBytes: number;
  /** Over the lifetime; 0: it is not known. */
  readonly dollarsPerJob: number;
  /** What the fleet has too little of for it just now, in words. */
  readonly short: readonly string[];
}

/** All that was considered for a job. */
export interface Alternatives {
  /** Cheapest first. */
  readonly alternatives: readonly PlannedAlternative[];
  /** Where the traffic comes from that object stores are priced by. */
  readonly trafficReasons: readonly Reason[];
  /** 0: not known. */
  readonly lifetimeMs: number;
}

/** Everything that comes into question for a job on a fleet; nothing for a job of which nothing is known. Pure. */
export function plannedAlternatives(hints: Hints, rooms: Rooms, prices: PriceSheet, recorded?: RecordedPeaks): Alternatives {
  const { demand, trafficReasons } = demandOf(hints, recorded);
  const lifetimeMs = demand.lifetimeMs ?? 0;
  if (!demand.capacityBytes && !demand.throughputBytesPerSecond && !demand.requestsPerSecond)
    return { alternatives: [], trafficReasons: [], lifetimeMs };
  const choice = chooseMix(demand, prices);
  const chosen = nameOf(choice.shares, prices.objects[0]);
  const free = freeOf(rooms);
  const alternatives = alternativesOf(demand, prices).map((alternative) => {
    const { shares, dollarsPerHour } = alternative.priced;
    const bytes = bytesOf(demand, shares);
    return {
      ...alternative,
      ...bytes,
      chosen: alternative.name === chosen,
      dollarsPerJob: (dollarsPerHour * lifetimeMs) / 3_600_000,
      short: shortOf(demand, bytes, free),
    };
  });
  return { alternatives, trafficReasons, lifetimeMs };
}

interface Free {
  readonly dramBytes: number;
  readonly ssdBytes: number;
  readonly throughputBytesPerSecond: number;
}

function freeOf(rooms: Rooms): Free {
  let [dramBytes, ssdBytes, throughputBytesPerSecond] = [0, 0, 0];
  for (const room of rooms) {
    dramBytes += room.dramFreeBytes;
    ssdBytes += room.ssdFreeBytes;
    throughputBytesPerSecond += room.throughputFreeBytesPerSecond;
  }
  return { dramBytes, ssdBytes, throughputBytesPerSecond };
}

function bytesOf({ capacityBytes = 0 }: Demand, shares: Shares) {
  const [ssdBytes, objectBytes] = [Math.round(capacityBytes * shares.ssd), Math.round(capacityBytes * shares.object)];
  return { dramBytes: Math.max(0, capacityBytes - ssdBytes - objectBytes), ssdBytes, objectBytes };
}

function shortOf(demand: Demand, bytes: { readonly dramBytes: number; readonly ssdBytes: number }, free: Free): string[] {
  const throughput = demand.throughputBytesPerSecond ?? 0;
  const short: string[] = [];
  if (bytes.dramBytes > free.dramBytes)
    short.push(`dram: ${formatBytes(free.dramBytes)} of ${formatBytes(bytes.dramBytes)} free`);
  if (bytes.ssdBytes > free.ssdBytes) short.push(`ssd: ${formatBytes(free.ssdBytes)} of ${formatBytes(bytes.ssdBytes)} free`);
  if (throughput > free.throughputBytesPerSecond) {
    short.push(`throughput: ${formatBytes(free.throughputBytesPerSecond)}/s of ${formatBytes(throughput)}/s free`);
  }
  return short;
}
