import type { Day } from '../day.js';
import { prices } from '../fleet/instances.js';
import type { SimulationOptions } from '../options.js';
import { heldByteMs, type Kind, kinds, type SimulatedJob } from '../workload/job.js';
import { type Baseline, baselinesOf, type Demand, demandOf } from './baselines.js';
import type { Sample } from './sampler.js';

/** Used and reserved ÷ held, over the whole day. */
export interface Utilisation {
  readonly used: number;
  readonly reserved: number;
}

/** What a simulated day showed. `wall` alone differs from run to run. */
export interface SimulationReport {
  readonly options: SimulationOptions;
  readonly workload: {
    readonly jobs: number;
    readonly scale: number;
    readonly demand: Demand;
    readonly kinds: readonly KindRow[];
  };
  readonly utilisation: { readonly dram: Utilisation; readonly ssd: Utilisation; readonly network: Utilisation };
  /** Byte-seconds held in each tier ÷ all. */
  readonly tiers: { readonly dram: number; readonly ssd: number; readonly object: number; readonly refused: number };
  readonly cost: {
    readonly dollars: number;
    readonly nodes: number;
    readonly objectStore: number;
    readonly controllers: number;
    readonly nodeHours: number;
    readonly baselines: readonly (Baseline & { readonly saved: number })[];
  };
  readonly nodes: { readonly most: number; readonly mean: number; readonly started: number };
  readonly jobs: {
    readonly registered: number;
    readonly ended: number;
    readonly lapsed: number;
    readonly refused: readonly { readonly because: string; readonly jobs: number }[];
    readonly short: Shortage;
  };
  readonly slotsMoved: number;
  readonly deaths: Day['provider']['deaths'];
  readonly decisions: Readonly<Record<string, number>>;
  /** Virtual milliseconds from a registration's call to its answer. */
  readonly registrationMs: Percentiles;
  readonly series: readonly Sample[];
  readonly wall: Day['took'] & { readonly registrationMs: Percentiles };
}

interface KindRow {
  readonly kind: Kind;
  readonly jobs: number;
  readonly medianBytes: number;
  readonly p99Bytes: number;
  readonly medianLifeSeconds: number;
  readonly meanHeldBytes: number;
}

interface Shortage {
  readonly jobs: number;
  readonly widened: number;
  readonly widenedMs: Percentiles;
}

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

const monthHours = 730;

/** Puts the figures of a day together. */
export function reportOf(day: Day): SimulationReport {
  const { options, workload, sampler, runs, load, provider, controller } = day;
  const demand = demandOf(workload.jobs, options.hours);
  const cost = costOf(day, demand);
  const nodes = sampler.samples.map(
    ({ nodesUp, nodesStarting, nodesDraining, nodesDown }) => nodesUp + nodesStarting + nodesDraining + nodesDown,
  );
  return {
    options,
    workload: { jobs: workload.jobs.length, scale: workload.scale, demand, kinds: kindRows(workload.jobs, options.hours) },
    utilisation: utilisationOf(sampler.samples),
    tiers: tiersOf(sampler.samples),
    cost,
    nodes: { most: Math.max(0, ...nodes), mean: sum(nodes) / Math.max(1, nodes.length), started: provider.started },
    jobs: {
      registered: runs.registered,
      ended: runs.ended,
      lapsed: runs.lapsed,
      refused: countBy(runs.refused.map(({ because }) => because)),
      short: shortageOf(day),
    },
    slotsMoved: load.slotsMoved,
    deaths: provider.deaths,
    decisions: Object.fromEntries(controller.decisions.counts),
    registrationMs: percentiles(runs.registrationMs),
    series: sampler.samples,
    wall: { ...day.took, registrationMs: percentiles(runs.registrationWallMs) },
  };
}

function costOf({ options, workload, sampler, load }: Day, demand: Demand): SimulationReport['cost'] {
  const nodes = sampler.nodeDollars;
  // Each pack is put once and got once.
  const requests = (load.objectRequests / 2) * (prices.objectPut + prices.objectGet);
  const objectStore = requests + (load.objectByteSeconds / 1e9 / 3600 / monthHours) * prices.objectGigabyteMonth;
  const controllers = prices.controllerMachines * prices.controllerMachineHour * options.hours;
  const dollars = nodes + objectStore + controllers;
  const baselines = baselinesOf(workload.jobs, demand, options.hours).map((each) => ({
    ...each,
    saved: 1 - dollars / each.dollars,
  }));
  return { dollars, nodes, objectStore, controllers, nodeHours: sampler.nodeHours, baselines };
}

function utilisationOf(samples: readonly Sample[]): SimulationReport['utilisation'] {
  const part = (of: (sample: Sample) => number, held: (sample: Sample) => number) =>
    sum(samples.map(of)) / Math.max(1, sum(samples.map(held)));
  return {
    dram: {
      used: part(
        (sample) => sample.dramUsedBytes,
        (sample) => sample.dramHeldBytes,
      ),
      reserved: part(
        (sample) => sample.dramReservedBytes,
        (sample) => sample.dramHeldBytes,
      ),
    },
    ssd: {
      used: part(
        (sample) => sample.ssdUsedBytes,
        (sample) => sample.ssdHeldBytes,
      ),
      reserved: part(
        (sample) => sample.ssdReservedBytes,
        (sample) => sample.ssdHeldBytes,
      ),
    },
    network: {
      used: part(
        (sample) => sample.networkUsedBytesPerSecond,
        (sample) => sample.networkHeldBytesPerSecond,
      ),
      reserved: part(
        (sample) => sample.networkReservedBytesPerSecond,
        (sample) => sample.networkHeldBytesPerSecond,
      ),
    },
  };
}

function tiersOf(samples: readonly Sample[]): SimulationReport['tiers'] {
  const [dram, ssd, object, refused] = [
    sum(samples.map(({ dramUsedBytes }) => dramUsedBytes)),
    sum(samples.map(({ ssdUsedBytes }) => ssdUsedBytes)),
    sum(samples.map(({ objectBytes }) => objectBytes)),
    sum(samples.map(({ refusedBytes }) => refusedBytes)),
  ];
  const all = Math.max(1, dram + ssd + object + refused);
  return { dram: dram / all, ssd: ssd / all, object: object / all, refused: refused / all };
}

function kindRows(jobs: readonly SimulatedJob[], hours: number): KindRow[] {
  return kinds.map((kind) => {
    const these = jobs.filter((job) => job.kind === kind);
    const bytes = these.map(({ peakBytes }) => peakBytes).sort((a, b) => a - b);
    const lives = these.map(({ lifeMs }) => lifeMs).sort((a, b) => a - b);
    return {
      kind,
      jobs: these.length,
      medianBytes: quantile(bytes, 0.5),
      p99Bytes: quantile(bytes, 0.99),
      medianLifeSeconds: quantile(lives, 0.5) / 1000,
      meanHeldBytes: Math.round(sum(these.map(heldByteMs)) / (hours * 3_600_000)),
    };
  });
}

function shortageOf({ runs }: Day): Shortage {
  const widened = runs.shorts.flatMap(({ widenedMs }) => widenedMs ?? []);
  return { jobs: runs.shorts.length, widened: widened.length, widenedMs: percentiles(widened) };
}

function countBy(texts: readonly string[]): { because: string; jobs: number }[] {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].map(([because, jobs]) => ({ because, jobs })).sort((a, b) => b.jobs - a.jobs);
}

/** Zeros of nothing. */
export function percentiles(values: readonly number[]): Percentiles {
  const sorted = values.toSorted((a, b) => a - b);
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), most: quantile(sorted, 1) };
}

function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
