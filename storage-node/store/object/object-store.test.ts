import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../shard/testing/manual-clock.js';
import { Key } from '../key.js';
import { JobEnvironment } from '../lmdb/job-environment.js';
import { SsdBudget } from '../lmdb/ssd-budget.js';
import { SsdStore } from '../lmdb/ssd-store.js';
import type { Trash } from '../lmdb/trash.js';
import { FaultyObjectClient } from '../testing/faulty-object-client.js';
import { readWhole, sampleMetadata, sampleValue } from '../testing/samples.js';
import { FileClient } from './file-client.js';
import type { StoredName } from './object-client.js';
import { ObjectStore } from './object-store.js';
import { openTrash, resumeReclaims } from './reclaim.js';

const MiB = 1024 * 1024;

describe('the object tier of a job', () => {
  let folder: string;
  let client: FaultyObjectClient;
  let trash: Trash;
  let environment: JobEnvironment;
  let ssd: SsdStore;
  let store: ObjectStore;

  function open(): void {
    trash = openTrash({ folder: join(folder, 'trash'), client });
    environment = new JobEnvironment({ folder: join(folder, 'job'), trash });
    ssd = new SsdStore({ environment, budget: new SsdBudget({ budgetBytes: 64 * MiB }) });
    store = new ObjectStore({ environment, client, namespace: 'ns', job: 'job' });
  }

  async function crash(): Promise<void> {
    environment.abandon();
    open();
  }

  function put(key: string, bytes: number): boolean | Promise<boolean> {
    return store.put(Key.of(key), sampleValue(bytes, bytes), 0, bytes, sampleMetadata());
  }

  async function putMany(prefix: string, count: number, bytes: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, (_, index) => put(`${prefix}-${index}`, bytes)));
  }

  async function get(key: string): Promise<Buffer | undefined> {
    const object = store.find(Key.of(key));
    return object && readWhole(object);
  }

  function objects(): Promise<StoredName[]> {
    return client.list('', '', 10_000);
  }

  /** Commits, and waits for what is deleted and rewritten because of it. */
  async function settle(): Promise<void> {
    for (let round = 0; round < 4; round++) {
      store.flush();
      await store.idle();
    }
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'satchel-object-tier-'));
    client = new FaultyObjectClient(new FileClient(join(folder, 'objects')));
    open();
  });
  afterEach(async () => {
    client.unreachable = false;
    await store.destroy();
    await trash.idle();
    expect(await objects()).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  test('packs small values that are put at the same time, and sends large ones alone', async () => {
    await Promise.all([putMany('small', 1000, 1000), put('large', 9 * MiB)]);
    expect(store.requests.puts).toBe(2);
    expect(await objects()).toHaveLength(2);
    expect(await get('small-999')).toEqual(sampleValue(1000, 1000));
    expect((await get('large'))?.equals(sampleValue(9 * MiB, 9 * MiB))).toBe(true);
  });

  test('packs what waits while uploads are under way', async () => {
    let release = (): void => {};
    client.held = new Promise((resolve) => {
      release = resolve;
    });
    const puts: unknown[] = [];
    for (let turn = 0; turn < 50; turn++) {
      puts.push(put(`key-${turn}`, 1000));
      await new Promise((resolve) => setImmediate(resolve));
    }
    release();
    await Promise.all(puts);
    expect(store.requests.puts).toBe(9);
    expect(store.usage.objects).toBe(50);
  });

  test('shows nothing of an object before it is uploaded, and nothing of one that could not be', async () => {
    await put('key', 100);
    client.unreachable = true;
    const refused = put('key', 200);
    expect(store.find(Key.of('key'))?.valueLength).toBe(100);
    await expect(refused).rejects.toMatchObject({ code: 'unavailable' });
    expect(store.find(Key.of('key'))?.valueLength).toBe(100);
    await expect(get('key')).rejects.toMatchObject({ code: 'unavailable' });
    client.unreachable = false;
    expect(await get('key')).toEqual(sampleValue(100, 100));
    expect(await put('key', 200)).toBe(true);
  });

  test('deletes a pack with its last live value, once that is committed', async () => {
    await putMany('key', 10, 1000);
    for (let index = 0; index < 10; index++) expect(store.delete(Key.of(`key-${index}`))).toBe(true);
    expect(await objects()).toHaveLength(1);
    await settle();
    expect(await objects()).toEqual([]);
    expect(store.usage).toMatchObject({ objects: 0, usedBytes: 0, reservedBytes: 0 });
  });

  test('rewrites a pack of which less than a quarter is alive', async () => {
    await putMany('key', 100, 1000);
    const [before] = await objects();
    for (let index = 0; index < 80; index++) store.delete(Key.of(`key-${index}`));
    await settle();
    const after = await objects();
    expect(after).toHaveLength(1);
    expect(after[0]?.name).not.toBe(before?.name);
    expect(after[0]?.bytes).toBeLessThan(25_000);
    for (let index = 80; index < 100; index++) expect(await get(`key-${index}`)).toEqual(sampleValue(1000, 1000));
    await crash();
    for (let index = 80; index < 100; index++) expect(await get(`key-${index}`)).toEqual(sampleValue(1000, 1000));
  });

  test('what changes while its pack is rewritten keeps the change', async () => {
    await putMany('key', 100, 1000);
    for (let index = 0; index < 80; index++) store.delete(Key.of(`key-${index}`));
    let release = (): void => {};
    client.held = new Promise((resolve) => {
      release = resolve;
    });
    store.flush();
    await new Promise((resolve) => setTimeout(resolve, 50));
    store.delete(Key.of('key-80'));
    store.updateMetadata(Key.of('key-81'), { readsLeft: 5 });
    ssd.put(Key.of('key-82'), sampleValue(10, 10), 0, 10, sampleMetadata());
    release();
    await settle();
    expect(store.find(Key.of('key-80'))).toBeUndefined();
    expect(store.find(Key.of('key-81'))?.readsLeft).toBe(5);
    expect(store.find(Key.of('key-82'))).toBeUndefined();
    expect(await get('key-83')).toEqual(sampleValue(1000, 1000));
    expect(await objects()).toHaveLength(1);
    expect(store.usage.objects).toBe(18);
  });

  test('a read under way is finished before its pack goes', async () => {
    await put('key', 2 * MiB);
    const object = store.find(Key.of('key'));
    const target = Buffer.alloc(2 * MiB);
    const reading = object?.read(0, 2 * MiB, target, 0);
    store.delete(Key.of('key'));
    store.flush();
    await reading;
    expect(target.equals(sampleValue(2 * MiB, 2 * MiB))).toBe(true);
    await settle();
    expect(await objects()).toEqual([]);
  });

  test('is found again after a crash, without what was not committed and what no record refers to', async () => {
    await putMany('kept', 10, 1000);
    store.flush();
    const { objects: count, usedBytes, reservedBytes } = store.usage;
    await putMany('uncommitted', 10, 2000);
    expect(await objects()).toHaveLength(2);
    await crash();
    expect(store.usage).toMatchObject({ objects: count, usedBytes, reservedBytes });
    expect(await get('kept-3')).toEqual(sampleValue(1000, 1000));
    expect(store.find(Key.of('uncommitted-3'))).toBeUndefined();
    await expect.poll(objects).toHaveLength(1);
  });

  test('deletions that a crash or an unreachable store held up are made up for', async () => {
    await putMany('key', 10, 1000);
    for (let index = 0; index < 10; index++) store.delete(Key.of(`key-${index}`));
    client.unreachable = true;
    await settle();
    client.unreachable = false;
    expect(await objects()).toHaveLength(1);
    await crash();
    await settle();
    expect(await objects()).toEqual([]);
  });

  test('an object whose pack somebody deleted is lost, not half there', async () => {
    await put('key', 1000);
    await client.delete((await objects()).map(({ name }) => name));
    await expect(get('key')).rejects.toMatchObject({ code: 'lost' });
  });

  test('an object moves between ssd and object tier in one step', async () => {
    ssd.put(Key.of('key'), sampleValue(100_000, 1), 0, 100_000, sampleMetadata());
    store.flush();
    await put('key', 1000);
    expect(ssd.find(Key.of('key'))).toBeUndefined();
    expect(ssd.usage).toMatchObject({ objects: 0, usedBytes: 0 });
    await crash();
    expect(ssd.find(Key.of('key'))?.valueLength).toBe(100_000);
    expect(store.find(Key.of('key'))).toBeUndefined();
    await put('key', 1000);
    store.flush();
    await crash();
    expect(ssd.find(Key.of('key'))).toBeUndefined();
    expect(await get('key')).toEqual(sampleValue(1000, 1000));
  });

  test('clear of one tier leaves the other', async () => {
    await putMany('object', 10, 1000);
    ssd.put(Key.of('ssd'), sampleValue(100_000, 1), 0, 100_000, sampleMetadata());
    store.clear();
    await settle();
    expect(await objects()).toEqual([]);
    expect(ssd.find(Key.of('ssd'))).toBeDefined();
    await put('again', 10);
    ssd.clear();
    await crash();
    expect(ssd.usage.objects).toBe(0);
    expect(ssd.find(Key.of('ssd'))).toBeUndefined();
    expect(await get('again')).toEqual(sampleValue(10, 10));
  });

  test('clear and destroy overtake an upload under way, which leaves nothing behind', async () => {
    let release = (): void => {};
    client.held = new Promise((resolve) => {
      release = resolve;
    });
    const first = put('first', 1000);
    await new Promise((resolve) => setImmediate(resolve));
    store.clear();
    release();
    expect(await first).toBe(true);
    expect(store.find(Key.of('first'))).toBeUndefined();
    client.held = new Promise((resolve) => {
      release = resolve;
    });
    const second = put('second', 1000);
    await new Promise((resolve) => setImmediate(resolve));
    const destroyed = store.destroy();
    release();
    await expect(second).rejects.toMatchObject({ code: 'no-job' });
    await destroyed;
    await store.idle();
  });

  test('an upload that ends after its job did, and cannot be deleted, is deleted later', async () => {
    const clock = new ManualClock();
    environment = new JobEnvironment({ folder: join(folder, 'timed'), trash });
    store = new ObjectStore({ environment, client, namespace: 'ns', job: 'job', clock });
    let release = (): void => {};
    client.held = new Promise((resolve) => {
      release = resolve;
    });
    const late = put('late', 1000);
    await new Promise((resolve) => setImmediate(resolve));
    await store.destroy();
    client.undeletable = true;
    release();
    await expect(late).rejects.toMatchObject({ code: 'no-job' });
    await store.idle();
    expect(await objects()).toHaveLength(1);
    client.undeletable = false;
    clock.advance(60_000);
    await store.idle();
    expect(await objects()).toEqual([]);
  });

  test('what a destroyed job has in the store goes later if the store cannot be reached, also by the next process', async () => {
    await putMany('key', 10, 1000);
    store.flush();
    client.unreachable = true;
    await store.destroy();
    client.unreachable = false;
    expect(await objects()).toHaveLength(1);
    open();
    await resumeReclaims(trash);
    expect(await objects()).toEqual([]);
    expect(readdirSync(join(folder, 'trash'))).toEqual([]);
  });
});
