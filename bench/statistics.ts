import { build, type Histogram } from 'hdr-histogram-js';

/** The percentiles that benchmarks quote, in milliseconds. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** Nanosecond resolution to a minute, three significant digits. */
export function latencyHistogram(): Histogram {
  return build({ lowestDiscernibleValue: 1, highestTrackableValue: 60e9, numberOfSignificantValueDigits: 3 });
}

/** Percentiles of a histogram of nanoseconds. */
export function percentilesOf(histogram: Histogram): Percentiles {
  const at = (percentile: number) => histogram.getValueAtPercentile(percentile) / 1e6;
  return { count: histogram.totalCount, p50: at(50), p99: at(99), p999: at(99.9), max: histogram.maxValue / 1e6 };
}

/** Percentiles of a list of milliseconds. */
export function percentilesOfMs(milliseconds: readonly number[]): Percentiles {
  const histogram = latencyHistogram();
  for (const value of milliseconds) histogram.recordValue(Math.max(1, Math.round(value * 1e6)));
  return percentilesOf(histogram);
}

/** The middle value; the mean of the two middle ones of an even number. NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length % 2 === 1) return sorted[Math.floor(middle)] as number;
  return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}
