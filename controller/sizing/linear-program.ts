import { assert } from '@satchel/proto/core';

/** Σ coefficients[j] · x[j] ≥ atLeast. */
export interface Row {
  readonly coefficients: readonly number[];
  readonly atLeast: number;
}

/** The cheapest x, what it costs, and for each row what one unit more on its right side would cost. */
export interface Solution {
  readonly value: number;
  readonly x: readonly number[];
  readonly duals: readonly number[];
}

/** Numbers are scaled to be near 1, so that what is below this is what rounding left. */
const tolerance = 1e-12;
/** Bland's rule ends by itself; this is in case rounding keeps it from doing so. */
const mostPivots = 1000;

/**
 * Minimises Σ costs[j] · x[j] over x ≥ 0 under the rows; undefined if nothing meets them all. Exact up to rounding: the dual simplex
 * method, which can begin at x = 0 because no cost is negative, with Bland's rule against cycles. Meant for a few dozen numbers,
 * scaled to be near 1.
 */
export function minimise(costs: readonly number[], rows: readonly Row[]): Solution | undefined {
  assert(
    costs.every((cost) => cost >= 0),
    'no cost is negative',
  );
  const tableau = new Tableau(costs, rows);
  for (let pivots = 0; pivots < mostPivots; pivots++) {
    const row = tableau.violatedRow();
    if (row === undefined) return tableau.solution();
    const column = tableau.enteringColumn(row);
    if (column === undefined) return undefined;
    tableau.pivot(row, column);
  }
  return undefined;
}

/** A condensed simplex tableau: one column per variable outside the basis, one row per variable in it, costs in the last row. */
class Tableau {
  readonly #rows: number;
  readonly #columns: number;
  /** Right sides are in the last column. */
  readonly #cells: Float64Array;
  /** Variables by number: first those of x, then the slack of each row. */
  readonly #inBasis: number[];
  readonly #outside: number[];

  constructor(costs: readonly number[], rows: readonly Row[]) {
    this.#rows = rows.length;
    this.#columns = costs.length;
    this.#cells = new Float64Array((rows.length + 1) * (costs.length + 1));
    this.#inBasis = rows.map((_, row) => costs.length + row);
    this.#outside = costs.map((_, column) => column);
    for (const [row, { coefficients, atLeast }] of rows.entries()) {
      for (let column = 0; column < costs.length; column++) this.#set(row, column, -(coefficients[column] ?? 0));
      this.#set(row, costs.length, -atLeast);
    }
    for (const [column, cost] of costs.entries()) this.#set(rows.length, column, cost);
  }

  /** Of the rows not met, the one of the variable with the lowest number. */
  violatedRow(): number | undefined {
    let chosen: number | undefined;
    for (let row = 0; row < this.#rows; row++) {
      if (this.#at(row, this.#columns) >= -tolerance) continue;
      if (chosen === undefined || this.#variableOf(row) < this.#variableOf(chosen)) chosen = row;
    }
    return chosen;
  }

  /** The column that costs least per unit gained; of equal ones the variable with the lowest number. */
  enteringColumn(row: number): number | undefined {
    let chosen: number | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (let column = 0; column < this.#columns; column++) {
      const gain = -this.#at(row, column);
      if (gain <= tolerance) continue;
      const ratio = Math.max(0, this.#at(this.#rows, column)) / gain;
      const tie = chosen !== undefined && Math.abs(ratio - least) <= tolerance * least;
      const earlier = chosen !== undefined && (this.#outside[column] ?? 0) < (this.#outside[chosen] ?? 0);
      if (tie ? !earlier : ratio >= least) continue;
      chosen = column;
      least = ratio;
    }
    return chosen;
  }

  pivot(row: number, column: number): void {
    const width = this.#columns + 1;
    const cells = this.#cells;
    const pivot = this.#at(row, column);
    const rowStart = row * width;
    for (let other = 0; other <= this.#rows; other++) {
      const factor = cells[other * width + column] as number;
      if (other === row || factor === 0) continue;
      for (let at = 0; at < width; at++) {
        if (at === column) continue;
        cells[other * width + at] = (cells[other * width + at] as number) - (factor * (cells[rowStart + at] as number)) / pivot;
      }
      cells[other * width + column] = -factor / pivot;
    }
    for (let at = 0; at < width; at++) if (at !== column) cells[rowStart + at] = (cells[rowStart + at] as number) / pivot;
    cells[rowStart + column] = 1 / pivot;
    const entering = this.#outside[column] as number;
    this.#outside[column] = this.#inBasis[row] as number;
    this.#inBasis[row] = entering;
  }

  solution(): Solution {
    const x = new Array<number>(this.#columns).fill(0);
    const duals = new Array<number>(this.#rows).fill(0);
    for (const [row, variable] of this.#inBasis.entries()) {
      if (variable < this.#columns) x[variable] = Math.max(0, this.#at(row, this.#columns));
    }
    for (const [column, variable] of this.#outside.entries()) {
      if (variable >= this.#columns) duals[variable - this.#columns] = Math.max(0, this.#at(this.#rows, column));
    }
    return { value: -this.#at(this.#rows, this.#columns), x, duals };
  }

  #variableOf(row: number): number {
    return this.#inBasis[row] ?? 0;
  }

  #at(row: number, column: number): number {
    return this.#cells[row * (this.#columns + 1) + column] as number;
  }

  #set(row: number, column: number, value: number): void {
    this.#cells[row * (this.#columns + 1) + column] = value;
  }
}
