/** Points of a distribution: percentage (0–100) → value. */
export type PercentileTable = Readonly<Record<string, number>>;

/**
 * A distribution known by some of its percentiles. Between them values are interpolated in their logarithm; below the first
 * and above the last point the nearest point counts, or a Pareto tail if one is given.
 */
export class Quantiles {
  readonly #points: readonly { readonly at: number; readonly log: number }[];
  readonly #tailIndex: number | undefined;

  /** `tailIndex`: beyond the last point values grow as a Pareto distribution of this index. */
  constructor(table: PercentileTable, tailIndex?: number) {
    this.#points = Object.entries(table)
      .map(([percent, value]) => ({ at: Number(percent) / 100, log: Math.log(Math.max(1e-9, value)) }))
      .sort((a, b) => a.at - b.at);
    this.#tailIndex = tailIndex;
  }

  /** The value that the share `u` of the distribution, from 0 to below 1, does not exceed. */
  at(u: number): number {
    const above = this.#points.findIndex(({ at }) => at >= u);
    const last = this.#points[this.#points.length - 1];
    if (last === undefined) return 0;
    if (above === -1) {
      const beyond = this.#tailIndex === undefined ? 0 : Math.log((1 - last.at) / Math.max(1e-12, 1 - u)) / this.#tailIndex;
      return Math.exp(last.log + beyond);
    }
    const right = this.#points[above] ?? last;
    const left = this.#points[above - 1] ?? right;
    const part = right.at === left.at ? 0 : (u - left.at) / (right.at - left.at);
    return Math.exp(left.log + part * (right.log - left.log));
  }
}
