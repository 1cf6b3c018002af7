import { formatBytes, type Tier, tiers } from '@satchel/proto/core';
import type { Demand } from './demand.js';
import type { LimitName, Shares } from './load.js';
import { cheapestMix, cheapestSplit, type MixOptions, objectBounds, type Priced, priceOf, type Split, tiersIn } from './mix.js';
import type { ObjectPrice, PriceSheet } from './price-sheet.js';
import { readMs } from './tier-facts.js';

/** What a growing load meets first. */
export interface Bottleneck {
  readonly name: 'capacity' | 'network' | 'requests' | 'latency' | 'ssd throughput';
  readonly because: string;
}

/** A way to spread a job over the tiers that was considered. */
export interface Alternative {
  readonly name: string;
  readonly priced: Priced;
  readonly object: ObjectPrice;
  /** Median of reading a value. */
  readonly latencyMs: number;
  /** What of the demand it does not meet; empty: it meets all. */
  readonly misses: readonly string[];
  readonly bottleneck: Bottleneck;
}

/** What was chosen for a job, and the order in which a put tries the tiers. */
export interface Choice {
  /** Undefined: the price sheet has no node for it. */
  readonly priced: Priced | undefined;
  readonly shares: Shares;
  readonly order: readonly Tier[];
  readonly because: string;
}

const onlyDram: Shares = { dram: 1, ssd: 0, object: 0 };
const onlySsd: Shares = { dram: 0, ssd: 1, object: 0 };
const all: readonly Tier[] = tiers;

/** Whether a job has to lie in dram, and why. */
export function mustBeInDram({ latency, cache }: Demand): string | undefined {
  if (cache) return 'a cache: only dram knows what was used least recently';
  if (latency === 'sensitive') return 'latency sensitive';
  return latency === 'unknown' ? 'latency sensitivity unknown, taken as sensitive' : undefined;
}

/** The cheapest split that meets a demand. Pure. */
export function chooseMix(demand: Demand, sheet: PriceSheet): Choice {
  const inDram = mustBeInDram(demand);
  if (inDram !== undefined) {
    const because = `${inDram}: fastest first, ${demand.cache ? 'what does not fit is dropped' : 'the rest spills'}`;
    return new PricedOnDemand(demand, sheet, onlyDram, all, because);
  }
  if (!demand.capacityBytes) {
    const because = 'not latency sensitive, and no capacity to compare prices for: dram stays with those who need it';
    return new PricedOnDemand(demand, sheet, onlySsd, ['ssd', 'object'], because);
  }
  const best = cheapestSplit(demand, sheet, optionsFor(all, sheet.objects[0], true));
  if (best === undefined) {
    return { priced: undefined, shares: onlySsd, order: ['ssd', 'object'], because: 'the price sheet has no node for it' };
  }
  const { shares } = simplest(demand, sheet, best);
  const simpler = shares === best.shares ? '' : `; a mix of more tiers would save less than ${percent(indifference)}`;
  const because = `not latency sensitive: the cheapest that does the work${simpler}`;
  return new PricedOnDemand(
    demand,
    sheet,
    shares,
    all.filter((tier) => shares[tier] > 0 || tier === 'object'),
    because,
  );
}

/** A choice whose price is worked out if somebody asks: a registration goes by the price of what it is given. */
class PricedOnDemand implements Choice {
  readonly shares: Shares;
  readonly order: readonly Tier[];
  readonly because: string;
  readonly #demand: Demand;
  readonly #sheet: PriceSheet;

  constructor(demand: Demand, sheet: PriceSheet, shares: Shares, order: readonly Tier[], because: string) {
    this.#demand = demand;
    this.#sheet = sheet;
    this.shares = shares;
    this.order = order;
    this.because = because;
  }

  get priced(): Priced | undefined {
    return priceOf(this.#demand, this.#sheet, this.shares);
  }
}

/** Prices are not known better than this, so that a mix which saves no more is not worth another tier. */
export const indifference = 0.01;

/** Of the splits that cost hardly more than the cheapest those over the fewest of its tiers, and of them the cheapest. */
function simplest(demand: Demand, sheet: PriceSheet, best: Split): Split {
  const used = tiersIn(best.shares);
  for (const subsets of [used.map((tier) => [tier]), used.map((tier) => used.filter((other) => other !== tier))]) {
    if ((subsets[0]?.length ?? 0) >= used.length) return best;
    let found: Split | undefined;
    for (const among of subsets) {
      const split = cheapestSplit(demand, sheet, optionsFor(among, sheet.objects[0], true));
      if (split === undefined || split.dollarsPerHour > best.dollarsPerHour * (1 + indifference)) continue;
      if (found === undefined || split.dollarsPerHour < found.dollarsPerHour) found = split;
    }
    if (found !== undefined) return found;
  }
  return best;
}

/** Everything that comes into question for a demand, cheapest first: single tiers, every object store of the sheet, and the best mixes. Pure. */
export function alternativesOf(demand: Demand, sheet: PriceSheet): Alternative[] {
  const [own] = sheet.objects;
  const candidates: (readonly [readonly Tier[], ObjectPrice])[] = [
    [['dram'], own],
    [['ssd'], own],
    ...sheet.objects.map((object) => [['object'], object] as const),
    [['dram', 'ssd'], own],
    [['ssd', 'object'], own],
    [['dram', 'object'], own],
    [all, own],
  ];
  const found = new Map<string, Alternative>();
  for (const [among, object] of candidates) {
    const priced =
      cheapestMix(demand, sheet, optionsFor(among, object, true)) ?? cheapestMix(demand, sheet, optionsFor(among, object, false));
    if (priced === undefined) continue;
    const alternative = alternativeOf(demand, priced, object);
    const known = found.get(alternative.name);
    if (known === undefined || priced.dollarsPerHour < known.priced.dollarsPerHour) found.set(alternative.name, alternative);
  }
  return [...found.values()].sort((a, b) => a.priced.dollarsPerHour - b.priced.dollarsPerHour);
}

/** What a split is called: `dram + ssd`, `object (S3 Standard)`. */
export function nameOf(shares: Shares, object: ObjectPrice): string {
  const names = all.filter((tier) => shares[tier] > 0).map((tier) => (tier === 'object' ? `object (${object.name})` : tier));
  return names.join(' + ');
}

function optionsFor(among: readonly Tier[], object: ObjectPrice, bounded: boolean): MixOptions {
  return { tiers: among, object, bounded };
}

function alternativeOf(demand: Demand, priced: Priced, object: ObjectPrice): Alternative {
  const { shares } = priced;
  return {
    name: nameOf(shares, object),
    priced,
    object,
    latencyMs: medianMs(shares, object),
    misses: missesOf(demand, shares, object),
    bottleneck: bottleneckOf(demand, priced, object),
  };
}

/** What of a demand a split does not meet. */
export function missesOf(demand: Demand, shares: Shares, object: ObjectPrice): string[] {
  const misses: string[] = [];
  const inDram = mustBeInDram(demand);
  if (inDram !== undefined && shares.dram < 1) {
    const slow = `${percent(1 - shares.dram)} of its reads take ${slowestMs(shares, object).toPrecision(2)} ms`;
    misses.push(demand.cache ? inDram : `latency: ${slow}`);
  }
  if (shares.object === 0) return misses;
  const { gets, uploads } = objectBounds(demand, object);
  const above = shares.object * (1 - 1e-9);
  if (gets < above) {
    const wanted = Math.round((demand.traffic.requestsPerSecond / 2) * shares.object);
    misses.push(
      `requests: ${wanted} gets/s, ${object.name} answers ${object.getsPerSecond * demand.shards}/s of ${shardsText(demand)}`,
    );
  }
  if (uploads < above) {
    const wanted = (demand.traffic.bytesPerSecond / 2) * shares.object;
    misses.push(
      `throughput: ${formatBytes(wanted)}/s of puts, ${shardsText(demand)} uploads ${formatBytes(wanted * (uploads / shares.object))}/s`,
    );
  }
  return misses;
}

/**
 * What a growing load meets first. Functions that make one request at a time get no more than their number by the time of one (Little's law);
 * otherwise the limit that accounts for most of the price, as nothing of it is to spare.
 */
export function bottleneckOf(demand: Demand, priced: Priced, object: ObjectPrice): Bottleneck {
  const { functions, traffic } = demand;
  const meanMs = all.reduce(
    (sum, tier) => sum + priced.shares[tier] * (tier === 'object' ? object.getMs + readMs.dram : readMs[tier]),
    0,
  );
  const wanted = demand.requestsPerSecond ?? traffic.requestsPerSecond;
  if (functions !== undefined && (functions * 1000) / meanMs < wanted) {
    const possible = Math.round((functions * 1000) / meanMs);
    const because = `${functions} functions that wait ${meanMs.toPrecision(2)} ms for one request after the other make ${possible}/s of ${Math.round(wanted)}/s`;
    return { name: 'latency', because };
  }
  const costs = [...priced.decidedBy].sort((a, b) => b[1] - a[1]);
  const [limit, dollars] = costs[0] ?? (['dram capacity', 0] as const);
  const { requestDollarsPerHour, objectDollarsPerHour, dollarsPerHour } = priced;
  if (requestDollarsPerHour > Math.max(dollars, objectDollarsPerHour)) {
    return {
      name: 'requests',
      because: `${percent(requestDollarsPerHour / dollarsPerHour)} of the price are requests to ${object.name}`,
    };
  }
  if (objectDollarsPerHour > dollars) return { name: 'capacity', because: `what ${object.name} holds is most of the price` };
  return {
    name: kindOf[limit],
    because: `${limit} decides how many nodes it takes: ${percent(dollars / (dollarsPerHour || 1))} of the price`,
  };
}

const kindOf: Readonly<Record<LimitName, Bottleneck['name']>> = {
  'dram capacity': 'capacity',
  'ssd capacity': 'capacity',
  network: 'network',
  'ssd throughput': 'ssd throughput',
  requests: 'requests',
};

function medianMs(shares: Shares, object: ObjectPrice): number {
  if (shares.dram >= 0.5) return readMs.dram;
  return shares.dram + shares.ssd >= 0.5 ? readMs.ssd : object.getMs + readMs.dram;
}

function slowestMs(shares: Shares, object: ObjectPrice): number {
  return shares.object > 0 ? object.getMs + readMs.dram : readMs.ssd;
}

function shardsText({ shards }: Demand): string {
  return shards === 1 ? 'one shard' : `${shards} shards`;
}

function percent(part: number): string {
  return `${part >= 0.1 ? Math.round(100 * part) : Number((100 * part).toPrecision(2))} %`;
}
