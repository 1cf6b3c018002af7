import { noUsage, type UsageTotals } from '@satchel/proto/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UsageLedger } from './usage-ledger.js';

const usage = (some: Partial<UsageTotals>): UsageTotals => ({ ...noUsage, ...some });
const changed = (job: string, some: Partial<UsageTotals>) => [{ job, usage: usage(some), final: false }];

describe('usage of a node', () => {
  test('a job is reported when it changed, under the shard’s fleet-wide number', () => {
    const ledger = new UsageLedger(4);
    ledger.record(1, changed('a', { requests: 2 }), 0);
    expect(ledger.report([10, 11], 0)).toEqual([{ job: 'a', shard: 11, incarnation: 4, usage: usage({ requests: 2 }) }]);
    expect(ledger.report([10, 11], 1000)).toEqual([]);
  });

  test('a quiet job that holds bytes is reported from time to time, with the time for which its shard was heard', () => {
    const ledger = new UsageLedger(1);
    ledger.record(0, changed('a', { requests: 1, dramBytes: 100, dramByteSeconds: 5 }), 0);
    ledger.report([7], 0);
    ledger.record(0, [], 9900);
    expect(ledger.report([7], 9999)).toEqual([]);
    expect(ledger.report([7], 10_000)[0]?.usage).toMatchObject({ dramBytes: 100, dramByteSeconds: 995 });
  });

  test('counters that begin anew after the job was unloaded add to those before', () => {
    const ledger = new UsageLedger(1);
    ledger.record(0, [{ job: 'a', usage: usage({ requests: 5, peakBytes: 9 }), final: true }], 0);
    ledger.record(0, changed('a', { requests: 2, peakBytes: 3 }), 1);
    expect(ledger.total('a', 1)).toMatchObject({ requests: 7, peakBytes: 9 });
  });

  test('a shard that died keeps what it had counted, up to its last moment, and counting goes on from there', () => {
    const ledger = new UsageLedger(1);
    ledger.record(0, changed('a', { requests: 5, dramBytes: 10 }), 0);
    ledger.shardDown(0, [{ job: 'a', usage: usage({ requests: 8, dramBytes: 10, dramByteSeconds: 4 }) }], 400);
    // What was still on its way tells nothing new.
    ledger.record(0, changed('a', { requests: 6, dramBytes: 10 }), 401);
    ledger.purged(0, 'a', usage({ requests: 8 }), 402);
    expect(ledger.total('a', 9000)).toMatchObject({ requests: 8, dramBytes: 0, dramByteSeconds: 4 });
    ledger.shardUp(0);
    ledger.record(0, changed('a', { requests: 2, dramBytes: 1 }), 10_000);
    expect(ledger.total('a', 10_000)).toMatchObject({ requests: 10, dramBytes: 1, dramByteSeconds: 4 });
  });

  test('of a shard that left nothing what was last heard counts', () => {
    const ledger = new UsageLedger(1);
    ledger.record(0, changed('a', { requests: 5, dramBytes: 10 }), 0);
    ledger.shardDown(0, [], 500);
    expect(ledger.total('a', 2000)).toMatchObject({ requests: 5, dramBytes: 0, dramByteSeconds: 5 });
  });

  test('what is on disk goes on costing while its shard is away, once', () => {
    const ledger = new UsageLedger(1);
    ledger.shardDown(0, [{ job: 'a', usage: usage({ ssdBytes: 100, ssdByteSeconds: 50 }) }], 1000);
    expect(ledger.total('a', 3000)).toMatchObject({ ssdBytes: 100, ssdByteSeconds: 250 });
    ledger.shardUp(0);
    // The shard that finds it counts it from the death of the one before.
    ledger.record(0, changed('a', { ssdBytes: 100, ssdByteSeconds: 300 }), 4000);
    expect(ledger.total('a', 4000)).toMatchObject({ ssdBytes: 100, ssdByteSeconds: 350 });
  });

  test('a job that ends before its shard found it again has cost until then', () => {
    const ledger = new UsageLedger(1);
    ledger.shardDown(0, [{ job: 'a', usage: usage({ ssdBytes: 100 }) }], 1000);
    ledger.shardUp(0);
    ledger.purged(0, 'a', noUsage, 2000);
    expect(ledger.total('a', 9000)).toMatchObject({ ssdBytes: 0, ssdByteSeconds: 100 });
    ledger.forgetJob('a');
    expect(ledger.total('a', 9000)).toEqual(noUsage);
  });

  test('after the controller was away everything is reported again', () => {
    const ledger = new UsageLedger(1);
    ledger.record(0, changed('a', { requests: 5 }), 0);
    ledger.report([7], 0);
    ledger.reportAgain();
    expect(ledger.report([7], 1)).toHaveLength(1);
  });

  test('no death of a shard loses or doubles a request, and what is reported never falls', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('work' as const), requests: fc.nat(100) }),
      fc.constant({ kind: 'heard' as const }),
      fc.constant({ kind: 'unloaded' as const }),
      fc.constant({ kind: 'death' as const }),
      fc.constant({ kind: 'report' as const }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const ledger = new UsageLedger(1);
        let truth = 0;
        let load = 0;
        let reported = 0;
        let nowMs = 0;
        for (const one of steps) {
          nowMs += 100;
          if (one.kind === 'work') {
            truth += one.requests;
            load += one.requests;
          } else if (one.kind === 'heard') ledger.record(0, changed('a', { requests: load }), nowMs);
          else if (one.kind === 'unloaded') {
            ledger.record(0, [{ job: 'a', usage: usage({ requests: load }), final: true }], nowMs);
            load = 0;
          } else if (one.kind === 'death') {
            ledger.shardDown(0, [{ job: 'a', usage: usage({ requests: load }) }], nowMs);
            ledger.record(0, changed('a', { requests: load }), nowMs);
            ledger.shardUp(0);
            load = 0;
          } else {
            const now = ledger.report([1], nowMs)[0]?.usage.requests ?? reported;
            expect(now).toBeGreaterThanOrEqual(reported);
            reported = now;
          }
        }
        ledger.record(0, changed('a', { requests: load }), nowMs);
        expect(ledger.total('a', nowMs).requests).toBe(truth);
      }),
    );
  });
});
