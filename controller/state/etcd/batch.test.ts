import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changeBytes, fitsTransaction, inTransactions, nextBatch, transactionBytes, transactionOperations } from './batch.js';
import type { KeyChange } from './client.js';
import { apply } from './mirror.js';
import { replayTransactions, stagedIn, stagingTransactions } from './staging.js';

const change = fc.record({
  key: fc.integer({ min: 0, max: 300 }).map((index) => `/p/state/jobs/${index}`),
  value: fc.option(
    fc.oneof(
      fc.json(),
      fc.integer({ min: 0, max: 700_000 }).map((length) => JSON.stringify('x'.repeat(length))),
    ),
    { nil: undefined, freq: 4 },
  ),
});
const changes = fc.array(change, { minLength: 1, maxLength: 400 });

function made(records: Map<string, string>, ...runs: readonly (readonly KeyChange[])[]): Map<string, string> {
  for (const run of runs) for (const one of run) apply(records, one);
  return records;
}

const sorted = (records: Map<string, string>) => [...records].sort(([a], [b]) => (a < b ? -1 : 1));

describe('batches', () => {
  it('take as many commits as fit, never half of one, and do the same as all of them in order', () => {
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 90 }), { minLength: 1, maxLength: 12 }), (commits) => {
        const { commits: taken, changes: merged } = nextBatch(commits);
        expect(taken).toBeGreaterThan(0);
        expect(new Set(merged.map(({ key }) => key)).size).toBe(merged.length);
        if (taken > 1) expect(fitsTransaction(merged)).toBe(true);
        expect(sorted(made(new Map(), merged))).toEqual(sorted(made(new Map(), ...commits.slice(0, taken))));
      }),
      { numRuns: 20 },
    );
  });

  it('of a single large commit keep within the limits of a transaction', () => {
    fc.assert(
      fc.property(changes, (all) => {
        const runs = inTransactions(all);
        expect(runs.flat()).toEqual(all);
        for (const run of runs) {
          expect(run.length).toBeLessThanOrEqual(transactionOperations);
          if (run.length > 1) expect(run.reduce((sum, one) => sum + changeBytes(one), 0)).toBeLessThanOrEqual(transactionBytes);
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe('staged commits', () => {
  it('are made whole by whoever finds them, wherever the writer stopped, or not at all', () => {
    fc.assert(
      fc.property(changes, fc.nat(), fc.nat(), (all, stagedAt, replayedAt) => {
        const before = new Map([['/p/state/jobs/0', '"old"']]);
        const staging = stagingTransactions('/p/staged/', 'a', all);
        const written = staging.slice(0, stagedAt % (staging.length + 1));
        const records = made(new Map(before), ...written);
        const whole = written.length === staging.length;
        if (whole) {
          const replay = replayTransactions({ marker: '/p/staged/a', changes: all }, [...records.keys()]);
          made(records, ...replay.slice(0, replayedAt % (replay.length + 1)));
        }
        const { commits, left } = stagedIn('/p/staged/', records);
        for (const commit of commits) made(records, ...replayTransactions(commit, [...records.keys()]));
        made(
          records,
          left.map((key) => ({ key, value: undefined })),
        );
        const inOrder = all.map(({ key, value }) => ({ key, value: value === undefined ? undefined : normal(value) }));
        expect(sorted(records)).toEqual(sorted(whole ? made(before, inOrder) : before));
      }),
      { numRuns: 40 },
    );
  });
});

/** JSON as it is written again after it was read. */
const normal = (json: string): string => JSON.stringify(JSON.parse(json));
