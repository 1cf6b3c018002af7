import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { grantRecord, testStateStore } from '../testing/state-store-suite.js';
import { openLmdbStateStore } from './lmdb.js';
import { MemoryStateStore } from './memory.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'satchel-state-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('state store in memory', () => testStateStore(async () => new MemoryStateStore()));

describe('state store in LMDB', () => {
  describe('as every one', () => testStateStore(() => openLmdbStateStore(join(folder, 'new'))));

  it('has everything when opened again', async () => {
    const first = await openLmdbStateStore(folder);
    await first.commit([{ collection: 'grants', key: 'a', value: grantRecord('a', 7) }]);
    await first.close();
    const second = await openLmdbStateStore(folder);
    expect(second.all('grants')).toEqual([grantRecord('a', 7)]);
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
