import { addUsage, noUsage, type UsageTotals, usageFields, withoutHeld } from '@satchel/proto/core';
import fc from 'fast-check';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { Environment } from './environment.js';
import { defaultPriceSheet } from './sizing/price-sheet-file.js';
import { MemoryStateStore } from './state/memory.js';
import { FakeClock } from './testing/fake-clock.js';
import { receiptOf } from './usage/receipt.js';
import { UsageDesk } from './usage-desk.js';

const jobs = ['a', 'b', 'c'].map((job) => ({ job, namespace: job === 'c' ? 'other' : 'acme' }));
const usage = (some: Partial<UsageTotals>): UsageTotals => ({ ...noUsage, ...some });
const at = (atMs: number, begins = false, everyMs = 1000) => ({ atMs, everyMs, begins });

function environment(): Environment & { clock: FakeClock } {
  return { store: new MemoryStateStore(), clock: new FakeClock(), log: pino({ level: 'silent' }) };
}

/** What a shard counted, of which everything grows. */
interface Shard {
  incarnation: number;
  now: UsageTotals;
  total: UsageTotals;
}

describe('usage of namespaces', () => {
  it('is the sum of the receipts of their jobs, however often the controller is killed and reports come late or twice', async () => {
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ kind: fc.constant('work' as const), job: fc.nat(2), shard: fc.nat(1), amount: fc.nat(1000) }),
      },
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('report' as const), job: fc.nat(2), shard: fc.nat(1) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('old-report' as const), job: fc.nat(2), shard: fc.nat(1) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('node-restart' as const), job: fc.nat(2), shard: fc.nat(1) }) },
      { weight: 1, arbitrary: fc.constant({ kind: 'kill' as const }) },
      { weight: 1, arbitrary: fc.constant({ kind: 'written' as const }) },
      { weight: 1, arbitrary: fc.constant({ kind: 'month' as const }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
        const there = environment();
        let desk = new UsageDesk(there);
        const shards = new Map<string, Shard>();
        const reports = new Map<string, { incarnation: number; usage: UsageTotals }[]>();
        const report = (job: number, shard: number) => {
          const key = `${job} ${shard}`;
          const known = shards.get(key);
          const owner = jobs[job];
          if (known === undefined || owner === undefined) return;
          reports.set(key, [...(reports.get(key) ?? []), { incarnation: known.incarnation, usage: known.now }]);
          desk.report(owner, shard, known.incarnation, known.now, at(there.clock.now()));
        };
        for (const one of steps) {
          there.clock.advance(100);
          if (one.kind === 'kill') {
            desk.close();
            desk = new UsageDesk(there);
          } else if (one.kind === 'written') await desk.flush();
          else if (one.kind === 'month') {
            await desk.flush();
            there.clock.skip(31 * 24 * 3600 * 1000);
          } else if (one.kind === 'work') {
            const key = `${one.job} ${one.shard}`;
            const shard = shards.get(key) ?? { incarnation: 1, now: noUsage, total: noUsage };
            const more = usage({ requests: 1, bytesIn: one.amount, dramByteSeconds: one.amount, objectRequests: 1 });
            shards.set(key, { ...shard, now: addUsage(shard.now, more), total: addUsage(shard.total, more) });
          } else if (one.kind === 'report') report(one.job, one.shard);
          else if (one.kind === 'old-report') {
            const [old] = reports.get(`${one.job} ${one.shard}`) ?? [];
            const owner = jobs[one.job];
            if (old && owner) desk.report(owner, one.shard, old.incarnation, old.usage, at(there.clock.now()));
          } else {
            // What was counted since the last report is lost with its node.
            report(one.job, one.shard);
            const shard = shards.get(`${one.job} ${one.shard}`);
            if (shard) shards.set(`${one.job} ${one.shard}`, { ...shard, incarnation: shard.incarnation + 1, now: noUsage });
            await desk.flush();
          }
        }
        // Nodes report everything again when the controller is back.
        for (const [index] of jobs.entries()) for (const shard of [0, 1]) report(index, shard);
        await desk.flush();
        desk.close();
        const later = new UsageDesk(there);
        for (const [index, { job }] of jobs.entries()) {
          const truth = [0, 1].map((shard) => shards.get(`${index} ${shard}`)?.total ?? noUsage).reduce(addUsage, noUsage);
          expect(later.total(job)).toEqual(truth);
        }
        for (const namespace of ['acme', 'other']) {
          const months = later.namespace(namespace).map((month) => month.usage);
          const ofJobs = jobs.filter((job) => job.namespace === namespace).map(({ job }) => withoutHeld(later.total(job)));
          const [sum, truth] = [months.reduce(addUsage, noUsage), ofJobs.reduce(addUsage, noUsage)];
          for (const field of usageFields) expect([field, sum[field]]).toEqual([field, expect.closeTo(truth[field], 6)]);
          const prices = defaultPriceSheet();
          const dollars = ofJobs.reduce((total, one) => total + receiptOf(one, prices).dollars, 0);
          expect(months.reduce((total, one) => total + receiptOf(one, prices).dollars, 0)).toBeCloseTo(dollars, 10);
        }
        later.close();
      }),
      { numRuns: 150 },
    );
  });

  it('is up to date before it is written', () => {
    const there = environment();
    const desk = new UsageDesk(there);
    desk.report({ job: 'a', namespace: 'acme' }, 1, 1, usage({ requests: 5 }), at(0));
    expect(desk.namespace('acme')).toEqual([expect.objectContaining({ usage: usage({ requests: 5 }) })]);
    expect(desk.namespace('nobody')).toEqual([]);
  });
});

describe('the pace of a job', () => {
  const acme = { job: 'a', namespace: 'acme' };

  it('is what its shards did together in one second, at its highest', () => {
    const desk = new UsageDesk(environment());
    desk.report(acme, 1, 1, usage({ bytesIn: 1000, requests: 10 }), at(1000));
    desk.report(acme, 2, 1, usage({ bytesOut: 500, requests: 20 }), at(1400));
    expect(desk.peakRates('a')).toEqual({ bytesPerSecond: 1500, requestsPerSecond: 30 });
    desk.report(acme, 1, 1, usage({ bytesIn: 9000, requests: 12 }), at(3000));
    desk.report(acme, 2, 1, usage({ bytesOut: 500, requests: 20 }), at(3400));
    expect(desk.peakRates('a')).toEqual({ bytesPerSecond: 4500, requestsPerSecond: 30 });
    expect(desk.peakRates('nobody')).toEqual({ bytesPerSecond: 0, requestsPerSecond: 0 });
  });

  it('takes a job that was silent to have worked in the last second only', () => {
    const desk = new UsageDesk(environment());
    desk.report(acme, 1, 1, usage({ requests: 1 }), at(0));
    desk.report(acme, 1, 1, usage({ requests: 101 }), at(60_000));
    expect(desk.peakRates('a').requestsPerSecond).toBe(100);
  });

  it('is worked out over the time between reports, however far apart they are in a large fleet', () => {
    const desk = new UsageDesk(environment());
    desk.report(acme, 1, 1, usage({ requests: 500 }), at(0, false, 5000));
    desk.report(acme, 1, 1, usage({ requests: 1100 }), at(6000, false, 5000));
    expect(desk.peakRates('a').requestsPerSecond).toBe(100);
  });

  it('takes nothing from what was gathered while the controller was away, or from two reports at once', () => {
    const there = environment();
    const desk = new UsageDesk(there);
    desk.report(acme, 1, 1, usage({ requests: 100_000 }), at(0, true));
    desk.report(acme, 1, 1, usage({ requests: 100_050 }), at(100));
    desk.report(acme, 1, 1, usage({ requests: 100_060 }), at(1000));
    expect(desk.peakRates('a').requestsPerSecond).toBe(60);
  });

  it('outlives the controller', async () => {
    const there = environment();
    const desk = new UsageDesk(there);
    desk.report(acme, 1, 1, usage({ requests: 100 }), at(0));
    await desk.flush();
    expect(new UsageDesk(there).peakRates('a').requestsPerSecond).toBe(100);
  });
});

describe('what the end of a job gave back', () => {
  it('is what it held when it ended, also after a restart', async () => {
    const there = environment();
    const desk = new UsageDesk(there);
    desk.report({ job: 'a', namespace: 'acme' }, 1, 1, usage({ dramBytes: 70, ssdBytes: 30, objects: 4 }), at(0));
    expect(desk.reclaimed('a')).toEqual({ objects: 0, bytes: 0 });
    desk.ending({ job: 'a', namespace: 'acme' });
    desk.purged({ job: 'a', namespace: 'acme' }, [1], noUsage);
    await desk.flush();
    expect(new UsageDesk(there).reclaimed('a')).toEqual({ objects: 4, bytes: 100 });
  });
});
