import { formatBytes } from '@satchel/proto/core';
import { median, type Percentiles } from './statistics.js';

/** What a benchmark may measure: how it is called in tables and how it is written there. */
export const figureKinds = {
  p50Ms: { title: 'p50', format: formatMs },
  p99Ms: { title: 'p99', format: formatMs },
  p999Ms: { title: 'p99.9', format: formatMs },
  maxMs: { title: 'longest', format: formatMs },
  operationsPerSecond: { title: 'op/s', format: formatCount },
  bytesPerSecond: { title: 'per second', format: formatBytes },
  serverCpuUs: { title: 'server CPU/op', format: (value: number) => formatMs(value / 1000) },
  clientCpuUs: { title: 'client CPU/op', format: (value: number) => formatMs(value / 1000) },
  hitShare: { title: 'hits', format: (value: number) => `${(100 * value).toFixed(1)} %` },
  localShare: { title: 'local', format: (value: number) => `${(100 * value).toFixed(1)} %` },
  gcPausesOver10Ms: { title: 'GC > 10 ms', format: formatCount },
  slowTurns: { title: 'turns > 10 ms', format: formatCount },
} as const;

export type FigureName = keyof typeof figureKinds;

/** Figures of one measurement. */
export type Figures = { readonly [Name in FigureName]?: number };

/** One kind of work on one subject over all rounds. */
export interface Row {
  readonly work: string;
  readonly subject: string;
  /** Medians over the rounds. */
  readonly figures: Figures;
  /** By opponent: medians over the rounds of the subject's figure divided by the opponent's of the same round. */
  readonly ratios: Readonly<Record<string, Figures>>;
  readonly rounds: readonly Figures[];
}

/** The figures of a histogram's percentiles. */
export function percentileFigures({ p50, p99, p999, max }: Percentiles): Figures {
  return { p50Ms: p50, p99Ms: p99, p999Ms: p999, maxMs: max };
}

/** Sums up the rounds of a subject, compared with each opponent, whose rounds are the same ones in the same order. */
export function summarize(
  work: string,
  subject: string,
  rounds: readonly Figures[],
  opponents: Readonly<Record<string, readonly Figures[]>>,
): Row {
  const ratios = Object.entries(opponents).map(([name, theirs]) => [
    name,
    medians(rounds.map((figures, round) => quotients(figures, theirs[round] ?? {}))),
  ]);
  return { work, subject, figures: medians(rounds), ratios: Object.fromEntries(ratios), rounds };
}

function medians(rounds: readonly Figures[]): Figures {
  return mapFigures((name) => {
    const values = rounds.map((figures) => figures[name]).filter((value) => value !== undefined);
    return values.length > 0 ? median(values) : undefined;
  });
}

/** Quotients of what both have and where the divisor is not 0. */
function quotients(figures: Figures, divisors: Figures): Figures {
  return mapFigures((name) => {
    const [value, divisor] = [figures[name], divisors[name]];
    return value === undefined || !divisor ? undefined : value / divisor;
  });
}

/** All names in the order in which tables show them. */
export const figureNames = Object.keys(figureKinds) as FigureName[];

function mapFigures(figureOf: (name: FigureName) => number | undefined): Figures {
  return Object.fromEntries(
    figureNames.map((name) => [name, figureOf(name)]).filter(([, value]) => value !== undefined),
  ) as Figures;
}

/** A duration with three significant digits. */
export function formatMs(milliseconds: number): string {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toPrecision(3)} s`;
  return milliseconds >= 1 ? `${milliseconds.toPrecision(3)} ms` : `${Number((milliseconds * 1000).toPrecision(3))} µs`;
}

function formatCount(value: number): string {
  return Math.round(value).toLocaleString('en');
}
