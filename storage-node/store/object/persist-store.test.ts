import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Key } from '../key.js';
import { startFileStore, startS3Store, type TestObjectStore } from '../testing/object-stores.js';
import { sampleMetadata, sampleValue } from '../testing/samples.js';
import { objectCharge } from '../tier-store.js';
import type { ObjectClient } from './object-client.js';
import { keyOfName, nameOfKey, namePrefixOfKeys } from './persist-names.js';
import { PersistStore } from './persist-store.js';

describe.each([
  ['a folder', startFileStore],
  ['an S3 server', startS3Store],
] as const)('persisted objects in %s', (_, start) => {
  let server: TestObjectStore;
  let client: ObjectClient;
  let store: PersistStore;
  beforeAll(async () => {
    server = await start();
    client = await server.open();
    store = new PersistStore({ client, namespace: 'team.a' });
  });
  afterAll(async () => {
    client.close();
    await server.stop();
  });

  function put(key: string | Buffer, bytes: number, changes = {}): Promise<void> {
    return store.put(Key.of(key), sampleValue(bytes, bytes), 0, bytes, sampleMetadata(changes));
  }

  async function keys(prefix: string): Promise<string[]> {
    const found: string[] = [];
    for await (const key of store.list(Buffer.from(prefix))) found.push(key.toString());
    return found.sort();
  }

  test('that have expired are deleted by whoever finds them, and by a sweep, unless they were replaced', async () => {
    await put('sweep/read', 10, { expiresAtMs: 1000 });
    await put('sweep/swept', 10, { expiresAtMs: 2000 });
    await put('sweep/later', 10, { expiresAtMs: 5000 });
    await put('sweep/replaced', 10, { expiresAtMs: 1500 });
    await put('sweep/replaced', 20);
    expect(await store.deleteExpired(Key.of('sweep/read'), 999)).toBe(false);
    expect(await store.deleteExpired(Key.of('sweep/read'), 1000)).toBe(true);
    expect(await store.find(Key.of('sweep/read'))).toBeUndefined();
    expect(await store.sweep(2000)).toBe(1);
    expect(await keys('sweep/')).toEqual(['sweep/later', 'sweep/replaced']);
    expect(await store.sweep(10_000)).toBe(1);
    expect(await keys('sweep/')).toEqual(['sweep/replaced']);
    expect(await client.list('persist-expiry/', '', 10)).toEqual([]);
    await store.deletePrefix(Buffer.from('sweep/'));
  });

  test('come back with value, ranges and metadata, and are replaced as a whole', async () => {
    await put('key', 5000, { expiresAtMs: 42, createdMs: 41 });
    const object = await store.find(Key.of('key'));
    expect(object).toMatchObject({ valueLength: 5000, createdMs: 41, expiresAtMs: 42 });
    expect(await object?.read(0, 5000)).toEqual(sampleValue(5000, 5000));
    expect(await object?.read(10, 20)).toEqual(sampleValue(5000, 5000).subarray(10, 20));
    await put('key', 0);
    const replaced = await store.find(Key.of('key'));
    expect(replaced).toMatchObject({ valueLength: 0, expiresAtMs: 0 });
    expect(await replaced?.read(0, 0)).toHaveLength(0);
    await expect(object?.read(0, 5000)).rejects.toMatchObject({ code: 'gone' });
    expect(await store.delete(Key.of('key'))).toBe(true);
    expect(await store.delete(Key.of('key'))).toBe(false);
    expect(await store.find(Key.of('key'))).toBeUndefined();
  });

  test('have keys of any bytes and are listed, counted and deleted by prefix', async () => {
    const all = ['', 'a', 'a/', 'a/b', 'a//b', '../../etc', '.', 'A', 'ä', 'a'.repeat(180), 'a'.repeat(181), 'b!', 'b%2F', 'b~'];
    for (const [index, key] of all.entries()) await put(key, index);
    for (const [index, key] of all.entries()) expect((await store.find(Key.of(key)))?.valueLength).toBe(index);
    for (const prefix of ['', 'a', 'a/', 'b', '.', '..', 'none', 'a'.repeat(180)]) {
      const expected = all.filter((key) => key.startsWith(prefix)).sort();
      expect(await keys(prefix)).toEqual(expected);
      expect(await store.count(Buffer.from(prefix))).toBe(expected.length);
    }
    expect(await store.usage()).toEqual({
      objects: all.length,
      usedBytes: all.reduce((sum, key, index) => sum + objectCharge(Buffer.byteLength(key), index), 0),
    });
    expect(await store.deletePrefix(Buffer.from('a/'))).toBe(3);
    expect(await keys('')).toEqual(all.filter((key) => !key.startsWith('a/')).sort());
    expect(await store.deletePrefix(Buffer.alloc(0))).toBe(all.length - 3);
  });

  test('are listed page by page', async () => {
    for (let index = 0; index < 5; index++) await put(`page-${index}`, 10 + index);
    const first = await store.page(Buffer.from('page-'), undefined, 3);
    expect(first.map(({ key, valueLength }) => [key.toString(), valueLength])).toEqual([
      ['page-0', 10],
      ['page-1', 11],
      ['page-2', 12],
    ]);
    const rest = await store.page(Buffer.from('page-'), first[2]?.key, 3);
    expect(rest.map(({ key }) => key.toString())).toEqual(['page-3', 'page-4']);
    await store.deletePrefix(Buffer.from('page-'));
  });

  test('of another namespace are not seen', async () => {
    const other = new PersistStore({ client, namespace: 'team' });
    await put('key', 10);
    expect(await other.find(Key.of('key'))).toBeUndefined();
    expect(await other.count(Buffer.alloc(0))).toBe(0);
    expect(await other.deletePrefix(Buffer.alloc(0))).toBe(0);
    expect(await store.delete(Key.of('key'))).toBe(true);
  });

  test('refuse a key whose name would be too long', async () => {
    await put('k'.repeat(980), 1);
    await expect(put('k'.repeat(1024), 1)).rejects.toMatchObject({ code: 'too-large' });
    await expect(put(Buffer.alloc(400, 0xff), 1)).rejects.toMatchObject({ code: 'too-large' });
    expect(await store.delete(Key.of('k'.repeat(980)))).toBe(true);
  });
});

test('names tell keys back, and begin with the encoded prefix exactly if the keys begin with it', () => {
  const bytes = fc.uint8Array({ maxLength: 250 }).map((array) => Buffer.from(array));
  fc.assert(
    fc.property(bytes, bytes, fc.nat({ max: 250 }), (key, other, length) => {
      const name = nameOfKey('persist/ns/', key);
      expect(keyOfName('persist/ns/', name)).toEqual(key);
      for (const prefix of [key.subarray(0, length), other.subarray(0, length)]) {
        const begins = key.subarray(0, prefix.length).equals(prefix);
        expect(name.startsWith(namePrefixOfKeys('persist/ns/', prefix))).toBe(begins);
      }
    }),
  );
});
