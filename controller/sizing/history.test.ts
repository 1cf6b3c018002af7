import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HistoryRecord, RunPeaks } from '../model.js';
import type { Change } from '../state/state-store.js';
import { HistoryDesk, peaksOf, runKeptMs, runsKept, unnamed, withRun } from './history.js';

const run = (changes: Partial<RunPeaks> = {}): RunPeaks => ({
  ...{ endedMs: 1000, durationMs: 10_000, peakBytes: 100, peakBytesPerSecond: 1000, peakRequestsPerSecond: 10 },
  ...{ movedBytes: 5000, requests: 50, ...changes },
});
const recordOf = (runs: readonly RunPeaks[]) =>
  runs.reduce<HistoryRecord | undefined>((record, one) => withRun(record, 'default', 'sort', one), undefined);

describe('what is recorded of a name', () => {
  it('sizes by the middle of its runs and room above it', () => {
    const peaks = peaksOf(
      recordOf([run(), run({ peakBytes: 4000, endedMs: 2000 }), run({ peakBytes: 400, endedMs: 3000 })]),
      4000,
    );
    expect(peaks).toMatchObject({ bytes: 434, bytesPerSecond: 1084, requestsPerSecond: 11, durationMs: 10_000 });
    expect(peaks?.because).toBe('recorded: 1.08 × the middle of the last 3 runs of this name');
  });

  it('leaves more room above one run than above many', () => {
    const bytes = (runs: number) => peaksOf(recordOf(Array.from({ length: runs }, () => run({ peakBytes: 800 }))), 4000)?.bytes;
    expect([bytes(1), bytes(2), bytes(4), bytes(8)]).toEqual([1000, 900, 850, 825]);
  });

  it('means bytes over time and bytes per request', () => {
    const peaks = peaksOf(recordOf([run(), run({ movedBytes: 15_000, requests: 150, durationMs: 30_000 })]), 4000);
    expect(peaks).toMatchObject({ meanBytesPerSecond: 500, valueBytes: 100 });
  });

  it(`forgets all but the last ${runsKept} runs`, () => {
    const later = Array.from({ length: runsKept }, (_, index) => run({ endedMs: 2000 + index }));
    const record = recordOf([run({ peakBytes: 1e9 }), ...later]);
    expect(record).toMatchObject({ runs: runsKept + 1 });
    expect(record?.recent).toHaveLength(runsKept);
    expect(peaksOf(record, 4000)?.bytes).toBe(104);
  });

  it('forgets runs that are a month old, and then knows nothing', () => {
    const record = recordOf([run({ peakBytes: 1e9, endedMs: 0 }), run({ endedMs: runKeptMs })]);
    expect(record?.recent).toHaveLength(1);
    expect(peaksOf(record, 2 * runKeptMs - 1)?.bytes).toBe(125);
    expect(peaksOf(record, 2 * runKeptMs)).toBeUndefined();
    expect(peaksOf(undefined, 0)).toBeUndefined();
  });

  it('never sizes below half of the peaks that count', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ peakBytes: fc.nat(), peakBytesPerSecond: fc.nat() }), { minLength: 1, maxLength: 20 }),
        (runs) => {
          const peaks = peaksOf(recordOf(runs.map(run)), 4000);
          const counted = runs.slice(-runsKept);
          const met = (of: (run: { peakBytes: number; peakBytesPerSecond: number }) => number, given = 0) =>
            counted.filter((one) => of(one) <= given).length;
          const { bytes, bytesPerSecond } = peaks ?? {};
          expect(met(({ peakBytes }) => peakBytes, bytes)).toBeGreaterThanOrEqual(counted.length / 2);
          expect(met(({ peakBytesPerSecond }) => peakBytesPerSecond, bytesPerSecond)).toBeGreaterThanOrEqual(counted.length / 2);
        },
      ),
    );
  });
});

describe('the history', () => {
  const apply = (state: Map<string, HistoryRecord>, changes: readonly Change[]) => {
    for (const { collection, key, value } of changes) {
      if (collection !== 'history') throw new Error('a change of something else');
      if (value === undefined) state.delete(key);
      else state.set(key, value);
    }
  };

  it('keeps names of namespaces apart', () => {
    const desk = new HistoryDesk([]);
    desk.ended('a', 'sort', run());
    expect(desk.peaks('a', 'sort', 2000)?.bytes).toBe(125);
    expect(desk.peaks('b', 'sort', 2000)).toBeUndefined();
  });

  it('ignores jobs without a name and runs that did nothing', () => {
    const desk = new HistoryDesk([]);
    expect(desk.ended('a', unnamed, run())).toEqual([]);
    expect(desk.ended('a', 'idle', run({ requests: 0, movedBytes: 0 }))).toEqual([]);
    expect(desk.size).toBe(0);
  });

  it('forgets the name that ended longest ago when there are too many, and so does its state', () => {
    const state = new Map<string, HistoryRecord>();
    const desk = new HistoryDesk([], 100);
    for (let index = 0; index < 1000; index++) {
      apply(state, desk.ended('a', `name-${index}`, run({ endedMs: index })));
      apply(state, desk.ended('a', 'always', run({ endedMs: index })));
      expect(desk.size).toBeLessThanOrEqual(100);
    }
    expect(state.size).toBe(100);
    expect(desk.peaks('a', 'always', 1000)).toBeDefined();
    expect(desk.peaks('a', 'name-999', 1000)).toBeDefined();
    expect(desk.peaks('a', 'name-900', 1000)).toBeUndefined();
  });

  it('is taken up again in its order', () => {
    const records = [5, 3, 9].map((endedMs) => withRun(undefined, 'a', `name-${endedMs}`, run({ endedMs })));
    const desk = new HistoryDesk(records, 3);
    const changes = desk.ended('a', 'new', run({ endedMs: 10 }));
    expect(changes.filter(({ value }) => value === undefined).map(({ key }) => key)).toEqual(['a/name-3']);
  });
});
