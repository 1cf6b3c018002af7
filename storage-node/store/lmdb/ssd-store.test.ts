import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Key } from '../key.js';
import { readWhole, sampleMetadata, sampleValue } from '../testing/samples.js';
import { describeTierStore } from '../testing/tier-store-contract.js';
import { JobEnvironment } from './job-environment.js';
import { LmdbEnvironment, LmdbTable } from './lmdb-environment.js';
import { SsdBudget } from './ssd-budget.js';
import { SsdStore } from './ssd-store.js';
import { Trash } from './trash.js';

const MiB = 1024 * 1024;

describeTierStore('the ssd tier', ({ budgetBytes }) => {
  const folder = mkdtempSync(join(tmpdir(), 'satchel-ssd-'));
  const trash = new Trash({ folder: join(folder, 'trash') });
  const budget = new SsdBudget({ budgetBytes });
  const store = new SsdStore({ environment: new JobEnvironment({ folder: join(folder, 'job'), trash }), budget });
  const close = async (): Promise<void> => {
    expect(budget.usedBytes).toBe(0);
    await trash.idle();
    rmSync(folder, { recursive: true });
  };
  return { store, close };
});

describe('the ssd tier', () => {
  let folder: string;
  let job: string;
  let trash: Trash;
  let budget: SsdBudget;
  let environment: JobEnvironment;
  let store: SsdStore;

  function open(bootId = 'this boot'): void {
    budget = new SsdBudget({ budgetBytes: 64 * MiB });
    environment = new JobEnvironment({ folder: job, trash, bootId });
    store = new SsdStore({ environment, budget });
  }

  /** What the end of the process leaves, opened by the next. */
  async function crash(bootId?: string): Promise<void> {
    environment.abandon();
    open(bootId);
    await store.leftoversSwept();
  }

  function put(key: string, bytes: number, changes = {}): boolean | Promise<boolean> {
    return store.put(Key.of(key), sampleValue(bytes, bytes), 0, bytes, sampleMetadata(changes));
  }

  async function get(key: string): Promise<Buffer | undefined> {
    const object = store.find(Key.of(key));
    return object && readWhole(object);
  }

  function files(): string[] {
    return existsSync(join(job, 'data', 'files'))
      ? readdirSync(join(job, 'data', 'files'), { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => entry.name)
      : [];
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'satchel-ssd-'));
    job = join(folder, 'jobs', 'job');
    trash = new Trash({ folder: join(folder, 'trash') });
    open();
  });
  afterEach(async () => {
    await store.destroy();
    await trash.idle();
    rmSync(folder, { recursive: true });
  });

  test('a job that stores nothing on ssd has no folder', () => {
    expect(store.find(Key.of('key'))).toBeUndefined();
    expect(store.delete(Key.of('key'))).toBe(false);
    store.flush();
    store.clear();
    expect(existsSync(job)).toBe(false);
  });

  test('what was flushed survives a crash, with usage, metadata and large values; the rest is as it was before', async () => {
    for (const bytes of [0, 100, 20_000, MiB]) expect(await put(`key-${bytes}`, bytes, { attempt: bytes })).toBe(true);
    store.flush();
    const { objects, usedBytes } = store.usage;
    expect(store.delete(Key.of('key-100'))).toBe(true);
    expect(put('key-0', 7)).toBe(true);
    expect(put('key-7', 7)).toBe(true);
    await crash();
    expect(store.usage).toMatchObject({ objects, usedBytes });
    expect(budget.usedBytes).toBe(usedBytes);
    for (const bytes of [0, 100, 20_000, MiB]) expect((await get(`key-${bytes}`))?.equals(sampleValue(bytes, bytes))).toBe(true);
    expect(store.find(Key.of('key-20000'))?.attempt).toBe(20_000);
    expect(store.find(Key.of('key-7'))).toBeUndefined();
  });

  test('files that a crash left without a record are removed, those of records are kept', async () => {
    await put('kept', 100_000);
    store.flush();
    await put('uncommitted', 90_000);
    await put('kept-large', MiB);
    expect(files()).toHaveLength(3);
    await crash();
    expect(files()).toHaveLength(1);
    expect((await get('kept'))?.equals(sampleValue(100_000, 100_000))).toBe(true);
    await put('kept', 80_000);
    store.flush();
    await crash();
    expect((await get('kept'))?.equals(sampleValue(80_000, 80_000))).toBe(true);
    expect(files()).toHaveLength(1);
  });

  test('the file of a replaced value stays until the change is committed', async () => {
    await put('key', 100_000);
    store.flush();
    await put('key', 10);
    await new Promise((resolve) => setImmediate(resolve));
    expect(files()).toHaveLength(1);
    await crash();
    expect((await get('key'))?.equals(sampleValue(100_000, 100_000))).toBe(true);
  });

  test('a put that fails because the disk cannot be read counts for nothing', async () => {
    await put('key', 10);
    store.flush();
    const { usedBytes } = budget;
    vi.spyOn(LmdbTable.prototype, 'get').mockImplementation(() => {
      throw new Error('MDB_PANIC');
    });
    try {
      expect(() => put('key', 20)).toThrow('reading the catalog');
      await expect(put('key', 300_000)).rejects.toMatchObject({ code: 'unavailable' });
    } finally {
      vi.restoreAllMocks();
    }
    expect([budget.usedBytes, store.usage.usedBytes]).toEqual([usedBytes, usedBytes]);
    expect(await get('key')).toEqual(sampleValue(10, 10));
  });

  test('data of another boot of the machine is thrown away', async () => {
    await put('key', 10);
    store.flush();
    await crash('the next boot');
    expect(store.usage.objects).toBe(0);
    expect(await get('key')).toBeUndefined();
    expect(await put('key', 11)).toBe(true);
    store.flush();
    await crash('the next boot');
    expect(await get('key')).toEqual(sampleValue(11, 11));
  });

  test('a folder whose creation was cut short is thrown away', async () => {
    await put('key', 10);
    store.flush();
    rmSync(join(job, 'data', 'boot-id'));
    await crash();
    expect(await get('key')).toBeUndefined();
  });

  test('after clear nothing comes back in a crash, and numbers are not used twice', async () => {
    await put('small', 10);
    await put('large', MiB);
    store.flush();
    store.clear();
    expect(budget.usedBytes).toBe(0);
    await crash();
    expect(store.usage.objects).toBe(0);
    await put('large', 300_000);
    store.flush();
    store.clear();
    await put('large', 400_000);
    store.flush();
    await crash();
    expect((await get('large'))?.equals(sampleValue(400_000, 400_000))).toBe(true);
  });

  test('clear overtakes a large value under way, destroy fails it', async () => {
    const first = put('large', MiB);
    store.clear();
    expect(await first).toBe(true);
    expect(store.find(Key.of('large'))).toBeUndefined();
    expect(budget.usedBytes).toBe(0);
    const second = put('large', MiB);
    const destroyed = store.destroy();
    await expect(second).rejects.toMatchObject({ code: 'no-job' });
    await destroyed;
    expect(budget.usedBytes).toBe(0);
    expect(existsSync(job)).toBe(false);
  });

  test('jobs share the budget of the shard', async () => {
    budget = new SsdBudget({ budgetBytes: 3000 });
    const stores = ['a', 'b'].map((name) => {
      return new SsdStore({ environment: new JobEnvironment({ folder: join(folder, name), trash, bootId: 'boot' }), budget });
    });
    const put = (index: number): unknown => stores[index]?.put(Key.of('key'), Buffer.alloc(2000), 0, 2000, sampleMetadata());
    expect(put(0)).toBe(true);
    expect(put(1)).toBe(false);
    await stores[0]?.destroy();
    expect(put(1)).toBe(true);
    await stores[1]?.destroy();
    expect(budget.usedBytes).toBe(0);
  });

  test('a folder that cannot be written to makes a put false, not a crash', () => {
    writeFileSync(join(folder, 'jobs'), 'a file where the folder of jobs should be');
    expect(put('key', 10)).toBe(false);
    expect(put('key', 100_000)).toBe(false);
    expect(put('key', MiB)).toBe(false);
    expect(budget.usedBytes).toBe(0);
    rmSync(join(folder, 'jobs'));
  });

  describe('on a disk that takes no commit', () => {
    function fillDisk(): () => void {
      const commit = vi.spyOn(LmdbEnvironment.prototype, 'commit').mockImplementation(() => {
        throw new Error('MDB_PROBLEM: no space left on device');
      });
      return () => commit.mockRestore();
    }

    test('a put is refused, and taken again once there is room, without a change in between', async () => {
      expect(put('before', 10)).toBe(true);
      store.flush();
      const empty = fillDisk();
      expect(put('key', 10)).toBe(true);
      expect(() => store.flush()).toThrow(/no space left.*check the disk/);
      expect(put('other', 10)).toBe(false);
      empty();
      await vi.waitFor(() => expect(put('other', 10)).toBe(true));
      store.flush();
      await crash();
      expect([await get('key'), await get('other')]).toEqual([sampleValue(10, 10), sampleValue(10, 10)]);
    });

    test('a large value under way is not taken away with the last object', async () => {
      expect(put('before', 10)).toBe(true);
      store.flush();
      const putting = put('large', MiB);
      store.delete(Key.of('before'));
      const empty = fillDisk();
      expect(() => store.flush()).toThrow(/no space left/);
      expect(await putting).toBe(true);
      expect(await get('large')).toEqual(sampleValue(MiB, MiB));
      empty();
    });

    test('each change is told once that it may be lost, whoever failed to list meanwhile', () => {
      expect(put('before', 10)).toBe(true);
      store.flush();
      const empty = fillDisk();
      expect(put('key', 10)).toBe(true);
      expect(() => store.scan(0, 10, () => {})).toThrow(/no space left/);
      expect(() => store.flush()).toThrow(/no space left/);
      // What changes in dram meanwhile is safe as ever.
      store.flush();
      expect(store.delete(Key.of('before'))).toBe(true);
      expect(() => store.flush()).toThrow(/no space left/);
      empty();
    });
  });

  test('the job is gone from its place before destroy returns', async () => {
    for (let index = 0; index < 500; index++) await put(`key-${index}`, 20_000);
    store.flush();
    const destroyed = store.destroy();
    expect(existsSync(job)).toBe(false);
    await destroyed;
    expect(readdirSync(join(folder, 'trash'))).toEqual([]);
  });

  test('what an earlier process discarded is removed by the next', async () => {
    await put('key', 20_000);
    store.flush();
    environment.abandon();
    const interrupted = new Trash({ folder: join(folder, 'trash'), reclaim: () => Promise.reject(new Error('cut short')) });
    await interrupted.discard(job);
    expect(readdirSync(join(folder, 'trash'))).toHaveLength(1);
    await trash.resume();
    expect(readdirSync(join(folder, 'trash'))).toEqual([]);
  });
});
