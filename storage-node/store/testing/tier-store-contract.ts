import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hashOfBytes, Key } from '../key.js';
import { objectCharge, scanEnd, type TierStore } from '../tier-store.js';
import type { OpenedStore, OpenStore } from './open-store.js';
import { collidingKeys, metadataOf, readRange, readWhole, sampleMetadata, sampleMs, sampleValue } from './samples.js';
import { describeTierStoreModel, type TierStoreModelOptions } from './tier-store-model.js';

const KiB = 1024;
const MiB = 1024 * KiB;

/**
 * Registers the tests every tier must pass; `options` thins the model test out for slow stores.
 */
export function describeTierStore(name: string, open: OpenStore, options: TierStoreModelOptions = {}): void {
  describe(`${name}, as a TierStore,`, () => {
    describeObjects(open);
    describeMoves(open);
    describeScan(open);
    describeLimits(open);
    describeTierStoreModel(open, options);
  });
}

/** The store of the running test; opened before and closed after each. */
function useStore(open: OpenStore, budgetBytes: number): { store: TierStore } {
  const context = {} as { store: TierStore };
  let opened: OpenedStore;
  beforeEach(async () => {
    opened = await open({ budgetBytes });
    context.store = opened.store;
  });
  afterEach(async () => {
    await context.store.destroy();
    await opened.close?.();
  });
  return context;
}

/** Puts a whole buffer. */
async function put(store: TierStore, key: string | Key, value: Buffer, changes = {}): Promise<boolean> {
  return store.put(typeof key === 'string' ? Key.of(key) : key, value, 0, value.length, sampleMetadata(changes));
}

async function get(store: TierStore, key: string | Key): Promise<Buffer | undefined> {
  const object = store.find(typeof key === 'string' ? Key.of(key) : key);
  return object && readWhole(object);
}

function describeObjects(open: OpenStore): void {
  const context = useStore(open, 32 * MiB);

  test('an empty store finds nothing and uses nothing', () => {
    expect(context.store.find(Key.of('absent'))).toBeUndefined();
    expect(context.store.delete(Key.of('absent'))).toBe(false);
    expect(context.store.updateMetadata(Key.of('absent'), { persist: true })).toBe(false);
    expect(context.store.usage).toMatchObject({ objects: 0, usedBytes: 0 });
  });

  test('an object is found with its value, metadata and tier', async () => {
    const { store } = context;
    const metadata = { expiresAtMs: sampleMs + 60_000, readsLeft: 3, attempt: 7, persist: true, manifest: true };
    expect(await put(store, 'key', Buffer.from('value'), metadata)).toBe(true);
    const object = store.find(Key.of('key'));
    expect(object && metadataOf(object)).toEqual({ createdMs: sampleMs, ...metadata });
    expect(object?.tier).toBe(store.tier);
    expect(object?.valueLength).toBe(5);
    expect(await get(store, 'key')).toEqual(Buffer.from('value'));
    expect(store.find(Key.of('key2'))).toBeUndefined();
    expect(store.usage).toMatchObject({ objects: 1, usedBytes: objectCharge(3, 5) });
  });

  test('a put takes the given part of a buffer and only borrows key and value', async () => {
    const { store } = context;
    const keyBytes = Buffer.from('--borrowed--');
    const valueBytes = sampleValue(200 * KiB, 1);
    const expected = Buffer.from(valueBytes.subarray(100, 150 * KiB));
    const stored = store.put(new Key().set(keyBytes, 2, 10), valueBytes, 100, 150 * KiB, sampleMetadata());
    keyBytes.fill(0);
    valueBytes.fill(0);
    expect(await stored).toBe(true);
    expect((await get(store, 'borrowed'))?.equals(expected)).toBe(true);
  });

  test('an overwrite replaces value and all metadata', async () => {
    const { store } = context;
    await put(store, 'key', sampleValue(100, 1), { expiresAtMs: sampleMs, readsLeft: 1, attempt: 0, persist: true });
    for (const size of [100, 90, 5000, 0, 300 * KiB, 70 * KiB, 300 * KiB, 12]) {
      expect(await put(store, 'key', sampleValue(size, size + 7))).toBe(true);
      expect((await get(store, 'key'))?.equals(sampleValue(size, size + 7))).toBe(true);
      const object = store.find(Key.of('key'));
      expect(object && metadataOf(object)).toEqual(sampleMetadata());
      expect(store.usage).toMatchObject({ objects: 1, usedBytes: objectCharge(3, size) });
    }
  });

  test('metadata changes leave the value and the other metadata as they were', async () => {
    const { store } = context;
    await put(store, 'key', sampleValue(40 * KiB, 3), { attempt: 2 });
    const steps = [
      { expiresAtMs: 4_102_444_800_999 },
      { readsLeft: 2 ** 31 - 1 },
      { attempt: 2 ** 31 - 1 },
      { persist: true },
      { manifest: true },
    ];
    let expected = sampleMetadata({ attempt: 2 });
    for (const changes of [
      ...steps,
      { expiresAtMs: 0, readsLeft: 0 },
      { attempt: -1, persist: false, manifest: false },
      { createdMs: 1 },
    ]) {
      expected = { ...expected, ...changes };
      expect(store.updateMetadata(Key.of('key'), changes)).toBe(true);
      const object = store.find(Key.of('key'));
      expect(object && metadataOf(object)).toEqual(expected);
    }
    expect(await get(store, 'key')).toEqual(sampleValue(40 * KiB, 3));
  });

  test('a deleted object is gone at once, and its key can be used again', async () => {
    const { store } = context;
    await put(store, 'a', sampleValue(100_000, 1));
    await put(store, 'b', sampleValue(100, 2));
    expect(store.delete(Key.of('a'))).toBe(true);
    expect(store.delete(Key.of('a'))).toBe(false);
    expect(store.find(Key.of('a'))).toBeUndefined();
    expect(store.usage).toMatchObject({ objects: 1, usedBytes: objectCharge(1, 100) });
    expect(await put(store, 'a', sampleValue(9, 3))).toBe(true);
    expect(await get(store, 'a')).toEqual(sampleValue(9, 3));
    expect(await get(store, 'b')).toEqual(sampleValue(100, 2));
  });

  test('keys are bytes: empty, binary, long and colliding ones stay apart', async () => {
    const { store } = context;
    const bytes = [[], [0], [0, 0], [255], [0xc3, 0x28], [0xef, 0xbf, 0xbd], [13, 10]].map((key) => Buffer.from(key));
    const long = [Buffer.alloc(1024, 0x61), Buffer.alloc(1023, 0x61)];
    const keys = [...[...bytes, ...long].map((key) => Key.of(key)), ...collidingKeys(4)];
    for (const [index, key] of keys.entries()) expect(await put(store, key, sampleValue(50 + index, index))).toBe(true);
    for (const [index, key] of keys.entries()) expect(await get(store, key)).toEqual(sampleValue(50 + index, index));
    for (const key of keys.slice(0, -1)) expect(store.delete(key)).toBe(true);
    expect(await get(store, keys.at(-1) as Key)).toEqual(sampleValue(50 + keys.length - 1, keys.length - 1));
  });

  test('values of any size come back whole', async () => {
    const { store } = context;
    const around = [KiB, 4 * KiB, 8 * KiB, 16 * KiB, 32 * KiB, 64 * KiB, 128 * KiB, MiB].flatMap((size) => [
      size - 1,
      size,
      size + 1,
    ]);
    const sizes = [0, 1, 2, 15, 16, 17, 100, ...around, 200_000, 3 * MiB + 77_777, 5 * MiB - 3];
    for (const size of sizes) expect(await put(store, `size-${size}`, sampleValue(size, size))).toBe(true);
    for (const size of sizes) {
      expect((await get(store, `size-${size}`))?.equals(sampleValue(size, size)), `a value of ${size} bytes`).toBe(true);
    }
  });

  test('any range of a value can be read', async () => {
    const { store } = context;
    for (const size of [1, 100, 9000, 100_001, 2 * MiB + 12_345]) {
      const value = sampleValue(size, size);
      await put(store, 'key', value);
      const cuts = [0, 1, 50, 8191, 8192, 65_535, 65_536, 65_537, 131_072, 1_500_000, size - 1, size].filter(
        (cut) => cut <= size,
      );
      for (const from of cuts) {
        for (const to of cuts.filter((cut) => cut >= from)) {
          const object = store.find(Key.of('key'));
          const same = object && (await readRange(object, from, to)).equals(value.subarray(from, to));
          expect(same, `[${from}, ${to}) of ${size}`).toBe(true);
        }
      }
    }
  });

  test('clear removes everything and leaves a usable store', async () => {
    const { store } = context;
    for (let index = 0; index < 200; index++) await put(store, `key-${index}`, sampleValue(index * 100, index));
    store.clear();
    expect(store.usage).toMatchObject({ objects: 0, usedBytes: 0 });
    for (let index = 0; index < 200; index++) expect(store.find(Key.of(`key-${index}`))).toBeUndefined();
    expect(store.scan(0, 1000, () => expect.unreachable())).toBe(scanEnd);
    expect(await put(store, 'key-1', Buffer.from('again'))).toBe(true);
    store.flush();
    expect(await get(store, 'key-1')).toEqual(Buffer.from('again'));
    expect(store.usage).toMatchObject({ objects: 1, usedBytes: objectCharge(5, 5) });
  });

  test('destroy can be called again, with or without objects', async () => {
    await put(context.store, 'key', sampleValue(100_000, 1));
    await context.store.destroy();
    await context.store.destroy();
  });
}

/** One pass over the store in steps of `count`; `between` runs after each step. */
async function scanKeys(store: TierStore, count: number, between?: () => void | Promise<void>): Promise<string[]> {
  const visited: string[] = [];
  let lastHash = -1;
  let position = 0;
  while (position < scanEnd) {
    const next = store.scan(position, count, (key) => {
      expect(key.hash).toBe(hashOfBytes(key.buffer, key.start, key.end));
      expect(key.hash).toBeGreaterThanOrEqual(Math.max(lastHash, position));
      lastHash = key.hash;
      visited.push(key.toString());
    });
    expect(next).toBeGreaterThan(position);
    expect(lastHash).toBeLessThan(next);
    position = next;
    await between?.();
  }
  return visited;
}

/** Of tiers to which objects of faster ones go. */
function describeMoves(open: OpenStore): void {
  const context = useStore(open, 32 * MiB);

  test('what is moved there in pieces is whole, if it is still wanted when it is there', async () => {
    const { store } = context;
    if (store.move === undefined) return;
    for (const size of [0, 1, 5000, 70 * KiB, 300 * KiB, 2 * MiB + 3]) {
      const value = sampleValue(size, size);
      const cuts = [0, size >> 3, size >> 1, size];
      const pieces = cuts.slice(1).map((to, index) => value.subarray(cuts[index], to));
      const key = Key.of(`moved-${size}`);
      let metadata = sampleMetadata({ attempt: 1 });
      const moving = store.move(key, pieces, size, () => metadata);
      if (moving instanceof Promise) metadata = sampleMetadata({ attempt: 2, expiresAtMs: sampleMs });
      expect(await moving).toBe(true);
      const object = store.find(key);
      expect(object && metadataOf(object)).toEqual(metadata);
      expect((await get(store, key))?.equals(value)).toBe(true);
      const { usage } = store;
      expect(await store.move(Key.of('unwanted'), pieces, size, () => undefined)).toBe(false);
      expect(store.find(Key.of('unwanted'))).toBeUndefined();
      expect({ ...store.usage, reservedBytes: 0 }).toEqual({ ...usage, reservedBytes: 0 });
    }
    expect(await store.move(Key.of('huge'), [sampleValue(40 * MiB, 1)], 40 * MiB, () => sampleMetadata())).toBe(false);
  });
}

function describeScan(open: OpenStore): void {
  const context = useStore(open, 32 * MiB);

  test('a scan visits every object exactly once in the order of hashes, whatever the step', async () => {
    const { store } = context;
    const keys = [...Array.from({ length: 3000 }, (_, index) => Key.of(`key-${index}`)), ...collidingKeys(5)];
    for (const key of keys) await put(store, key, Buffer.from(key.toString(), 'latin1'));
    const expected = keys.map(String).sort();
    for (const count of [1, 7, 100, 10_000]) {
      expect((await scanKeys(store, count)).sort()).toEqual(expected);
    }
  });

  test('a scan steps by about the count it is given', async () => {
    const { store } = context;
    for (let index = 0; index < 2000; index++) await put(store, `key-${index}`, Buffer.alloc(10));
    let visited = 0;
    store.scan(0, 10, () => visited++);
    expect(visited).toBeGreaterThanOrEqual(1);
    expect(visited).toBeLessThanOrEqual(40);
  });

  test('a scan shows metadata and length of each object', async () => {
    const { store } = context;
    for (let index = 0; index < 50; index++) await put(store, `key-${index}`, Buffer.alloc(index * 1000), { attempt: index });
    let visited = 0;
    store.scan(0, 1000, (key, object) => {
      const index = Number(key.toString().slice(4));
      expect(metadataOf(object)).toEqual(sampleMetadata({ attempt: index }));
      expect(object.valueLength).toBe(index * 1000);
      visited++;
    });
    expect(visited).toBe(50);
  });

  test('a scan visits the objects that stay exactly once while others come and go', async () => {
    const { store } = context;
    for (let index = 0; index < 1500; index++) await put(store, `stays-${index}`, Buffer.alloc(10));
    let round = 0;
    const visited = await scanKeys(store, 20, async () => {
      for (let index = 0; index < 60; index++) await put(store, `comes-${round}-${index}`, Buffer.alloc(20));
      if (round > 0) for (let index = 0; index < 60; index++) store.delete(Key.of(`comes-${round - 1}-${index}`));
      round++;
    });
    const stayed = visited.filter((key) => key.startsWith('stays-'));
    expect(stayed.sort()).toEqual(Array.from({ length: 1500 }, (_, index) => `stays-${index}`).sort());
    expect(new Set(visited).size).toBe(visited.length);
  });
}

function describeLimits(open: OpenStore): void {
  const budgetBytes = 2 * MiB;
  const context = useStore(open, budgetBytes);

  /** Puts objects of one size until there is no room; returns how many went in. */
  async function fill(size: number): Promise<number> {
    for (let count = 0; ; count++) {
      if (!(await put(context.store, `fill-${count}`, sampleValue(size, count)))) return count;
      expect(context.store.usage.usedBytes).toBeLessThanOrEqual(budgetBytes);
      expect(count).toBeLessThan(budgetBytes / objectCharge(5, size));
    }
  }

  test.each([100, 1000, 20_000, 150_000])('a full store refuses more values of %i bytes and keeps what it has', async (size) => {
    const { store } = context;
    const count = await fill(size);
    expect(count * objectCharge(6, size)).toBeGreaterThan(budgetBytes / 4);
    expect(store.find(Key.of(`fill-${count}`))).toBeUndefined();
    const before = store.usage.usedBytes;
    expect(await put(store, 'fill-0', sampleValue(budgetBytes, 1))).toBe(false);
    expect(store.usage).toMatchObject({ objects: count, usedBytes: before });
    for (let index = 0; index < count; index++) {
      expect((await get(store, `fill-${index}`))?.equals(sampleValue(size, index))).toBe(true);
    }
  });

  test('metadata can still be changed in a full store', async () => {
    const { store } = context;
    const count = await fill(500);
    const changes = { expiresAtMs: sampleMs + 1, readsLeft: 9, attempt: 8, persist: true, manifest: true };
    for (let index = 0; index < count; index++) expect(store.updateMetadata(Key.of(`fill-${index}`), changes)).toBe(true);
    const object = store.find(Key.of('fill-0'));
    expect(object && metadataOf(object)).toEqual(sampleMetadata(changes));
  });

  test('what is deleted makes room for other sizes, again and again', async () => {
    const { store } = context;
    let least = Number.POSITIVE_INFINITY;
    for (const size of [1000, 30_000, 100, 90_000, 3000, 1000]) {
      const count = await fill(size);
      least = Math.min(least, count * objectCharge(6, size));
      for (let index = 0; index < count; index++) expect(store.delete(Key.of(`fill-${index}`))).toBe(true);
      expect(store.usage).toMatchObject({ objects: 0, usedBytes: 0 });
    }
    expect(least).toBeGreaterThan(budgetBytes / 4);
  });
}
