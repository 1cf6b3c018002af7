import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Store } from '../store.js';

/** A store on a job of its own, and how to let go of both. */
export interface OpenedStore {
  readonly store: Store;
  /** A second store of the same job, as another process would have it. */
  readonly other: Store;
  close(): Promise<void>;
}

const collected = async <Item>(items: AsyncIterable<Item>): Promise<Item[]> => {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
};

/** What every store does, however it reaches its job. Each test uses keys of its own. */
export function describeStore(name: string, open: () => Promise<OpenedStore>): void {
  describe(name, () => {
    let opened: OpenedStore;
    let store: Store;
    let other: Store;
    beforeAll(async () => {
      opened = await open();
      ({ store, other } = opened);
    });
    afterAll(() => opened?.close());

    describeValues(
      () => store,
      () => other,
    );
    describeOptions(() => store);
    describePrefixes(() => store);
    describeWaits(
      () => store,
      () => other,
    );
    describeStreams(() => store);
  });
}

function describeValues(store: () => Store, other: () => Store): void {
  test('a value is got as it was put, by everyone, in every size', async () => {
    for (const size of [0, 1, 1023, 1024, 65_535, 65_536, 1_000_003, 9 * 1024 * 1024]) {
      const value = randomBytes(size);
      expect(await store().put(`value/${size}`, value)).toBe(true);
      const got = await other().get(`value/${size}`);
      expect(got !== undefined && value.equals(got)).toBe(true);
    }
  });

  test('keys may be any bytes, and text is UTF-8', async () => {
    const key = Buffer.from([0, 13, 10, 255, 42]);
    await Promise.all([store().put(key, 'bytes'), store().put('schlüssel/ü{x}', 'grün')]);
    expect(await other().get(key, { as: 'text' })).toBe('bytes');
    expect(await other().get(Buffer.from('schlüssel/ü{x}'), { as: 'text' })).toBe('grün');
  });

  test('a put replaces, a delete removes, and both say what there was', async () => {
    await store().put('replaced', 'one', { ttlMs: 60_000 });
    await store().put('replaced', 'two');
    expect(await other().get('replaced', { as: 'text' })).toBe('two');
    expect((await store().stat('replaced'))?.ttlMs).toBeUndefined();
    expect(await store().has('replaced')).toBe(true);
    expect(await store().delete('replaced')).toBe(1);
    expect(await store().delete('replaced')).toBe(0);
    expect([await store().get('replaced'), await store().has('replaced'), await store().stat('replaced')]).toEqual([
      undefined,
      false,
      undefined,
    ]);
  });

  test('many calls in one turn are answered each with its own value', async () => {
    const keys = Array.from({ length: 3000 }, (_, index) => `many/${index}`);
    await Promise.all(keys.map((key) => store().put(key, key)));
    expect(await Promise.all(keys.map((key) => store().get(key, { as: 'text' })))).toEqual(keys);
    expect(await store().delete(...keys)).toBe(3000);
  });

  test('calls on one key happen in the order they were made', async () => {
    const results = Array.from({ length: 100 }, (_, index) => {
      void store().put('order', String(index));
      return store().get('order', { as: 'text' });
    });
    expect(await Promise.all(results)).toEqual(Array.from({ length: 100 }, (_, index) => String(index)));
  });

  test('a range is read without the rest', async () => {
    await store().put('range', '0123456789');
    expect(String(await store().getRange('range', 2, 5))).toBe('234');
    expect(String(await store().getRange('range', 8, 100))).toBe('89');
    expect((await store().getRange('range', 5, 5)).length).toBe(0);
  });
}

function describeOptions(store: () => Store): void {
  test('stat tells size, tier and time', async () => {
    const before = Date.now();
    await store().put('stat', 'x'.repeat(1000), { ttlMs: 60_000, attempt: 3 });
    const stat = await store().stat('stat');
    expect(stat).toMatchObject({ size: 1000, persist: false, attempt: 3 });
    expect(['dram', 'ssd', 'object']).toContain(stat?.tier);
    expect(stat?.ttlMs).toBeGreaterThan(30_000);
    expect(stat?.readsLeft).toBeUndefined();
    expect(Math.abs((stat?.createdMs ?? 0) - before)).toBeLessThan(60_000);
  });

  test('a value is put in the tier asked for', async () => {
    for (const tier of ['dram', 'ssd', 'object'] as const) {
      await store().put(`tier/${tier}`, tier, { tier });
      expect((await store().stat(`tier/${tier}`))?.tier).toBe(tier);
      expect(await store().get(`tier/${tier}`, { as: 'text' })).toBe(tier);
    }
  });

  test('an object with a time to live is gone after it', async () => {
    await store().put('short', 'x', { ttlMs: 30 });
    await expect.poll(() => store().get('short')).toBeUndefined();
  });

  test('an object with a number of reads is gone with the last', async () => {
    await store().put('twice', 'x', { reads: 2 });
    expect((await store().stat('twice'))?.readsLeft).toBe(2);
    await expect(store().getRange('twice', 0, 1)).rejects.toMatchObject({ name: 'SatchelError' });
    expect(await store().get('twice', { as: 'text' })).toBe('x');
    expect(await store().get('twice', { as: 'text' })).toBe('x');
    expect(await store().get('twice')).toBeUndefined();
  });

  test('ifAbsent stores once', async () => {
    expect(await store().put('once', '1', { ifAbsent: true })).toBe(true);
    expect(await store().put('once', '2', { ifAbsent: true })).toBe(false);
    expect(await store().get('once', { as: 'text' })).toBe('1');
  });

  test('an attempt may be repeated and fences others off', async () => {
    expect(await store().put('fenced', '1', { attempt: 1 })).toBe(true);
    expect(await store().put('fenced', '1', { attempt: 1 })).toBe(true);
    await expect(store().put('fenced', '2', { attempt: 2 })).rejects.toMatchObject({ code: 'fenced' });
    expect(await store().get('fenced', { as: 'text' })).toBe('1');
  });

  test('a persisted object is read under @persist/', async () => {
    await store().put('kept', 'for long', { persist: true });
    expect((await store().stat('kept'))?.persist).toBe(true);
    expect(await store().get('@persist/kept', { as: 'text' })).toBe('for long');
    expect(await store().delete('@persist/kept')).toBe(1);
  });
}

function describePrefixes(store: () => Store): void {
  test('keys of a prefix are listed, counted and deleted, and no others', async () => {
    const keys = Array.from({ length: 2500 }, (_, index) => `prefix/a${index}`).sort();
    await Promise.all([...keys, 'prefix/b', 'prefix-c', 'prefix'].map((key) => store().put(key, 'x')));
    expect((await collected(store().list('prefix/a'))).sort()).toEqual(keys);
    expect(await store().count('prefix/a')).toBe(2500);
    expect(await store().count('prefix/')).toBe(2501);
    expect(await store().deletePrefix('prefix/a')).toBe(2500);
    expect(await store().count('prefix/a')).toBe(0);
    expect((await collected(store().list('prefix'))).sort()).toEqual(['prefix', 'prefix-c', 'prefix/b']);
  });

  test('a prefix is taken literally', async () => {
    await Promise.all(['glob*[a]?', 'globXaY', 'glob*[a]?more'].map((key) => store().put(key, 'x')));
    expect((await collected(store().list('glob*[a]?'))).sort()).toEqual(['glob*[a]?', 'glob*[a]?more']);
    expect(await collected(store().list(Buffer.from('globX'), { as: 'buffer' }))).toEqual([Buffer.from('globXaY')]);
    expect(await store().count('glob*[a]?')).toBe(2);
  });
}

function describeWaits(store: () => Store, other: () => Store): void {
  test('a wait ends with the put of another, and delays no other call', async () => {
    const waits = Array.from({ length: 50 }, (_, index) => store().waitFor(`wait/${index}`, { as: 'text' }));
    await store().put('meanwhile', 'x');
    await Promise.all(Array.from({ length: 50 }, (_, index) => other().put(`wait/${index}`, String(index))));
    expect(await Promise.all(waits)).toEqual(Array.from({ length: 50 }, (_, index) => String(index)));
  });

  test('a wait for what is there ends at once, and for what does not come with timeout', async () => {
    await store().put('there', 'x');
    expect(await store().waitFor('there', { as: 'text' })).toBe('x');
    await expect(store().waitFor('not there', { timeoutMs: 100 })).rejects.toMatchObject({ code: 'timeout' });
  });

  test('a wait for a count ends when there are as many', async () => {
    const wait = store().waitForCount('counted/', 20);
    await Promise.all(Array.from({ length: 20 }, (_, index) => other().put(`counted/${index}`, 'x')));
    expect(await wait).toBe(20);
    await expect(store().waitForCount('counted/', 21, { timeoutMs: 100 })).rejects.toMatchObject({ code: 'timeout' });
  });

  test('who waits for or reads a failed key is told why, until it is put', async () => {
    const wait = store().waitFor('fails');
    const outcome = expect(wait).rejects.toMatchObject({ code: 'failed', message: expect.stringContaining('mapper 3') });
    await other().has('fails');
    await other().fail('fails', 'mapper 3 crashed');
    await outcome;
    await expect(store().get('fails')).rejects.toMatchObject({ code: 'failed' });
    await other().put('fails', 'after all');
    expect(await store().get('fails', { as: 'text' })).toBe('after all');
  });
}

function describeStreams(store: () => Store): void {
  test('what is streamed in is streamed out', async () => {
    const pieces = Array.from({ length: 40 }, () => randomBytes(100_003));
    expect(await store().putStream('stream', Readable.from(pieces))).toBe(true);
    const whole = Buffer.concat(pieces);
    expect(whole.equals(await buffer(store().getStream('stream', { chunkBytes: 256 * 1024 })))).toBe(true);
    expect(whole.equals(await buffer(store().getStream('stream')))).toBe(true);
    await expect(buffer(store().getStream('no stream'))).rejects.toMatchObject({ code: 'not-found' });
  });

  test('a stream of a known size flows to its shard while it is read', async () => {
    const pieces = Array.from({ length: 90 }, () => randomBytes(100_003));
    const size = 90 * 100_003;
    expect(await store().putStream('flowing', Readable.from(pieces), { size, ttlMs: 60_000 })).toBe(true);
    expect((await store().stat('flowing'))?.ttlMs).toBeGreaterThan(0);
    expect(Buffer.concat(pieces).equals((await store().get('flowing')) ?? Buffer.alloc(0))).toBe(true);
    await expect(store().putStream('flowing', Readable.from(pieces.slice(1)), { size })).rejects.toMatchObject({
      code: 'invalid-argument',
    });
    expect(Buffer.concat(pieces).equals((await store().get('flowing')) ?? Buffer.alloc(0))).toBe(true);
  });

  test('a stream that fails stores nothing', async () => {
    const broken = async function* (): AsyncGenerator<string> {
      yield 'half';
      throw new Error('the source broke');
    };
    await expect(store().putStream('half', broken())).rejects.toThrow('the source broke');
    expect(await store().has('half')).toBe(false);
  });
}
