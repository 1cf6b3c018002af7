import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noUsage } from '@satchel/proto/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ConfiguredJob, JobTable, mergeConfiguration } from './job-table.js';

function configured(
  job: string,
  changes: { epoch?: number; quotaBytes?: number; bytes?: number; version?: number } = {},
): ConfiguredJob {
  return {
    configuration: {
      job,
      namespace: 'default',
      epoch: changes.epoch ?? 1,
      ranges: [{ start: 0, shard: 3 }],
      tiers: ['dram', 'ssd'],
      quotaBytes: changes.quotaBytes ?? 1000,
      evict: '',
      createdMs: 5,
    },
    grants: [{ shard: 3, bytes: changes.bytes ?? 500, version: changes.version ?? 1 }],
  };
}

let dir: string;
let table: JobTable;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'satchel-table-'));
  table = JobTable.openForWriting(join(dir, 'jobs.lmdb'));
});
afterEach(async () => {
  await table.close();
  rmSync(dir, { recursive: true });
});

describe('a configuration that arrives', () => {
  test('is taken as it is for a job never heard of', () => {
    expect(mergeConfiguration(undefined, configured('a'))).toEqual({ state: 'active', ...configured('a') });
  });
  test('changes nothing when it is repeated', () => {
    expect(mergeConfiguration({ state: 'active', ...configured('a') }, configured('a'))).toBeUndefined();
  });
  test('of an older epoch keeps the newer ranges and still takes a newer grant', () => {
    const merged = mergeConfiguration(
      { state: 'active', ...configured('a', { epoch: 4 }) },
      configured('a', { epoch: 2, bytes: 700, version: 9 }),
    );
    expect(merged?.configuration.epoch).toBe(4);
    expect(merged?.grants).toEqual([{ shard: 3, bytes: 700, version: 9 }]);
  });
  test('never undoes what a shard gave back of the same grant', () => {
    const returned = { state: 'active' as const, ...configured('a', { bytes: 40 }) };
    expect(mergeConfiguration(returned, configured('a', { bytes: 500 }))).toBeUndefined();
  });
  test('never brings an ended job back', () => {
    expect(mergeConfiguration({ state: 'ended', refuseUntilMs: 9 }, configured('a'))).toBeUndefined();
  });
});

describe('the table', () => {
  test('says which jobs a message changed, and nothing the second time', async () => {
    expect(await table.apply([configured('a'), configured('b')], undefined)).toEqual({ changed: ['a', 'b'], ended: [] });
    expect(await table.apply([configured('a'), configured('b', { epoch: 2 })], undefined)).toEqual({ changed: ['b'], ended: [] });
  });

  test('ends the jobs that a complete list omits, also those known by token only', async () => {
    await table.apply([configured('a'), configured('b')], undefined);
    const { ended } = await table.apply([configured('b')], { known: ['by-token', 'b'], refuseUntilMs: 77 });
    expect(ended).toEqual(['a', 'by-token']);
    expect(table.get('a')).toEqual({ state: 'ended', refuseUntilMs: 77 });
    expect((await table.apply([configured('b')], { known: ['by-token'], refuseUntilMs: 78 })).ended).toEqual([]);
  });

  test('is read by another instance as of the moment', async () => {
    const reader = JobTable.openForReading(join(dir, 'jobs.lmdb'));
    expect(reader.get('a')).toBeUndefined();
    await table.apply([configured('a')], undefined);
    expect(reader.get('a')?.state).toBe('active');
    await table.end('a', 9);
    expect(reader.get('a')?.state).toBe('ended');
    await reader.close();
  });

  test('remembers the final usage of the first purge and the latest time to refuse', async () => {
    await table.apply([configured('a')], undefined);
    await table.end('a', 100);
    await table.purged('a', { ...noUsage, requests: 3 });
    expect((await table.purged('a', noUsage)).requests).toBe(3);
    expect(await table.end('a', 50)).toMatchObject({ refuseUntilMs: 100, purged: { requests: 3 } });
  });

  test('forgets tombstones only when purged and when no token can be valid any more', async () => {
    await table.end('purged', 100);
    await table.purged('purged', noUsage);
    await table.end('unpurged', 100);
    expect(await table.sweep(99)).toBe(0);
    expect(await table.sweep(100)).toBe(1);
    expect([...table.entries()].map(({ job }) => job)).toEqual(['unpurged']);
  });

  test('takes a returned grant unless the controller has changed it since', async () => {
    await table.apply([configured('a', { version: 5 })], undefined);
    expect(await table.returned('a', { shard: 3, bytes: 10, version: 4 })).toBe(false);
    expect(await table.returned('a', { shard: 3, bytes: 10, version: 5 })).toBe(true);
    expect(table.get('a')).toMatchObject({ grants: [{ shard: 3, bytes: 10, version: 5 }] });
    expect(await table.returned('unheard', { shard: 3, bytes: 10, version: 5 })).toBe(false);
  });

  test('keeps everything over a restart', async () => {
    await table.apply([configured('a')], undefined);
    await table.end('b', 9);
    await table.close();
    table = JobTable.openForWriting(join(dir, 'jobs.lmdb'));
    expect([...table.entries()].map(({ job, record }) => [job, record.state])).toEqual([
      ['a', 'active'],
      ['b', 'ended'],
    ]);
  });
});
