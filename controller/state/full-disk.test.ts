import { join } from 'node:path';
import type { SatchelError } from '@satchel/proto/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { grantRecord, usageRecord } from '../testing/state-store-suite.js';
import { mountTinyDisk, noTinyDisk, type TinyDisk } from '../testing/tiny-disk.js';
import { openLmdbStateStore } from './lmdb.js';
import type { StateStore } from './state-store.js';

const MiB = 1024 * 1024;
const why = noTinyDisk();

describe.skipIf(why)(`state in LMDB on a full disk${why === undefined ? '' : ` (skipped: ${why})`}`, () => {
  let disk: TinyDisk;
  let store: StateStore;
  beforeEach(async () => {
    const mounted = mountTinyDisk(24 * MiB);
    if (mounted === undefined) throw new Error('not mounted');
    disk = mounted;
    disk.fill(16.5 * MiB);
    store = await openLmdbStateStore(join(disk.folder, 'state'));
  });
  afterEach(async () => {
    await store.close();
    disk.remove();
  });

  /** Commits grant and usage of one job together. */
  const commitBoth = (job: string) =>
    store.commit([
      {
        collection: 'grants',
        key: job,
        value: { ...grantRecord(job, 1), grants: Array(50).fill({ shard: 1, bytes: 1, version: 1 }) },
      },
      {
        collection: 'usage',
        key: job,
        value: usageRecord(job),
      },
    ]);

  /** Commits many at once, past the end of the disk. Returns those that were acknowledged, and what the others failed with. */
  async function fillUp(name: string): Promise<{ acknowledged: string[]; errors: SatchelError[] }> {
    const acknowledged: string[] = [];
    const errors: SatchelError[] = [];
    for (let round = 0; round < 40; round++) {
      const jobs = Array.from({ length: 25 }, (_, index) => `${name}-${round}-${index}`);
      const results = await Promise.allSettled(jobs.map(commitBoth));
      results.forEach((result, index) => {
        if (result.status === 'fulfilled') acknowledged.push(jobs[index] ?? '');
        else errors.push(result.reason);
      });
    }
    return { acknowledged: acknowledged.sort(), errors };
  }

  const jobsOf = (collection: 'grants' | 'usage') => store.all(collection).map(({ job }) => job);

  it('refuses what does not fit with a reason and keeps what it acknowledged, each commit whole', async () => {
    const { acknowledged, errors } = await fillUp('a');
    expect(acknowledged.length).toBeGreaterThan(0);
    expect(errors.length).toBeGreaterThan(0);
    for (const error of errors) {
      expect(error.code).toBe('unavailable');
      expect(error.message).toMatch(/cannot write its state: the disk of .* is full/);
    }
    expect(jobsOf('grants')).toEqual(acknowledged);
    await store.close();
    store = await openLmdbStateStore(join(disk.folder, 'state'));
    expect([jobsOf('grants'), jobsOf('usage')]).toEqual([acknowledged, acknowledged]);
  });

  it('goes on when there is room again', async () => {
    const { acknowledged } = await fillUp('a');
    disk.empty();
    for (let index = 0; index < 20; index++) await commitBoth(`later-${index}`);
    expect(store.all('grants')).toHaveLength(acknowledged.length + 20);
  });
});
