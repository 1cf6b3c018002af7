import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { jobGroupId } from '@satchel/proto/core';
import { loadMapping, type Mapping, ownsSlot, rootFileName, rootState, rootWord } from '@satchel/proto/shared-memory';
import { describe, expect, test } from 'vitest';
import { Key } from '../key.js';
import { arenaFolder, sharedSource, sharingProblem } from '../testing/arenas.js';
import { plainMetadata } from '../tier-store.js';
import { ArenaPool } from './arena-pool.js';
import type { ArenaStore } from './arena-store.js';

const KiB = 1024;
const MiB = KiB * KiB;
const isRoot = process.getuid?.() === 0;

function put(store: ArenaStore, name: string, bytes: number): boolean {
  return store.put(Key.of(name), Buffer.alloc(bytes, name), 0, bytes, plainMetadata(1));
}

/** A pool over a folder, with what a test looks at. */
function pooled(budgetBytes: number, folder = arenaFolder()) {
  const source = sharedSource({ folder, budgetBytes });
  const pool = new ArenaPool({ budgetBytes, source });
  const folderOf = (store: ArenaStore): string => {
    const published = store.share();
    if (!('folder' in published)) throw new Error(published.reason);
    return join(folder, '..', published.folder);
  };
  return { folder, source, pool, folderOf };
}

function bytesUnder(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).blocks * 512, 0);
}

/** A small tmpfs of its own, or undefined where that is not allowed. */
function mountTmpfs(bytes: number): { readonly folder: string; unmount(): void } | undefined {
  const folder = join(arenaFolder(), 'mount');
  mkdirSync(folder);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'satchel-test', folder], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  return { folder, unmount: () => execFileSync('umount', ['--lazy', folder]) };
}

describe.skipIf(sharingProblem)('shared segments', () => {
  const mapping = loadMapping() as Mapping;

  test('a small job costs little more than its first segment', () => {
    const { pool, folderOf } = pooled(64 * MiB);
    const store = pool.open('small');
    expect(put(store, 'key', 1)).toBe(true);
    expect(bytesUnder(folderOf(store))).toBeLessThanOrEqual(72 * KiB);
    expect(pool.usage.reservedBytes).toBe(bytesUnder(folderOf(store)));
  });

  test('a job that was not used has no folder', () => {
    const { pool, folder } = pooled(64 * MiB);
    for (let job = 0; job < 100; job++) pool.open(`job-${job}`).find(Key.of('key'));
    expect(readdirSync(folder).sort()).toEqual(['stock', 'trash']);
  });

  test('what a job gives back is unlinked, and its end takes folder and state', async () => {
    const { pool, source, folder, folderOf } = pooled(64 * MiB);
    const store = pool.open('job-1');
    for (let index = 0; index < 3000; index++) put(store, `key-${index}`, 5000);
    const path = folderOf(store);
    const before = readdirSync(path).length;
    for (let index = 0; index < 2990; index++) store.delete(Key.of(`key-${index}`));
    expect(readdirSync(path).length).toBeLessThan(before / 2);
    expect(bytesUnder(path)).toBe(store.usage.reservedBytes);
    const root = mapping.open(join(path, rootFileName));
    await store.destroy();
    expect(new Uint32Array(root.memory)[rootWord.state]).toBe(rootState.ended);
    expect(existsSync(path)).toBe(false);
    await source.idle();
    expect(readdirSync(join(folder, 'trash'))).toEqual([]);
    mapping.unmap(root);
  });

  test('a job that is cleared goes on in another folder', () => {
    const { pool, folderOf } = pooled(64 * MiB);
    const store = pool.open('job-1');
    put(store, 'key', 1);
    const first = folderOf(store);
    const root = mapping.open(join(first, rootFileName));
    store.clear();
    expect(new Uint32Array(root.memory)[rootWord.state]).toBe(rootState.ended);
    put(store, 'key', 1);
    expect(folderOf(store)).not.toBe(first);
    mapping.unmap(root);
  });

  test('a job’s bytes are nowhere but in its own files, and no file of it is used again', async () => {
    const { pool, source, folder, folderOf } = pooled(32 * MiB);
    const secret = 'the secret of job A';
    const first = pool.open('job-a');
    for (let index = 0; index < 2000; index++) put(first, `${secret}-${index}`, 4000);
    const path = folderOf(first);
    const files = readdirSync(path).map((name) => mapping.open(join(path, name)));
    await first.destroy();
    await source.idle();
    const images = files.map(({ memory }) => Buffer.from(memory).toString('latin1'));
    const second = pool.open('job-b');
    for (let index = 0; index < 2000; index++) put(second, `job B ${index}`, 4000);
    await source.idle();
    expect(files.map(({ memory }) => Buffer.from(memory).toString('latin1'))).toEqual(images);
    for (const name of readdirSync(folderOf(second)))
      expect(readFileSync(join(folderOf(second), name), 'latin1')).not.toContain(secret);
    for (const entry of readdirSync(join(folder, 'stock'))) {
      expect(readFileSync(join(folder, 'stock', entry)).every((byte) => byte === 0)).toBe(true);
    }
    for (const file of files) mapping.unmap(file);
  });

  test('stock is made ahead, grows with demand and stays within the budget', async () => {
    const budgetBytes = 24 * MiB;
    const { pool, source, folder } = pooled(budgetBytes);
    await source.idle();
    expect(bytesUnder(join(folder, 'stock'))).toBeGreaterThan(MiB);
    const store = pool.open('job-1');
    for (let index = 0; put(store, `key-${index}`, 100_000); index++) {
      if (index % 10 === 0) await source.idle();
      expect(bytesUnder(folder)).toBeLessThanOrEqual(budgetBytes);
    }
    expect(store.usage.usedBytes).toBeGreaterThan(budgetBytes * 0.8);
  });

  test('readers are told which slots are served', () => {
    const { pool, folderOf } = pooled(64 * MiB);
    const store = pool.open('job-1');
    const rootNow = () => {
      const bytes = readFileSync(join(folderOf(store), rootFileName));
      return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    };
    expect([0, 100, 16383].map((slot) => ownsSlot(rootNow(), slot))).toEqual([false, false, false]);
    store.setOwnedSlots([
      { start: 0, end: 33 },
      { start: 100, end: 16384 },
    ]);
    expect([0, 32, 33, 99, 100, 16383].map((slot) => ownsSlot(rootNow(), slot))).toEqual([true, true, false, false, true, true]);
    store.clear();
    put(store, 'key', 1);
    expect(ownsSlot(rootNow(), 100)).toBe(true);
    store.setOwnedSlots([]);
    expect(ownsSlot(rootNow(), 100)).toBe(false);
  });

  test('a root grows with the number of segments', () => {
    const source = sharedSource({ budgetBytes: 64 * MiB, segmentBytes: 64 * KiB });
    const pool = new ArenaPool({ budgetBytes: 64 * MiB, segmentBytes: 64 * KiB, source });
    const store = pool.open('job-1');
    for (let index = 0; index < 6000; index++) expect(put(store, `key-${index}`, 8000)).toBe(true);
    expect(pool.usage.segments).toBeGreaterThan(700);
    expect(store.audit()).toEqual([]);
    for (let index = 0; index < 6000; index += 7) expect(store.find(Key.of(`key-${index}`))?.valueLength).toBe(8000);
  });

  test('what an earlier process left is ended, then gone', async () => {
    const { folder, source, pool, folderOf } = pooled(16 * MiB);
    put(pool.open('job-1'), 'key', 10);
    const store = pool.open('job-2');
    put(store, 'key', 10);
    const root = mapping.open(join(folderOf(store), rootFileName));
    source.close();
    await source.idle();
    pooled(16 * MiB, folder);
    expect(new Uint32Array(root.memory)[rootWord.state]).toBe(rootState.ended);
    expect(readdirSync(folder).sort()).toEqual(['stock', 'trash']);
    mapping.unmap(root);
  });

  test('a full file system is a full tier, and what is stored stays', async (context) => {
    const mount = mountTmpfs(8 * MiB);
    if (!mount) return context.skip('mounting a tmpfs is not allowed here');
    try {
      const { pool, source, folder } = pooled(64 * MiB, join(mount.folder, 'arena'));
      const store = pool.open('job-1');
      let stored = 0;
      while (put(store, `key-${stored}`, 10_000)) stored++;
      expect(stored).toBeGreaterThan(400);
      expect(statfsSync(folder).bavail * 4096).toBeLessThan(MiB);
      expect(put(pool.open('job-2'), 'key', 100_000)).toBe(false);
      expect(store.audit()).toEqual([]);
      for (let index = 0; index < stored; index++) expect(store.find(Key.of(`key-${index}`))?.valueLength).toBe(10_000);
      for (let index = 0; index < stored; index += 2) store.delete(Key.of(`key-${index}`));
      expect(put(store, 'key', 100_000)).toBe(true);
      source.close();
      await source.idle();
    } finally {
      mount.unmount();
    }
  });

  test('where the folder was taken away, dram is full, and the job still ends', async () => {
    const complaints: unknown[] = [];
    const folder = join(arenaFolder(), 'arena');
    const source = sharedSource({ folder, budgetBytes: 64 * MiB, onError: (error) => complaints.push(error) });
    const pool = new ArenaPool({ budgetBytes: 64 * MiB, source });
    const store = pool.open('job-1');
    expect(put(store, 'key', 10)).toBe(true);
    rmSync(folder, { recursive: true });
    let stored = 0;
    while (put(store, `key-${stored}`, 10_000)) stored++;
    expect(stored).toBeLessThan(100);
    expect(put(pool.open('job-2'), 'key', 10)).toBe(false);
    await store.destroy();
    await source.idle();
    expect(pool.usage.reservedBytes).toBe(0);
    expect(complaints.length).toBeGreaterThan(0);
  });

  describe.skipIf(!isRoot)('as root', () => {
    test('a job’s folder and files are its group’s to read', async () => {
      const { pool, source, folder, folderOf } = pooled(64 * MiB);
      await source.idle();
      const store = pool.open('job-1');
      for (let index = 0; index < 300; index++) put(store, `key-${index}`, 8000);
      const modeOf = (path: string) => {
        const { mode, uid, gid } = statSync(path);
        return [(mode & 0o777).toString(8), uid, gid];
      };
      const group = jobGroupId('job-1');
      expect(modeOf(folderOf(store))).toEqual(['710', 0, group]);
      for (const name of readdirSync(folderOf(store))) expect(modeOf(join(folderOf(store), name))).toEqual(['640', 0, group]);
      expect([modeOf(folder)[0], modeOf(join(folder, 'stock'))[0], modeOf(join(folder, 'trash'))[0]]).toEqual([
        '711',
        '700',
        '700',
      ]);
    });

    test('a process with the group of one job reads its files, and gets EACCES at those of another', () => {
      const { pool, folder, folderOf } = pooled(64 * MiB);
      chmodSync(folder, 0o711);
      const paths = ['job-a', 'job-b'].map((job) => {
        const store = pool.open(job);
        put(store, 'key', 10);
        return join(folderOf(store), rootFileName);
      });
      const script = `for (const path of process.argv.slice(1)) {
        try { process.stdout.write('' + require('node:fs').readFileSync(path).length + '\\n'); } catch (error) { process.stdout.write(error.code + '\\n'); }
      }`;
      const id = jobGroupId('job-a');
      const { stdout } = spawnSync(process.execPath, ['-e', script, ...paths], { uid: id, gid: id, cwd: '/', encoding: 'utf8' });
      expect(stdout.split('\n').slice(0, 2)).toEqual(['4096', 'EACCES']);
    });

    test('of two live jobs with one group id the second is not shared', async () => {
      const { pool, folderOf } = pooled(64 * MiB);
      const [job, twin] = twins();
      const first = pool.open(job);
      const second = pool.open(twin);
      expect(folderOf(first)).toContain(job);
      expect(second.share()).toEqual({ reason: 'another job of this shard has the same group id' });
      expect(put(second, 'key', 10)).toBe(true);
      await first.destroy();
      await second.destroy();
      expect(folderOf(pool.open(twin))).toContain(twin);
    });
  });

  test('without groups a folder is its user’s alone', () => {
    const folder = arenaFolder();
    const source = sharedSource({ folder, budgetBytes: 64 * MiB, withGroups: false });
    const store = new ArenaPool({ budgetBytes: 64 * MiB, source }).open('job-1');
    put(store, 'key', 10);
    const [job] = readdirSync(folder).filter((name) => name.startsWith('job-1-'));
    expect(statSync(join(folder, job ?? '')).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, job ?? '', rootFileName)).mode & 0o777).toBe(0o600);
  });
});

/** Two job ids of one group id: some 20,000 ids hold a pair, by the birthday paradox. */
function twins(): [string, string] {
  const seen = new Map<number, string>();
  for (let number = 0; ; number++) {
    const job = `job-${number}`;
    const before = seen.get(jobGroupId(job));
    if (before !== undefined) return [before, job];
    seen.set(jobGroupId(job), job);
  }
}
