import type { Tier } from '@satchel/proto/core';
import type { Demand } from './demand.js';
import type { NodePrice, ObjectPrice } from './price-sheet.js';
import { coreRequestsPerSecond } from './tier-facts.js';

/** What can run short. `ssd throughput` is that of the flash itself. */
export type LimitName = 'dram capacity' | 'ssd capacity' | 'network' | 'ssd throughput' | 'requests';

/** Parts of a job's bytes by tier, summing up to 1. Accesses are taken to follow the bytes. */
export type Shares = Readonly<Record<Tier, number>>;

/** How much of something that nodes supply the whole job would need if it were all in one tier. */
export interface Need {
  readonly limit: LimitName;
  readonly per: Shares;
}

/** What nodes supply of something for a dollar per hour, node by node, and what a unit costs where it is cheapest. */
export interface Supply {
  readonly perDollar: readonly number[];
  /** Infinity: no node has it. */
  readonly leastDollars: number;
}

const amountsOf: Readonly<Record<LimitName, (node: NodePrice) => number>> = {
  'dram capacity': ({ dramBytes }) => dramBytes,
  'ssd capacity': ({ ssdBytes }) => ssdBytes,
  network: ({ networkBytesPerSecond }) => networkBytesPerSecond,
  'ssd throughput': ({ ssdBytesPerSecond }) => ssdBytesPerSecond,
  requests: ({ cores }) => cores,
};

const suppliesOfNodes = new WeakMap<readonly NodePrice[], Readonly<Record<LimitName, Supply>>>();

/** Everything that nodes supply; worked out once for each list of nodes. */
export function suppliesOf(nodes: readonly NodePrice[]): Readonly<Record<LimitName, Supply>> {
  const known = suppliesOfNodes.get(nodes);
  if (known !== undefined) return known;
  const supplyOf = (limit: LimitName): Supply => {
    const perDollar = nodes.map((node) => amountsOf[limit](node) / node.dollarsPerHour);
    return { perDollar, leastDollars: 1 / Math.max(...perDollar) };
  };
  const supplies = {
    'dram capacity': supplyOf('dram capacity'),
    'ssd capacity': supplyOf('ssd capacity'),
    network: supplyOf('network'),
    'ssd throughput': supplyOf('ssd throughput'),
    requests: supplyOf('requests'),
  };
  suppliesOfNodes.set(nodes, supplies);
  return supplies;
}

/** What a job needs of nodes. What is unknown needs nothing. */
export function needsOf(
  { throughputBytesPerSecond = 0, requestsPerSecond = 0 }: Pick<Demand, 'throughputBytesPerSecond' | 'requestsPerSecond'>,
  capacityBytes: number,
): Need[] {
  const needs: Need[] = [];
  if (capacityBytes > 0) {
    needs.push({ limit: 'dram capacity', per: { dram: capacityBytes, ssd: 0, object: 0 } });
    needs.push({ limit: 'ssd capacity', per: { dram: 0, ssd: capacityBytes, object: 0 } });
  }
  if (throughputBytesPerSecond > 0) {
    const rate = throughputBytesPerSecond;
    // What lies in an object store passes the node's network twice.
    needs.push({ limit: 'network', per: { dram: rate, ssd: rate, object: 2 * rate } });
    needs.push({ limit: 'ssd throughput', per: { dram: 0, ssd: rate, object: 0 } });
  }
  if (requestsPerSecond > 0) {
    const cores = (tier: Tier) => requestsPerSecond / coreRequestsPerSecond[tier];
    needs.push({ limit: 'requests', per: { dram: cores('dram'), ssd: cores('ssd'), object: cores('object') } });
  }
  return needs;
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
