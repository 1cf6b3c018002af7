import type { DailyProfile } from './daily.js';
import type { Curve, Kind } from './job.js';
import { Quantiles } from './quantiles.js';
import type { Random } from './random.js';
import { azure, pocket, snowflake, spark } from './tables.js';

/** A family of jobs: how often, when, how large, how long. Sizes and lifetimes are functions of the share of jobs below. */
export interface KindModel {
  readonly kind: Kind;
  /** Part of all jobs. */
  readonly part: number;
  readonly daily: DailyProfile;
  readonly bytesAt: (u: number) => number;
  /** Lifetime of half of the jobs at most, seconds; `lifeSigma` spreads names around it. */
  readonly lifeSeconds: number;
  readonly lifeSigma: number;
  readonly curve: Curve;
  readonly reads: number;
  readonly objectBytes: number;
  readonly latencySensitive: boolean;
}

/**
 * The day's kinds of jobs. Sizes are of published tables, the day's shape too; parts, curves and lifetimes that no source gives are
 * assumptions and said to be so in `docs/economics.md`.
 */
export function kindModels(random: Random): KindModel[] {
  return [...queries(), ...functions(random), ...sparkJobs(random), ...pocketJobs()];
}

function queries(): KindModel[] {
  const classes = ['read', 'write', 'readWrite'] as const;
  const withData = (name: (typeof classes)[number]) => snowflake.classShare[name] * (1 - snowflake.zeroShare[name]);
  const all = classes.reduce((sum, name) => sum + withData(name), 0);
  return classes.map((name) => {
    const table = new Quantiles(snowflake.bytes[name], name === 'readWrite' ? snowflake.tailIndex : undefined);
    const zero = snowflake.zeroShare[name];
    return {
      kind: 'query',
      part: (0.5 * withData(name)) / all,
      daily: snowflake.daily[name],
      bytesAt: (u) => table.at(zero + (1 - zero) * u),
      lifeSeconds: 60,
      lifeSigma: 1.2,
      curve: { ramp: 0.3, hold: 0.4, decay: 0.3 },
      reads: 1,
      objectBytes: 16e3,
      latencySensitive: true,
    };
  });
}

function functions(random: Random): KindModel[] {
  const blobs = new Quantiles(azure.blobsPerApplication);
  const bytes = new Quantiles(azure.writeBytes);
  const seconds = new Quantiles(azure.executionSeconds);
  // Beyond the 99th percentile the table has one point, the largest blob ever seen: such blobs are taken as the 99th.
  const size = sampled(random, 4000, () => {
    const count = blobs.at(random.next());
    const drawn = Math.min(100, Math.ceil(count));
    let sum = 0;
    for (let draw = 0; draw < drawn; draw++) sum += bytes.at(Math.min(0.99, random.next()));
    return (sum * count) / drawn;
  });
  const life = sampled(random, 4000, () => {
    let sum = 1;
    for (let stage = 0; stage < 4; stage++) sum += seconds.at(random.next());
    return sum;
  });
  const common = { daily: azure.daily, bytesAt: size, reads: 1, objectBytes: 10e3, latencySensitive: true } as const;
  const curve = { ramp: 0.2, hold: 0.7, decay: 0.1 };
  return [
    { ...common, kind: 'workflow', part: 0.27, lifeSeconds: life(0.5), lifeSigma: Math.log(life(0.84) / life(0.5)), curve },
    { ...common, kind: 'session', part: 0.03, lifeSeconds: 3600, lifeSigma: 0.7, curve },
  ];
}

function sparkJobs(random: Random): KindModel[] {
  const tpcds = new Quantiles(spark.tpcdsFile);
  const graph = new Quantiles(spark.pageRankFile);
  const sumOf = (table: Quantiles, files: number) => () => {
    let sum = 0;
    for (let file = 0; file < files; file++) sum += table.at(random.next());
    return sum;
  };
  const common = { daily: snowflake.daily.readWrite, reads: 1, latencySensitive: false } as const;
  const curve = { ramp: 0.35, hold: 0.45, decay: 0.2 };
  // A suite's queries differ more than sums of equally drawn files do: from 0.1 to 10 times as many of them.
  const files = () => Math.ceil(spark.tpcdsFilesPerQuery * Math.exp(random.between(-1, 1) * 2.3) * 0.5);
  return [
    {
      ...common,
      kind: 'shuffle',
      part: 0.135,
      bytesAt: sampled(random, 1000, () => sumOf(tpcds, files())()),
      lifeSeconds: 300,
      lifeSigma: 1,
      curve,
      objectBytes: 11.7e6,
    },
    {
      ...common,
      kind: 'graph',
      part: 0.005,
      bytesAt: sampled(random, 50, sumOf(graph, spark.pageRankFiles)),
      lifeSeconds: 600,
      lifeSigma: 0.7,
      curve,
      objectBytes: 19e6,
    },
    {
      ...common,
      kind: 'learning',
      part: 0.01,
      bytesAt: () => spark.cocoaBytes,
      lifeSeconds: 900,
      lifeSigma: 0.7,
      curve: { ramp: 0.05, hold: 0.9, decay: 0.05 },
      reads: 10,
      objectBytes: spark.cocoaObjectBytes,
      latencySensitive: true,
    },
  ];
}

function pocketJobs(): KindModel[] {
  const reads = { sort: 1, video: 1, compile: 10 } as const;
  return (['sort', 'video', 'compile'] as const).map((kind) => {
    const { bytes, seconds, objectBytes, ...curve } = pocket[kind];
    return {
      kind,
      part: 0.05 / 3,
      daily: azure.daily,
      // The measured job, with others of half to twice its size.
      bytesAt: (u) => bytes * 2 ** (2 * u - 1),
      lifeSeconds: seconds,
      lifeSigma: 0.2,
      curve,
      reads: reads[kind],
      objectBytes,
      latencySensitive: kind !== 'sort',
    };
  });
}

/** The distribution of something that can only be drawn, by many draws. */
function sampled(_random: Random, draws: number, draw: () => number): (u: number) => number {
  const values = Float64Array.from({ length: draws }, draw).sort();
  return (u) => values[Math.min(draws - 1, Math.floor(u * draws))] ?? 0;
}
