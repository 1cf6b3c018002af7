import type { Tier } from '@satchel/proto/core';
import type { Demand } from './demand.js';
import type { NodePrice, ObjectPrice } from './price-sheet.js';
import { coreRequestsPerSecond } from './tier-facts.js';

/** What can run short. `ssd throughput` is that of the flash itself. */
export type LimitName = 'dram capacity' | 'ssd capacity' | 'network' | 'ssd throughput' | 'requests';

/** Parts of a job's bytes by tier, summing up to 1. Accesses are taken to follow the bytes. */
export type Shares = Readonly<Record<Tier, number>>;

/** Something nodes supply, and how much of it the whole job would need if it were all in one tier. */
export interface Need {
  readonly limit: LimitName;
  readonly supply: (node: NodePrice) => number;
  readonly per: Shares;
}

/** What a job needs of nodes. What is unknown needs nothing. */
export function needsOf(demand: Pick<Demand, 'throughputBytesPerSecond' | 'requestsPerSecond'>, capacityBytes: number): Need[] {
  const bytesPerSecond = demand.throughputBytesPerSecond ?? 0;
  const requests = demand.requestsPerSecond ?? 0;
  const needs: Need[] = [
    { limit: 'dram capacity', supply: (node) => node.dramBytes, per: { dram: capacityBytes, ssd: 0, object: 0 } },
    { limit: 'ssd capacity', supply: (node) => node.ssdBytes, per: { dram: 0, ssd: capacityBytes, object: 0 } },
    {
      // What lies in an object store passes the node's network twice.
      limit: 'network',
      supply: (node) => node.networkBytesPerSecond,
      per: { dram: bytesPerSecond, ssd: bytesPerSecond, object: 2 * bytesPerSecond },
    },
    { limit: 'ssd throughput', supply: (node) => node.ssdBytesPerSecond, per: { dram: 0, ssd: bytesPerSecond, object: 0 } },
    {
      limit: 'requests',
      supply: (node) => node.cores,
      per: {
        dram: requests / coreRequestsPerSecond.dram,
        ssd: requests / coreRequestsPerSecond.ssd,
        object: requests / coreRequestsPerSecond.object,
      },
    },
  ];
  return needs.filter(({ per }) => mostOf(per) > 0);
}

/** The greatest part. */
export function mostOf({ dram, ssd, object }: Shares): number {
  return Math.max(dram, ssd, object);
}

/** What all of an amount by tier is for given shares. */
export function weigh(per: Shares, shares: Shares): number {
  return per.dram * shares.dram + per.ssd * shares.ssd + per.object * shares.object;
}

const gigabyte = 1e9;
const hoursPerMonth = 730;

/** Dollars per hour of a job that is wholly in an object store, puts aside: bytes held, gets, and bytes moved. Half of the requests are gets. */
export function objectDollars(
  { traffic }: Pick<Demand, 'traffic'>,
  capacityBytes: number,
  price: ObjectPrice,
): { readonly held: number; readonly moved: number } {
  const getsPerHour = (traffic.requestsPerSecond / 2) * 3600;
  const gigabytesPerHour = ((traffic.bytesPerSecond / 2) * 3600) / gigabyte;
  return {
    held: ((capacityBytes / gigabyte) * price.dollarsPerGBMonth) / hoursPerMonth,
    moved:
      (getsPerHour / 1e6) * price.dollarsPerMillionGets + gigabytesPerHour * (price.dollarsPerGBWritten + price.dollarsPerGBRead),
  };
}

/** Dollars per hour of put requests made at a rate per second. */
export function putDollars(requestsPerSecond: number, price: ObjectPrice): number {
  return ((requestsPerSecond * 3600) / 1e6) * price.dollarsPerMillionPuts;
}
