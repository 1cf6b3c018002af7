import { limits } from '@satchel/proto/core';
import { describe, expect, it } from 'vitest';
import { JobTable } from './job-table.js';
import type { JobRecord, JobState } from './model.js';

const day = 24 * 3600 * 1000;

function record(job: string, state: JobState = { kind: 'active' }, node = 'n1'): JobRecord {
  const share = { shard: 1, node, slots: 16_384, dramBytes: 0, ssdBytes: 0, throughputBytesPerSecond: 0 };
  const none = { dramBytes: 0, ssdBytes: 0, objectBytes: 0, throughputBytesPerSecond: 0, quotaBytes: 0, dollarsPerHour: 0 };
  return {
    ...{
      job,
      name: job,
      namespace: 'default',
      hints: {},
      verbs: [],
      leaseMs: 60_000,
      createdMs: 0,
      reasons: [],
      epoch: 1,
      revision: 1,
      previous: [],
      former: [],
      state,
    },
    ranges: [{ start: 0, shard: 1 }],
    allocation: { ...none, tiers: ['dram'], shares: [share] },
  };
}
const ended = (endedMs: number): JobState => ({ kind: 'ended', reason: 'ended', endedMs, refuseUntilMs: 0 });

describe('table of jobs', () => {
  it('knows the active and ending jobs of each node', () => {
    const table = new JobTable();
    table.set(record('a'));
    table.set(record('b', { kind: 'active' }, 'n2'));
    table.set(record('c'));
    table.set(record('c', ended(1)));
    expect(table.ofNode('n1').map(({ job }) => job)).toEqual(['a']);
    expect([table.countOf('n1'), table.countOf('n2'), table.countOf('n3')]).toEqual([1, 1, 0]);
    expect(table.activeCount).toBe(2);
    table.remove('a');
    expect(table.countOf('n1')).toBe(0);
  });

  it('forgets ended jobs after a day', () => {
    const table = new JobTable();
    table.set(record('old', ended(0)));
    table.set(record('new', ended(day)));
    table.set(record('active'));
    expect(table.forgettable(day - 1)).toEqual([]);
    expect(table.forgettable(day + 1)).toEqual(['old']);
  });

  it('forgets the oldest of too many ended jobs', () => {
    const table = new JobTable();
    for (let job = 0; job < limits.endedJobs + 3; job++) table.set(record(`j${job}`, ended(1000 + job)));
    expect(table.forgettable(2000)).toEqual(['j0', 'j1', 'j2']);
  });

  it('says why a job that is over cannot be used', () => {
    const table = new JobTable();
    table.set(record('a', { ...ended(1), reason: 'lease-lapsed' } as JobState));
    expect(() => table.active('a')).toThrow("job 'a' is over: its lease of 60 s lapsed");
    expect(() => table.known('b')).toThrow("no job 'b'");
  });
});
