import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GrantRecord } from '../model.js';
import { openLmdbStateStore } from './lmdb.js';
import { MemoryStateStore } from './memory.js';
import type { StateStore } from './state-store.js';

const grant = (job: string, quotaBytes: number): GrantRecord => ({
  job,
  quotaBytes,
  grants: [{ shard: 1, bytes: 2 ** 40, version: 1 }],
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'satchel-state-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const implementations: [string, () => Promise<StateStore>][] = [
  ['memory', async () => new MemoryStateStore()],
  ['LMDB', () => openLmdbStateStore(folder)],
];

describe.each(implementations)('state store in %s', (_, open) => {
  let store: StateStore;
  beforeEach(async () => {
    store = await open();
  });
  afterEach(() => store.close());

  it('begins empty', () => {
    for (const name of ['fleet', 'nodes', 'jobs', 'grants', 'usage'] as const) expect(store.all(name)).toEqual([]);
  });

  it('gives back what was committed, in the order of keys', async () => {
    await store.commit(['b', 'a', 'c'].map((job) => ({ collection: 'grants', key: job, value: grant(job, 1) })));
    expect(store.all('grants')).toEqual(['a', 'b', 'c'].map((job) => grant(job, 1)));
  });

  it('replaces and removes', async () => {
    await store.commit([
      { collection: 'grants', key: 'a', value: grant('a', 1) },
      { collection: 'grants', key: 'b', value: grant('b', 1) },
    ]);
    await store.commit([
      { collection: 'grants', key: 'a', value: grant('a', 2) },
      { collection: 'grants', key: 'b', value: undefined },
      { collection: 'grants', key: 'never', value: undefined },
    ]);
    expect(store.all('grants')).toEqual([grant('a', 2)]);
  });

  it('keeps collections apart', async () => {
    await store.commit([{ collection: 'usage', key: 'a', value: { job: 'a', shards: [] } }]);
    expect(store.all('grants')).toEqual([]);
    expect(store.all('usage')).toEqual([{ job: 'a', shards: [] }]);
  });

  it('takes commits in the order of the calls and does not keep the values', async () => {
    const value = { ...grant('a', 0) };
    const commits: Promise<void>[] = [];
    for (let quotaBytes = 1; quotaBytes <= 50; quotaBytes++) {
      value.quotaBytes = quotaBytes;
      commits.push(store.commit([{ collection: 'grants', key: 'a', value }]));
    }
    value.quotaBytes = -1;
    await Promise.all(commits);
    expect(store.all('grants')).toEqual([grant('a', 50)]);
  });

  it('closes twice', async () => {
    await store.close();
    await store.close();
  });
});

describe('state store in LMDB', () => {
  it('has everything when opened again', async () => {
    const first = await openLmdbStateStore(folder);
    await first.commit([{ collection: 'grants', key: 'a', value: grant('a', 7) }]);
    await first.close();
    const second = await openLmdbStateStore(folder);
    expect(second.all('grants')).toEqual([grant('a', 7)]);
    await second.close();
  });

  it('belongs to one controller at a time', async () => {
    const first = await openLmdbStateStore(folder);
    await expect(openLmdbStateStore(folder)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(`process ${process.pid}`),
    });
    await first.close();
    await (await openLmdbStateStore(folder)).close();
  });

  it('makes a folder that only its owner may read, for it holds the signing key', async () => {
    const store = await openLmdbStateStore(join(folder, 'deep', 'state'));
    expect(statSync(join(folder, 'deep', 'state')).mode & 0o777).toBe(0o700);
    await store.close();
  });
});
