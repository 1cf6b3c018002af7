import type { PercentileTable } from './quantiles.js';

/**
 * Published measurements that the workload is drawn from. `docs/economics.md` names sources and what each is used for.
 * Bytes and seconds unless said.
 */

/**
 * Snowflake, 70 million queries of February and March 2018 (Vuppalapati et al., NSDI 2020; resource-disaggregation/snowset,
 * read off its notebooks' curves): intermediate bytes sent by a query, of read-only, write-only and read-write queries.
 */
export const snowflake = {
  classShare: { read: 0.287, write: 0.148, readWrite: 0.565 },
  /** Queries without intermediate data: they need no job. */
  zeroShare: { read: 0.315, write: 0.641, readWrite: 0.591 },
  bytes: {
    read: {
      35: 43_520,
      40: 94_208,
      50: 860_160,
      60: 3_670_016,
      65: 4_404_019,
      75: 4_928_307,
      80: 5_347_738,
      85: 7_864_320,
      90: 18_664_653,
      95: 228_589_568,
    },
    write: {
      65: 35_840,
      70: 43_520,
      75: 48_128,
      80: 70_656,
      85: 184_320,
      90: 482_304,
      95: 3_040_870,
      98: 10_485_760,
      99: 78_643_200,
    },
    readWrite: {
      60: 39_936,
      65: 77_824,
      70: 271_360,
      75: 780_288,
      80: 2_097_152,
      85: 5_872_026,
      90: 25_165_824,
      95: 127_926_272,
      98: 1_181_116_006,
      99: 4_509_715_661,
    },
  } satisfies Record<string, PercentileTable>,
  /**
   * From 1 % of read-write queries above 4.5 GB to "a few" of 40 million above 10–100 TB: ln(1e5) / ln(100 TB / 4.5 GB).
   */
  tailIndex: 1.15,
  /** Least, and peak, of queries per hour ÷ their mean. */
  daily: { read: { least: 0.42, most: 1.75 }, write: { least: 0.65, most: 1.4 }, readWrite: { least: 0.67, most: 1.2 } },
} as const;

/** Apache Crail's data sets of Spark (site/_plots/blog/disaggregation, 2019-03-04, raw data): bytes of one shuffle file or object. */
export const spark = {
  /** 10,283 files of TPC-DS, a suite of 99 queries. */
  tpcdsFile: {
    0: 28,
    1: 88,
    5: 808,
    10: 2_940,
    20: 17_020,
    30: 71_746,
    40: 258_803,
    50: 625_080,
    60: 1_574_607,
    70: 3_710_014,
    80: 9_982_315,
    90: 34_886_158,
    95: 66_340_740,
    98: 123_838_615,
    99: 170_688_794,
    99.9: 232_524_300,
    100: 299_358_992,
  },
  tpcdsFilesPerQuery: 10_283 / 99,
  /** 2,730 files, 52 GB, of PageRank on the Twitter graph. */
  pageRankFile: {
    0: 7_092,
    10: 404_255,
    25: 983_457,
    50: 3_524_460,
    55: 6_239_788,
    60: 35_033_862,
    75: 42_151_342,
    90: 43_122_896,
    100: 47_414_335,
  },
  pageRankFiles: 2_730,
  /** 202 objects, 6.4 GB, of the CoCoA machine-learning solver. */
  cocoaBytes: 6.4e9,
  cocoaObjectBytes: 31e6,
} as const;

/** Azure Functions 2019 (Shahrad et al., ATC 2020) and its blob accesses of 2020 (Romero et al., SoCC 2021), AzurePublicDataset's figures. */
export const azure = {
  /** Average execution time of a function, seconds. */
  executionSeconds: { 5: 0.027, 10: 0.062, 25: 0.22, 50: 0.96, 75: 4.05, 90: 20.6, 95: 50.8 },
  /** Size of a written blob. */
  writeBytes: {
    14: 7.7,
    20: 62.5,
    33: 62.5,
    40: 540,
    50: 1_410,
    60: 5_940,
    70: 8_020,
    75: 9_030,
    80: 10_200,
    90: 18_500,
    95: 22_200,
    99: 310_000,
    100: 1.9e9,
  },
  /** Different blobs of one application in two weeks. */
  blobsPerApplication: {
    11.8: 1,
    20: 3,
    30: 6,
    40: 12,
    50: 22,
    60: 51,
    66: 100,
    75: 335,
    80: 702,
    90: 4_590,
    93: 10_000,
    95: 28_400,
  },
  /** Share of all invocations that the most invoked part of applications has. */
  invocationSkew: [
    { part: 1e-4, share: 0.215 },
    { part: 1e-3, share: 0.525 },
    { part: 1e-2, share: 0.865 },
    { part: 1e-1, share: 0.987 },
    { part: 1, share: 1 },
  ],
  /** Least and most invocations per hour ÷ their mean. */
  daily: { least: 0.78, most: 1.55 },
  /** Median coefficient of variation of inter-arrival times, of applications without timer. */
  arrivalVariation: 1.6,
} as const;

/**
 * Pocket (Klimovic et al., OSDI 2018) and "Understanding ephemeral storage" (ATC 2018): logs and plot scripts of
 * anakli/pocket-controller. Fractions are of the job's life.
 */
export const pocket = {
  /** 100 GB sort; the logged sorts took 58 and 67 s and held their data from about 20 s on. */
  sort: { bytes: 100e9, seconds: 62, ramp: 0.33, hold: 0.57, decay: 0.1, objectBytes: 3e6 },
  /** Video analytics: 18 GB within 30 s, held for 105 s, then dropped, of 196–210 s. */
  video: { bytes: 18e9, seconds: 205, ramp: 0.15, hold: 0.52, decay: 0.05, objectBytes: 1e6 },
  /** Distributed compilation: 850 MB, about 30 s, some objects read hundreds of times. */
  compile: { bytes: 850e6, seconds: 30, ramp: 0.6, hold: 0.35, decay: 0.05, objectBytes: 50e3 },
} as const;
