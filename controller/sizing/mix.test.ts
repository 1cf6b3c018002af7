import { type Hints, tiers } from '@satchel/proto/core';
import { parseHints } from '@satchel/proto/validation';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alternativesOf, bottleneckOf, chooseMix, indifference, missesOf } from './alternatives.js';
import { type Demand, demandOf } from './demand.js';
import type { Shares } from './load.js';
import { cheapestMix, priceOf } from './mix.js';
import type { PriceSheet } from './price-sheet.js';
import { defaultPriceSheet } from './price-sheet-file.js';

const MiB = 2 ** 20;
const GiB = 2 ** 30;
const TiB = 2 ** 40;
const sheet = defaultPriceSheet();
const [store] = sheet.objects;

/** Logarithmic, so that all magnitudes come about equally often. */
const upTo = (most: number) =>
  fc.double({ min: 0, max: Math.log(most), noNaN: true }).map((log) => Math.max(1, Math.round(Math.exp(log))));
const maybe = (most: number) => fc.option(upTo(most), { nil: undefined });
const tolerant = fc
  .record({
    capacity: upTo(2 ** 46),
    throughput: maybe(2 ** 38),
    functions: maybe(10_000),
    requests: maybe(1e7),
    valueSize: maybe(2 ** 28),
    lifetimeSeconds: maybe(1e6),
  })
  .map((hints): Hints => ({ ...clean(hints), latencySensitive: false }));

function clean(hints: Hints): Hints {
  return parseHints(Object.fromEntries(Object.entries(hints).filter(([, value]) => value !== undefined)));
}

const steps = 12;
const grid: Shares[] = Array.from({ length: steps + 1 }, (_, dram) =>
  Array.from({ length: steps + 1 - dram }, (__, ssd) => ({
    dram: dram / steps,
    ssd: ssd / steps,
    object: (steps - dram - ssd) / steps,
  })),
).flat();

const demandFor = (hints: Hints): Demand => demandOf(hints).demand;
const meets = (demand: Demand, shares: Shares) => missesOf(demand, shares, store).length === 0;

describe('the cheapest mix', () => {
  const all = { tiers, object: store, bounded: true };

  it('is never dearer than any other split that meets the demand', () => {
    fc.assert(
      fc.property(tolerant, (hints) => {
        const demand = demandFor(hints);
        const exact = cheapestMix(demand, sheet, all)?.dollarsPerHour ?? Number.POSITIVE_INFINITY;
        const chosen = chooseMix(demand, sheet).priced?.dollarsPerHour ?? Number.POSITIVE_INFINITY;
        expect(chosen).toBeLessThanOrEqual(exact * (1 + indifference) * (1 + 1e-5));
        for (const shares of grid) {
          if (!meets(demand, shares)) continue;
          const other = (priceOf(demand, sheet, shares)?.dollarsPerHour ?? 0) * (1 + 1e-5) + 1e-12;
          expect(exact).toBeLessThanOrEqual(other);
          // Nothing is simpler than a single tier, so that what is chosen is no dearer either.
          if (Math.max(shares.dram, shares.ssd, shares.object) === 1) expect(chosen).toBeLessThanOrEqual(other);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('meets the demand, and holds all of it', () => {
    fc.assert(
      fc.property(tolerant, (hints) => {
        const demand = demandFor(hints);
        const { shares } = chooseMix(demand, sheet);
        expect(missesOf(demand, shares, store)).toEqual([]);
        expect(shares.dram + shares.ssd + shares.object).toBeCloseTo(1, 9);
        for (const part of Object.values(shares)) expect(part).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 500 },
    );
  });

  it('is to be had on the nodes it names', () => {
    fc.assert(
      fc.property(tolerant, (hints) => {
        const demand = demandFor(hints);
        const { priced, shares } = chooseMix(demand, sheet);
        const supplied = (of: (node: PriceSheet['nodes'][number]) => number) =>
          (priced?.nodes ?? []).reduce((sum, { node, count }) => sum + count * of(node), 0) * (1 + 1e-6) + 1e-6;
        const capacity = demand.capacityBytes ?? 0;
        expect(supplied(({ dramBytes }) => dramBytes)).toBeGreaterThanOrEqual(capacity * shares.dram);
        expect(supplied(({ ssdBytes }) => ssdBytes)).toBeGreaterThanOrEqual(capacity * shares.ssd);
        const network = (demand.throughputBytesPerSecond ?? 0) * (1 + shares.object);
        expect(supplied(({ networkBytesPerSecond }) => networkBytesPerSecond)).toBeGreaterThanOrEqual(network);
      }),
      { numRuns: 300 },
    );
  });

  it('accounts for its whole price', () => {
    fc.assert(
      fc.property(tolerant, (hints) => {
        const { priced } = chooseMix(demandFor(hints), sheet);
        const { nodeDollarsPerHour = 0, nodes = [], decidedBy = new Map() } = priced ?? {};
        const bought = nodes.reduce((sum, { node, count }) => sum + count * node.dollarsPerHour, 0);
        expect(bought).toBeCloseTo(nodeDollarsPerHour, 6);
        const decided = [...decidedBy.values()].reduce((sum, dollars) => sum + dollars, 0);
        expect(decided / (nodeDollarsPerHour || 1)).toBeCloseTo(nodeDollarsPerHour > 0 ? 1 : 0, 5);
      }),
      { numRuns: 300 },
    );
  });

  it('never gets cheaper when a price rises', () => {
    const factor = fc.double({ min: 1, max: 10, noNaN: true });
    fc.assert(
      fc.property(tolerant, fc.nat(sheet.nodes.length), factor, (hints, which, times) => {
        const demand = demandFor(hints);
        const dearer: PriceSheet = {
          ...sheet,
          nodes: sheet.nodes.map((node, index) =>
            index === which ? { ...node, dollarsPerHour: node.dollarsPerHour * times } : node,
          ),
          objects: which < sheet.nodes.length ? sheet.objects : [scaled(store, times)],
        };
        const before = cheapestMix(demand, sheet, all)?.dollarsPerHour ?? 0;
        const after = cheapestMix(demand, dearer, all)?.dollarsPerHour ?? 0;
        expect(after).toBeGreaterThanOrEqual(before * (1 - 1e-5));
        expect(after).toBeLessThanOrEqual(before * times * (1 + 1e-5) + 1e-12);
      }),
      { numRuns: 300 },
    );
  });

  it('is the same split at twice all prices', () => {
    const doubled: PriceSheet = {
      ...sheet,
      nodes: sheet.nodes.map((node) => ({ ...node, dollarsPerHour: 2 * node.dollarsPerHour })),
      objects: [scaled(store, 2)],
    };
    fc.assert(
      fc.property(tolerant, (hints) => {
        const one = chooseMix(demandFor(hints), sheet).priced?.dollarsPerHour ?? 0;
        const two = chooseMix(demandFor(hints), doubled).priced?.dollarsPerHour ?? 0;
        expect(two).toBeCloseTo(2 * one, 6 - Math.ceil(Math.log10(1 + one)));
      }),
      { numRuns: 200 },
    );
  });

  function scaled(price: typeof store, times: number): typeof store {
    return {
      ...price,
      dollarsPerGBMonth: price.dollarsPerGBMonth * times,
      dollarsPerMillionGets: price.dollarsPerMillionGets * times,
      dollarsPerMillionPuts: price.dollarsPerMillionPuts * times,
    };
  }
});

describe('what is chosen', () => {
  const cases: [string, Hints, (shares: Shares) => boolean, string][] = [
    ['latency sensitive lies in dram', { capacity: GiB, latencySensitive: true }, ({ dram }) => dram === 1, 'dram, ssd, object'],
    ['unknown latency lies in dram', { capacity: TiB }, ({ dram }) => dram === 1, 'dram, ssd, object'],
    [
      'a cache lies in dram',
      { capacity: GiB, latencySensitive: false, evict: 'lru' },
      ({ dram }) => dram === 1,
      'dram, ssd, object',
    ],
    [
      'much that is seldom touched lies in the object store',
      { capacity: 10 * TiB, latencySensitive: false, throughput: MiB, valueSize: 8 * MiB },
      ({ object }) => object === 1,
      'object',
    ],
    [
      'small values do not, for their requests',
      { capacity: 10 * TiB, latencySensitive: false, requests: 10_000, valueSize: 1000 },
      ({ object }) => object === 0,
      'ssd, object',
    ],
    [
      'little that is moved fast lies in dram of nodes bought for their network',
      { capacity: GiB, latencySensitive: false, throughput: 50 * GiB, valueSize: MiB },
      ({ dram }) => dram === 1,
      'dram, object',
    ],
    [
      'data of unknown lifetime lies on ssd',
      { capacity: 10 * GiB, latencySensitive: false },
      ({ ssd }) => ssd === 1,
      'ssd, object',
    ],
    ['no capacity: nothing to compare', { latencySensitive: false }, ({ ssd }) => ssd === 1, 'ssd, object'],
  ];
  it.each(cases)('%s', (_, hints, expected, order) => {
    const choice = chooseMix(demandFor(hints), sheet);
    expect(expected(choice.shares)).toBe(true);
    expect(choice.order.join(', ')).toBe(order);
  });
});

describe('alternatives', () => {
  it('are single tiers, every object store and the best mix, cheapest first', () => {
    const found = alternativesOf(demandFor({ capacity: 100 * GiB, latencySensitive: false, throughput: 200 * MiB }), sheet);
    const names = found.map(({ name }) => name);
    for (const name of ['dram', 'ssd', 'object (S3 Standard)', 'object (S3 Express One Zone)']) expect(names).toContain(name);
    const prices = found.map(({ priced }) => priced.dollarsPerHour);
    expect(prices).toEqual(prices.toSorted((a, b) => a - b));
    expect(new Set(names).size).toBe(names.length);
  });

  it('have the chosen one as the cheapest that misses nothing, or hardly dearer', () => {
    fc.assert(
      fc.property(tolerant, (hints) => {
        const demand = demandFor(hints);
        const best = alternativesOf(demand, sheet).find(({ misses, object }) => misses.length === 0 && object === store);
        const chosen = chooseMix(demand, sheet).priced?.dollarsPerHour ?? 0;
        expect(chosen).toBeGreaterThanOrEqual((best?.priced.dollarsPerHour ?? 0) * (1 - 1e-5));
        expect(chosen).toBeLessThanOrEqual((best?.priced.dollarsPerHour ?? 0) * (1 + indifference) * (1 + 1e-5) + 1e-12);
      }),
      { numRuns: 200 },
    );
  });

  it('say what they miss', () => {
    const of = (hints: Hints, name: string) => alternativesOf(demandFor(hints), sheet).find((one) => one.name === name);
    expect(of({ capacity: GiB, latencySensitive: true }, 'dram')?.misses).toEqual([]);
    expect(of({ capacity: GiB, latencySensitive: true }, 'ssd')?.misses).toEqual(['latency: 100 % of its reads take 0.25 ms']);
    const small = { capacity: TiB, latencySensitive: false, requests: 1e6, valueSize: 100 };
    expect(of(small, 'object (S3 Standard)')?.misses[0]).toMatch(/^requests: 500000 gets\/s/);
    const wide = { capacity: TiB, latencySensitive: false, throughput: GiB, valueSize: 8 * MiB };
    expect(of({ ...wide, throughput: 490 * MiB }, 'object (S3 Standard)')?.misses).toEqual([]);
  });

  const bottlenecks: [string, Hints, string, string][] = [
    ['capacity', { capacity: TiB }, 'dram', 'capacity'],
    ['network', { capacity: GiB, throughput: 10 * GiB }, 'dram', 'network'],
    ['requests of small values', { capacity: MiB, requests: 1e6, valueSize: 10 }, 'dram', 'requests'],
    [
      'requests to an object store',
      { capacity: GiB, throughput: 100 * MiB, valueSize: 10_000 },
      'object (S3 Standard)',
      'requests',
    ],
    ['what an object store holds', { capacity: TiB, throughput: 1, valueSize: 1 }, 'object (S3 Standard)', 'capacity'],
    [
      'latency of one request after the other',
      { capacity: GiB, functions: 100, valueSize: 64 * 1024 },
      'object (S3 Standard)',
      'latency',
    ],
    ['flash', { capacity: GiB, throughput: 10 * GiB }, 'ssd', 'ssd throughput'],
  ];
  it.each(bottlenecks)('predict %s', (_, hints, name, bottleneck) => {
    const demand = demandFor(hints);
    const found = alternativesOf(demand, sheet).find((one) => one.name === name);
    expect(found?.bottleneck.name).toBe(bottleneck);
    if (found !== undefined) expect(bottleneckOf(demand, found.priced, found.object).because).not.toBe('');
  });
});
