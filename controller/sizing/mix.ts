import { type Tier, tiers } from '@satchel/proto/core';
import type { Demand } from './demand.js';
import { minimise, type Row } from './linear-program.js';
import {
  type LimitName,
  mostOf,
  type Need,
  needsOf,
  objectDollars,
  putDollars,
  type Shares,
  type Supply,
  suppliesOf,
  weigh,
} from './load.js';
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
  /** Whether the limits of the object store count. */
  readonly bounded: boolean;
}

/** Between splits of the same price the faster tier; far below anything that shows in a price. */
const preference: Readonly<Record<Tier, number>> = { dram: 0, ssd: 1e-10, object: 2e-10 };
/** A need that makes up less than this part of what all needs could cost is left out: it would only blur the arithmetic. */
const negligible = 1e-9;

/** A split and what it costs, not yet taken apart. */
export interface Split {
  readonly shares: Shares;
  readonly dollarsPerHour: number;
}

/**
 * The cheapest split of a job over tiers at list prices, request charges included; undefined if none meets the limits. Exact: the price
 * of nodes is a linear program over fractions of nodes and parts of the job; that of put requests is the lesser of two convex functions
 * of the object tier's part, so the program is solved for each and the better taken.
 */
export function cheapestSplit(demand: Demand, sheet: PriceSheet, options: MixOptions): Split | undefined {
  const puts = putsOf(demand, options.object);
  const steep = new MixProgram(demand, sheet.nodes, puts, true, options).solve();
  if (puts.steep <= puts.level || !options.tiers.includes('object')) return steep;
  // The other function begins with a fixed price; where that alone is more, there is nothing to be had.
  if (steep !== undefined && steep.dollarsPerHour <= putDollars(puts.level, options.object)) return steep;
  const flat = new MixProgram(demand, sheet.nodes, puts, false, options).solve();
  if (flat === undefined || steep === undefined) return steep ?? flat;
  return flat.dollarsPerHour < steep.dollarsPerHour ? flat : steep;
}

/** The same, with what it consists of. */
export function cheapestMix(demand: Demand, sheet: PriceSheet, options: MixOptions): Priced | undefined {
  const split = cheapestSplit(demand, sheet, options);
  return split && priceOf(demand, sheet, split.shares, options.object);
}

/** What a given split costs at list prices. Undefined if no node of the sheet has a tier of it. */
export function priceOf(
  demand: Demand,
  sheet: PriceSheet,
  shares: Shares,
  object: ObjectPrice = sheet.objects[0],
): Priced | undefined {
  const bought = buy(sheet.nodes, needsOf(demand, demand.capacityBytes ?? 0), shares);
  if (bought === undefined) return undefined;
  const { held, moved } = objectDollars(demand, demand.capacityBytes ?? 0, object);
  const objectDollarsPerHour = held * shares.object;
  const requests = shares.object > 0 ? putRequests(putsOf(demand, object), shares.object) : 0;
  const requestDollarsPerHour = moved * shares.object + putDollars(requests, object);
  const dollarsPerHour = bought.nodeDollarsPerHour + objectDollarsPerHour + requestDollarsPerHour;
  return { ...bought, shares, objectDollarsPerHour, requestDollarsPerHour, dollarsPerHour };
}

/** What the object store takes, as parts of the job. */
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

/**
 * The linear program of a mix. Variables: dollars spent on each kind of node, in units of about the whole price; parts of the job by tier;
 * and, unless `steep`, put requests in units of what shards make while packs are not full.
 */
class MixProgram {
  readonly #demand: Demand;
  readonly #nodes: readonly NodePrice[];
  readonly #puts: PackedPuts;
  /** Whether every value is put by a request of its own. */
  readonly #steep: boolean;
  readonly #options: MixOptions;

  constructor(demand: Demand, nodes: readonly NodePrice[], puts: PackedPuts, steep: boolean, options: MixOptions) {
    this.#demand = demand;
    this.#nodes = nodes;
    this.#puts = puts;
    this.#steep = steep;
    this.#options = options;
  }

  /** Undefined if no split meets the limits. */
  solve(): Split | undefined {
    const { tiers: among, object } = this.#options;
    const capacityBytes = this.#demand.capacityBytes ?? 0;
    const needs = needsOf(this.#demand, capacityBytes);
    const { held, moved } = objectDollars(this.#demand, capacityBytes, object);
    const scale = scaleOf(this.#nodes, needs) + held + moved || 1;
    const objectCosts = (held + moved + (this.#steep ? putDollars(this.#puts.steep, object) : 0)) / scale;
    const costs = this.#row(1, (tier) => preference[tier] + (tier === 'object' ? objectCosts : 0));
    if (!this.#steep) costs[costs.length - 1] = putDollars(this.#puts.level, object) / scale;
    const rows = [...this.#needRows(needs, scale), { coefficients: this.#row(0, () => 1), atLeast: 1 }, ...this.#objectRows()];
    const solution = minimise(costs, rows);
    if (solution === undefined) return undefined;
    const part = (tier: Tier) => (among.includes(tier) ? (solution.x[this.#nodes.length + among.indexOf(tier)] ?? 0) : 0);
    return { shares: normalised(part('dram'), part('ssd'), part('object')), dollarsPerHour: solution.value * scale };
  }

  /** One number for each variable; the last, if there is one, is 0. */
  #row(ofNode: number, ofTier: (tier: Tier) => number): number[] {
    const { tiers: among } = this.#options;
    const row = new Array<number>(this.#nodes.length + among.length + (this.#steep ? 0 : 1)).fill(0);
    if (ofNode !== 0) row.fill(ofNode, 0, this.#nodes.length);
    for (const [index, tier] of among.entries()) row[this.#nodes.length + index] = ofTier(tier);
    return row;
  }

  /** Nodes supply what each need takes. Rows are stretched so that their greatest numbers are about as far above 1 as below. */
  #needRows(needs: readonly Need[], scale: number): Row[] {
    const supplies = suppliesOf(this.#nodes);
    return needs.flatMap(({ limit, per }) => {
      const { perDollar, leastDollars } = supplies[limit];
      const most = mostOf(per);
      if (most * leastDollars < negligible * scale) return [];
      const stretch = leastDollars === Number.POSITIVE_INFINITY ? 1 / most : Math.sqrt(leastDollars / (most * scale));
      const coefficients = this.#row(0, (tier) => -per[tier] * stretch);
      for (const [index, amount] of perDollar.entries()) coefficients[index] = amount * scale * stretch;
      return [{ coefficients, atLeast: 0 }];
    });
  }

  /** What the object store takes at most, and how many requests are made if values wait for each other. */
  #objectRows(): Row[] {
    const rows: Row[] = [];
    if (this.#options.bounded) {
      const { gets, uploads } = objectBounds(this.#demand, this.#options.object);
      const most = Math.min(gets, uploads);
      if (most < 1) rows.push({ coefficients: this.#row(0, (tier) => (tier === 'object' ? -1 : 0)), atLeast: -most });
    }
    if (this.#steep) return rows;
    const withRequests = (ofObject: number, atLeast: number): Row => {
      const coefficients = this.#row(0, (tier) => (tier === 'object' ? ofObject : 0));
      coefficients[coefficients.length - 1] = 1;
      return { coefficients, atLeast };
    };
    return [...rows, withRequests(0, 1), withRequests(-this.#puts.slope / this.#puts.level, 0)];
  }
}

/** Slower tiers keep their parts; what rounding left over or short goes to the fastest that has any. */
function normalised(...solved: readonly [dram: number, ssd: number, object: number]): Shares {
  const [dram, ssd, object] = solved.map((part) => (part < 1e-9 ? 0 : Math.min(1, part))) as [number, number, number];
  if (dram > 0) {
    const middle = Math.min(ssd, 1 - object);
    return { dram: 1 - object - middle, ssd: middle, object };
  }
  return ssd > 0 ? { dram: 0, ssd: 1 - object, object } : { dram: 0, ssd: 0, object: 1 };
}

/** The cheapest nodes that supply what a split needs, in fractions; undefined if some of it is not to be had. */
function buy(
  nodes: readonly NodePrice[],
  needs: readonly Need[],
  shares: Shares,
): Pick<Priced, 'nodes' | 'nodeDollarsPerHour' | 'decidedBy'> | undefined {
  const supplies = suppliesOf(nodes);
  const loads: { limit: LimitName; load: number; supply: Supply }[] = [];
  let scale = 0;
  for (const { limit, per } of needs) {
    const load = weigh(per, shares);
    const supply = supplies[limit];
    if (load <= 0) continue;
    if (supply.leastDollars === Number.POSITIVE_INFINITY) return undefined;
    loads.push({ limit, load, supply });
    scale += load * supply.leastDollars;
  }
  if (scale === 0) return { nodes: [], nodeDollarsPerHour: 0, decidedBy: new Map() };
  // In units of what the load would cost by itself: every number is between 0 and 1.
  const rows = loads.map(({ load, supply }) => {
    const alone = supply.leastDollars;
    return { coefficients: supply.perDollar.map((amount) => amount * alone), atLeast: (load * alone) / scale };
  });
  const solution = minimise(new Array<number>(nodes.length).fill(1), rows);
  if (solution === undefined) return undefined;
  return {
    nodes: nodes.flatMap((node, index) => {
      const count = ((solution.x[index] ?? 0) * scale) / node.dollarsPerHour;
      return count > 0 ? [{ node, count }] : [];
    }),
    nodeDollarsPerHour: solution.value * scale,
    decidedBy: new Map(
      loads.map(({ limit }, index) => [limit, (solution.duals[index] ?? 0) * (rows[index]?.atLeast ?? 0) * scale]),
    ),
  };
}

/** Dollars per hour of buying each need by itself, in the tier where it is greatest: at least the price, and not far above it. */
function scaleOf(nodes: readonly NodePrice[], needs: readonly Need[]): number {
  const supplies = suppliesOf(nodes);
  return needs.reduce((sum, { limit, per }) => {
    const { leastDollars } = supplies[limit];
    return leastDollars === Number.POSITIVE_INFINITY ? sum : sum + leastDollars * mostOf(per);
  }, 0);
}

/** Tiers with a part in a split. */
export function tiersIn(shares: Shares): Tier[] {
  return tiers.filter((tier) => shares[tier] > 0);
}
