import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { minimise, type Row } from './linear-program.js';

describe('the cheapest solution of inequalities', () => {
  it('is found', () => {
    // Fodder: 2 nutrients, 2 kinds.
    const rows: Row[] = [
      { coefficients: [2, 1], atLeast: 8 },
      { coefficients: [1, 3], atLeast: 9 },
    ];
    const solution = minimise([3, 4], rows);
    expect(solution?.x.map((value) => Number(value.toFixed(9)))).toEqual([3, 2]);
    expect(solution?.value).toBeCloseTo(17, 9);
    expect(solution?.duals.map((value) => Number(value.toFixed(9)))).toEqual([1, 1]);
  });

  it('is nothing where nothing is asked for', () => {
    expect(minimise([1, 1], [{ coefficients: [1, 1], atLeast: 0 }])).toMatchObject({ value: -0, x: [0, 0] });
  });

  it('is undefined where rows contradict each other', () => {
    const rows: Row[] = [
      { coefficients: [1], atLeast: 2 },
      { coefficients: [-1], atLeast: -1 },
    ];
    expect(minimise([1], rows)).toBeUndefined();
  });

  const coefficient = fc.integer({ min: -4, max: 9 });
  const program = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })).chain(([columns, rows]) =>
    fc.record({
      costs: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: columns, maxLength: columns }),
      rows: fc.array(
        fc.record({
          coefficients: fc.array(coefficient, { minLength: columns, maxLength: columns }),
          atLeast: fc.integer({ min: -9, max: 9 }),
        }),
        { minLength: rows, maxLength: rows },
      ),
    }),
  );

  it('is that of trying every corner', () => {
    fc.assert(
      fc.property(program, ({ costs, rows }) => {
        const found = minimise(costs, rows);
        const best = bestCorner(costs, rows);
        if (best === undefined) expect(found).toBeUndefined();
        else expect(found?.value).toBeCloseTo(best, 6);
        for (const { coefficients, atLeast } of found === undefined ? [] : rows) {
          expect(dot(coefficients, found?.x ?? [])).toBeGreaterThanOrEqual(atLeast - 1e-6);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('has duals that account for its whole cost', () => {
    fc.assert(
      fc.property(program, ({ costs, rows }) => {
        const found = minimise(costs, rows);
        if (found === undefined) return;
        const accounted = dot(
          found.duals,
          rows.map(({ atLeast }) => atLeast),
        );
        expect(accounted).toBeCloseTo(found.value, 6);
      }),
      { numRuns: 1000 },
    );
  });
});

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);

/** The least cost over all corners of the feasible region; undefined if there is none. */
function bestCorner(costs: readonly number[], rows: readonly Row[]): number | undefined {
  const planes: Row[] = [
    ...rows,
    ...costs.map((_, index) => ({ coefficients: costs.map((__, at) => (at === index ? 1 : 0)), atLeast: 0 })),
  ];
  let best: number | undefined;
  for (const chosen of combinations(planes, costs.length)) {
    const x = solve(chosen);
    if (x === undefined) continue;
    if (!planes.every(({ coefficients, atLeast }) => dot(coefficients, x) >= atLeast - 1e-7)) continue;
    best = Math.min(best ?? Number.POSITIVE_INFINITY, dot(costs, x));
  }
  return best;
}

function* combinations<T>(items: readonly T[], count: number): Generator<T[]> {
  if (count === 0) yield [];
  for (let first = 0; first + count <= items.length && count > 0; first++) {
    for (const rest of combinations(items.slice(first + 1), count - 1)) yield [items[first] as T, ...rest];
  }
}

/** The point where all rows are equalities, by Gauss; undefined if there is not exactly one. */
function solve(rows: readonly Row[]): number[] | undefined {
  const cells = rows.map(({ coefficients, atLeast }) => [...coefficients, atLeast]);
  const size = rows.length;
  for (let column = 0; column < size; column++) {
    const pivot = cells.findIndex((row, index) => index >= column && Math.abs(row[column] ?? 0) > 1e-9);
    if (pivot < 0) return undefined;
    [cells[column], cells[pivot]] = [cells[pivot] as number[], cells[column] as number[]];
    const own = cells[column] as number[];
    for (const [index, row] of cells.entries()) {
      if (index === column) continue;
      const factor = (row[column] ?? 0) / (own[column] ?? 1);
      for (let at = column; at <= size; at++) row[at] = (row[at] ?? 0) - factor * (own[at] ?? 0);
    }
  }
  return cells.map((row, index) => (row[size] ?? 0) / (row[index] ?? 1));
}
