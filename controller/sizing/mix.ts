import type { Tier } from '@satchel/proto/core';
import type { Demand } from './demand.js';
import { minimise, type Row } from './linear-program.js';
import { type LimitName, mostOf, type Need, needsOf, objectDollars, putDollars, type Shares, weigh } from './load.js';
import { type PackedPuts, packedPuts, putRequests, uploadBytesPerSecond } from './packing.js';
import type { NodePrice, ObjectPrice, PriceSheet } from './price-sheet.js';

/** What a split over the tiers costs, and what decides that. */
export interface Priced {
  readonly shares: Shares;
  /** Nodes to be had for it, in fractions: a fleet is shared. */
  readonly nodes: readonly { readonly node: NodePrice; readonly count: number }[];
  readonly nodeDollarsPerHour: number;
  /** Bytes held in the object store. */
  readonly objectDollarsPerHour: number;
  /** Requests to the object store and what it charges for bytes moved. */
  readonly requestDollarsPerHour: number;
  readonly dollarsPerHour: number;
  /** Dollars per hour that each limit accounts for; sums up to those of the nodes. */
  readonly decidedBy: ReadonlyMap<LimitName, number>;
}

/** Tiers among which to split, and what the split has to meet. */
export interface MixOptions {
  readonly tiers: readonly Tier[];
  readonly object: ObjectPrice;
  /** Least part in dram. */
  readonly leastDram: number;
  /** Whether the limits of the object store count. */
  readonly bounded: boolean;
}

/** Between splits of the same price the faster tier; far below anything that shows in a price. */
const preference: Readonly<Record<Tier, number>> = { dram: 0, ssd: 1e-7, object: 2e-7 };

/**
 * The cheapest split of a job over tiers at list prices, request charges included; undefined if none meets the limits. Exact: the price
 * of nodes is a linear program over fractions of nodes and parts of the job; that of put requests is the lesser of two convex functions
 * of the object tier's part, so the program is solved for each and the better taken.
 */
export function cheapestMix(demand: Demand, { nodes }: PriceSheet, options: MixOptions): Priced | undefined {
  const capacityBytes = demand.capacityBytes ?? 0;
  const needs = needsOf(demand, capacityBytes);
  const puts = putsOf(demand, options.object);
  const held = objectDollars(demand, capacityBytes, options.object);
  let best: Priced | undefined;
  for (const steep of puts.steep > puts.level ? [true, false] : [true]) {
    const shares = sharesOf(demand, nodes, needs, puts, held.held + held.moved, { ...options, steep });
    const priced = shares && priceShares(demand, nodes, needs, options.object, shares);
    if (priced !== undefined && (best === undefined || priced.dollarsPerHour < best.dollarsPerHour - 1e-12)) best = priced;
  }
  return best;
}

/**
 * What a given split costs at list prices; `requestShare` is the part whose requests to the object store are paid for. Undefined if no
 * node of the sheet has a tier of it.
 */
export function priceOf(
  demand: Demand,
  sheet: PriceSheet,
  shares: Shares,
  object: ObjectPrice = sheet.objects[0],
  requestShare = shares.object,
): Priced | undefined {
  return priceShares(demand, sheet.nodes, needsOf(demand, demand.capacityBytes ?? 0), object, shares, requestShare);
}

/** What the object store would refuse, as parts of the job it can take at most. */
export function objectBounds(demand: Demand, object: ObjectPrice): { readonly gets: number; readonly uploads: number } {
  const { requestsPerSecond, bytesPerSecond } = demand.traffic;
  return {
    gets: (object.getsPerSecond * demand.shards) / Math.max(1e-9, requestsPerSecond / 2),
    uploads: uploadBytesPerSecond(demand.shards, object) / Math.max(1e-9, bytesPerSecond / 2),
  };
}

function putsOf({ traffic, shards }: Demand, object: ObjectPrice): PackedPuts {
  return packedPuts(traffic.requestsPerSecond / 2, traffic.valueBytes, shards, object);
}

interface ProgramOptions extends MixOptions {
  /** Whether every value is put by a request of its own; else at least so many requests as shards make while packs are not full. */
  readonly steep: boolean;
}

/**
 * Variables: money spent on each kind of node, in units of about the whole price; parts of the job by tier; and put requests unless
 * `steep`. Returns the parts of the cheapest solution.
 */
function sharesOf(
  demand: Demand,
  nodes: readonly NodePrice[],
  needs: readonly Need[],
  puts: PackedPuts,
  objectDollarsPerHour: number,
  options: ProgramOptions,
): Shares | undefined {
  const { tiers, object, steep } = options;
  const scale = scaleOf(nodes, needs) + objectDollarsPerHour || 1;
  const putCosts = putDollars(steep ? puts.steep : 1, object) / scale;
  const objectCosts = objectDollarsPerHour / scale + (steep ? putCosts : 0);
  const costs = [
    ...nodes.map(() => 1),
    ...tiers.map((tier) => preference[tier] + (tier === 'object' ? objectCosts : 0)),
    ...(steep ? [] : [puts.level * putCosts]),
  ];
  const parts = (of: (tier: Tier) => number, requests = 0, ofNodes: (node: NodePrice) => number = () => 0): readonly number[] => [
    ...nodes.map(ofNodes),
    ...tiers.map(of),
    ...(steep ? [] : [requests]),
  ];
  const rows: Row[] = needs.map(({ supply, per }) => {
    const most = mostOf(per);
    return {
      coefficients: parts(
        (tier) => -per[tier] / most,
        0,
        (node) => ((supply(node) / node.dollarsPerHour) * scale) / most,
      ),
      atLeast: 0,
    };
  });
  rows.push({ coefficients: parts(() => 1), atLeast: 1 });
  if (options.leastDram > 0) rows.push({ coefficients: parts((tier) => (tier === 'dram' ? 1 : 0)), atLeast: options.leastDram });
  if (options.bounded) {
    const { gets, uploads } = objectBounds(demand, object);
    const most = Math.min(gets, uploads);
    if (most < 1) rows.push({ coefficients: parts((tier) => (tier === 'object' ? -1 : 0)), atLeast: -most });
  }
  if (!steep) {
    // In units of `level`: at least 1, and at least what full packs make.
    rows.push({ coefficients: parts(() => 0, 1), atLeast: 1 });
    rows.push({ coefficients: parts((tier) => (tier === 'object' ? -puts.slope / puts.level : 0), 1), atLeast: 0 });
  }
  const solution = minimise(costs, rows);
  if (solution === undefined) return undefined;
  const part = (tier: Tier) => (tiers.includes(tier) ? (solution.x[nodes.length + tiers.indexOf(tier)] ?? 0) : 0);
  return normalised(part('dram'), part('ssd'), part('object'));
}

/** Slower tiers keep their parts; what rounding left or lacks goes to the fastest that has any. */
function normalised(dram: number, ssd: number, object: number): Shares {
  const clean = (part: number) => (part < 1e-9 ? 0 : Math.min(1, part));
  const slowest = clean(object);
  const middle = dram < 1e-9 ? (ssd < 1e-9 ? 0 : 1 - slowest) : Math.min(clean(ssd), 1 - slowest);
  if (dram < 1e-9 && ssd < 1e-9) return { dram: 0, ssd: 0, object: 1 };
  return { dram: dram < 1e-9 ? 0 : 1 - slowest - middle, ssd: middle, object: slowest };
}

function priceShares(
  demand: Demand,
  nodes: readonly NodePrice[],
  needs: readonly Need[],
  object: ObjectPrice,
  shares: Shares,
  requestShare = shares.object,
): Priced | undefined {
  const loads = needs.map((need) => ({ ...need, load: weigh(need.per, shares) })).filter(({ load }) => load > 0);
  const scale = scaleOf(nodes, needs) || 1;
  const solution = minimise(
    nodes.map(() => 1),
    loads.map(({ supply, load }) => ({
      coefficients: nodes.map((node) => ((supply(node) / node.dollarsPerHour) * scale) / load),
      atLeast: 1,
    })),
  );
  if (solution === undefined) return undefined;
  const held = objectDollars(demand, demand.capacityBytes ?? 0, object);
  const nodeDollarsPerHour = solution.value * scale;
  const objectDollarsPerHour = held.held * shares.object;
  const requestDollarsPerHour = held.moved * requestShare + putDollars(putRequests(putsOf(demand, object), requestShare), object);
  return {
    shares,
    nodes: nodes.flatMap((node, index) => {
      const count = ((solution.x[index] ?? 0) * scale) / node.dollarsPerHour;
      return count > 0 ? [{ node, count }] : [];
    }),
    nodeDollarsPerHour,
    objectDollarsPerHour,
    requestDollarsPerHour,
    dollarsPerHour: nodeDollarsPerHour + objectDollarsPerHour + requestDollarsPerHour,
    decidedBy: new Map(loads.map(({ limit }, index) => [limit, (solution.duals[index] ?? 0) * scale])),
  };
}

/** Dollars per hour of buying each need by itself, in the tier where it is greatest: at least the price, and not far above it. */
function scaleOf(nodes: readonly NodePrice[], needs: readonly Need[]): number {
  return needs.reduce((sum, { supply, per }) => {
    const least = nodes.reduce((price, node) => {
      const amount = supply(node);
      return amount > 0 ? Math.min(price, node.dollarsPerHour / amount) : price;
    }, Number.POSITIVE_INFINITY);
    return least === Number.POSITIVE_INFINITY ? sum : sum + least * mostOf(per);
  }, 0);
}
