import { afterEach, beforeEach, expect, it } from 'vitest';
import type { GrantRecord, UsageRecord } from '../model.js';
import type { StateStore } from '../state/state-store.js';

/** A record for tests of stores. */
export const grantRecord = (job: string, quotaBytes: number): GrantRecord => ({
  job,
  quotaBytes,
  grants: [{ shard: 1, bytes: 2 ** 40, version: 1 }],
});

/** The same of use. */
export const usageRecord = (job: string): UsageRecord => ({
  job,
  namespace: 'default',
  shards: [],
  peakRates: { bytesPerSecond: 0, requestsPerSecond: 0 },
});

/** What every state store does; `open` gives an empty one. */
export function testStateStore(open: () => Promise<StateStore>): void {
  let store: StateStore;
  beforeEach(async () => {
    store = await open();
  });
  afterEach(() => store.close());

  it('begins empty', () => {
    for (const name of ['fleet', 'nodes', 'jobs', 'grants', 'usage'] as const) expect(store.all(name)).toEqual([]);
  });

  it('gives back what was committed, in the order of keys', async () => {
    await store.commit(['b', 'a', 'c'].map((job) => ({ collection: 'grants', key: job, value: grantRecord(job, 1) })));
    expect(store.all('grants')).toEqual(['a', 'b', 'c'].map((job) => grantRecord(job, 1)));
  });

  it('replaces and removes', async () => {
    await store.commit([
      { collection: 'grants', key: 'a', value: grantRecord('a', 1) },
      { collection: 'grants', key: 'b', value: grantRecord('b', 1) },
    ]);
    await store.commit([
      { collection: 'grants', key: 'a', value: grantRecord('a', 2) },
      { collection: 'grants', key: 'b', value: undefined },
      { collection: 'grants', key: 'never', value: undefined },
    ]);
    expect(store.all('grants')).toEqual([grantRecord('a', 2)]);
  });

  it('keeps collections apart', async () => {
    const usage = usageRecord('a');
    await store.commit([{ collection: 'usage', key: 'a', value: usage }]);
    expect(store.all('grants')).toEqual([]);
    expect(store.all('usage')).toEqual([usage]);
  });

  it('takes commits in the order of the calls and does not keep the values', async () => {
    const value = { ...grantRecord('a', 0) };
    const commits: Promise<void>[] = [];
    for (let quotaBytes = 1; quotaBytes <= 50; quotaBytes++) {
      value.quotaBytes = quotaBytes;
      commits.push(store.commit([{ collection: 'grants', key: 'a', value }]));
    }
    value.quotaBytes = -1;
    await Promise.all(commits);
    expect(store.all('grants')).toEqual([grantRecord('a', 50)]);
  });

  it('takes commits of any size', async () => {
    const jobs = Array.from({ length: 3000 }, (_, index) => `job-${String(index).padStart(5, '0')}`);
    await store.commit(jobs.map((job) => ({ collection: 'grants', key: job, value: grantRecord(job, 1) })));
    expect(store.all('grants')).toEqual(jobs.map((job) => grantRecord(job, 1)));
    await store.commit(jobs.map((job) => ({ collection: 'grants', key: job, value: undefined })));
    expect(store.all('grants')).toEqual([]);
  });

  it('closes twice', async () => {
    await store.close();
    await store.close();
  });
}
