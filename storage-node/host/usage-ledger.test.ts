import { describe, expect, test } from 'vitest';
import { noUsage, type UsageCounters } from '../shard/usage.js';
import { UsageLedger } from './usage-ledger.js';

function usage(requests: number, dramBytes = 0, byteSeconds = 0): UsageCounters {
  return { ...noUsage, requests, tiers: { ...noUsage.tiers, dram: { bytes: dramBytes, byteSeconds } } };
}

describe('usage of a node', () => {
  test('a job is reported when it changed, under the shard’s fleet-wide number', () => {
    const ledger = new UsageLedger();
    ledger.record(1, 4, [{ job: 'a', usage: usage(2), final: false }], 0);
    expect(ledger.report([10, 11], 0)).toEqual([{ job: 'a', shard: 11, incarnation: 4, usage: usage(2) }]);
    expect(ledger.report([10, 11], 1000)).toEqual([]);
  });

  test('a quiet job that holds bytes is reported from time to time, with the time gone by', () => {
    const ledger = new UsageLedger();
    ledger.record(0, 1, [{ job: 'a', usage: usage(1, 100, 5), final: false }], 0);
    ledger.report([7], 0);
    expect(ledger.report([7], 9999)).toEqual([]);
    expect(ledger.report([7], 10_000)[0]?.usage.tiers.dram).toEqual({ bytes: 100, byteSeconds: 1005 });
  });

  test('counters that begin anew after the job was unloaded add to those before', () => {
    const ledger = new UsageLedger();
    ledger.record(0, 1, [{ job: 'a', usage: usage(5), final: true }], 0);
    ledger.record(0, 1, [{ job: 'a', usage: usage(2), final: false }], 1);
    expect(ledger.total('a').requests).toBe(7);
  });

  test('a new incarnation counts from 0, and the total is of the latest incarnations', () => {
    const ledger = new UsageLedger();
    ledger.record(0, 1, [{ job: 'a', usage: usage(5), final: false }], 0);
    ledger.record(1, 1, [{ job: 'a', usage: usage(1), final: false }], 0);
    ledger.forgetShard(0);
    ledger.record(0, 2, [{ job: 'a', usage: usage(2), final: false }], 1);
    expect(ledger.total('a').requests).toBe(3);
    ledger.forgetJob('a');
    expect(ledger.total('a')).toEqual(noUsage);
  });

  test('after the controller was away everything is reported again', () => {
    const ledger = new UsageLedger();
    ledger.record(0, 1, [{ job: 'a', usage: usage(5), final: false }], 0);
    ledger.report([7], 0);
    ledger.reportAgain();
    expect(ledger.report([7], 1)).toHaveLength(1);
  });
});
