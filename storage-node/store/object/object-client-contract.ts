import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readWholeObject, type TestObjectStore } from '../testing/object-stores.js';
import { sampleValue } from '../testing/samples.js';
import { deletePrefix, listAll, type ObjectClient } from './object-client.js';

const MiB = 1024 * 1024;

/** Registers the tests every object client must pass, on a store that is started once for all of them. */
export function describeObjectClient(name: string, start: () => Promise<TestObjectStore>): void {
  describe(`${name}, as an ObjectClient,`, { timeout: 60_000 }, () => {
    let store: TestObjectStore;
    let client: ObjectClient;
    beforeAll(async () => {
      store = await start();
      client = await store.open();
    }, 120_000);
    afterAll(async () => {
      client?.close();
      await store?.stop();
    });

    test.each([0, 1, 5000, MiB, 16 * MiB, 16 * MiB + 1, 40 * MiB + 7])(
      'an object of %i bytes comes back whole',
      async (bytes) => {
        const name = `sizes/of-${bytes}`;
        await client.put(name, sampleValue(bytes, bytes));
        if (bytes > 0) expect((await readWholeObject(client, name))?.equals(sampleValue(bytes, bytes))).toBe(true);
        expect(await client.list(name, '', 10)).toEqual([{ name, bytes }]);
        await client.delete([name]);
      },
    );

    test('a part of an object is read to its place, and the size of the whole is told', async () => {
      await client.put('ranges/object', sampleValue(1000, 1));
      const target = Buffer.alloc(20, 0xee);
      expect(await client.read('ranges/object', 100, 110, target, 5)).toBe(1000);
      expect(target.subarray(5, 15)).toEqual(sampleValue(1000, 1).subarray(100, 110));
      expect([target[4], target[15]]).toEqual([0xee, 0xee]);
      expect(await client.read('ranges/object', 0, 5000, Buffer.alloc(5000), 0)).toBe(1000);
      expect(await client.read('ranges/object', 2000, 5000, Buffer.alloc(5000), 0)).toBe(1000);
    });

    test('an object that is not there reads as undefined, and deleting it is fine', async () => {
      expect(await client.read('missing/object', 0, 10, Buffer.alloc(10), 0)).toBeUndefined();
      await client.delete(['missing/object', 'missing/other']);
    });

    test('a put replaces the whole object', async () => {
      await client.put('replaced', sampleValue(5000, 1));
      await client.put('replaced', sampleValue(100, 2));
      expect(await readWholeObject(client, 'replaced')).toEqual(sampleValue(100, 2));
    });

    test('lists by prefix, in order, page by page', async () => {
      const names = ['list/a/b', 'list/a/c/d', 'list/a0', 'list/b', 'list/c!2F', 'list/c-d', 'list/c0'];
      await Promise.all(['lis', 'listing', ...names].map((name) => client.put(name, Buffer.from(name))));
      const pages: string[] = [];
      for (let after = ''; ; ) {
        const page = await client.list('list/', after, 3);
        pages.push(...page.map(({ name }) => name));
        expect(page.every(({ name, bytes }) => bytes === name.length)).toBe(true);
        if (page.length < 3) break;
        after = page.at(-1)?.name ?? '';
      }
      expect(pages).toEqual(names);
      expect((await client.list('list/a', '', 100)).map(({ name }) => name)).toEqual(names.filter((n) => n.startsWith('list/a')));
      expect((await client.list('list/a/', '', 100)).map(({ name }) => name)).toEqual(['list/a/b', 'list/a/c/d']);
      expect(await client.list('list/none', '', 100)).toEqual([]);
    });

    test('deletes in batches and by prefix', async () => {
      // More than one request deletes at once; only a few of them exist.
      const many = Array.from({ length: 1100 }, (_, index) => `many/${index}`);
      const names = many.slice(0, 100);
      await Promise.all(names.map((name) => client.put(name, Buffer.from('value'))));
      await client.put('many-others', Buffer.from('stays'));
      const listed: string[] = [];
      for await (const { name } of listAll(client, 'many/')) listed.push(name);
      expect(listed).toEqual(names.toSorted());
      await client.delete(many.slice(50).toReversed());
      expect(await deletePrefix(client, 'many/')).toBe(50);
      expect(await client.list('many', '', 10)).toEqual([{ name: 'many-others', bytes: 5 }]);
    });

    test('counts its requests', async () => {
      const before = { ...client.requests };
      await client.put('counted', Buffer.from('value'));
      await client.read('counted', 0, 5, Buffer.alloc(5), 0);
      await client.list('counted', '', 10);
      await client.delete(['counted', 'counted-2']);
      const { puts, gets, deletes, lists } = client.requests;
      expect([puts - before.puts, gets - before.gets, deletes - before.deletes, lists - before.lists]).toEqual([1, 1, 1, 1]);
    });

    test('giving up uploads leaves finished objects alone', async () => {
      await client.put('uploads/finished', Buffer.from('value'));
      await client.abortUploads('uploads/');
      expect(await readWholeObject(client, 'uploads/finished')).toEqual(Buffer.from('value'));
    });
  });
}
