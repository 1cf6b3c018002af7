import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readWholeObject } from '../testing/object-stores.js';
import { FileClient } from './file-client.js';
import { deletePrefix } from './object-client.js';

let folder: string;
let client: FileClient;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'satchel-file-client-'));
  client = new FileClient(join(folder, 'store'));
});
afterEach(() => {
  chmodSync(folder, 0o755);
  rmSync(folder, { recursive: true });
});

test('an object and objects below its name are listed in the order of names', async () => {
  const names = ['list/a', 'list/a!2F', 'list/a-b', 'list/a/b', 'list/a/c/d', 'list/a0', 'list/b', 'list/b/a'].toSorted();
  for (const name of names.toReversed()) await client.put(name, Buffer.from(name));
  const pages: string[] = [];
  for (let after = ''; ; ) {
    const [next] = await client.list('list/', after, 1);
    if (next === undefined) break;
    pages.push(next.name);
    after = next.name;
  }
  expect(pages).toEqual(names);
  expect((await client.list('list/a', '', 100)).map(({ name }) => name)).toEqual(names.filter((n) => n.startsWith('list/a')));
  expect(await readWholeObject(client, 'list/a')).toEqual(Buffer.from('list/a'));
});

test('deleting leaves no empty folders', async () => {
  await client.put('a/b/c/d', Buffer.from('value'));
  await client.put('a/e', Buffer.from('value'));
  await client.delete(['a/b/c/d']);
  expect(readdirSync(join(folder, 'store', 'a'))).toEqual(['e~']);
  await client.delete(['a/e']);
  expect(readdirSync(join(folder, 'store'))).toEqual([]);
});

test('what an interrupted put left is no object and goes with its prefix', async () => {
  await client.put('a/finished', Buffer.from('value'));
  writeFileSync(join(folder, 'store', 'a', 'begun~x1y2z3'), 'val');
  expect(await client.list('a/', '', 10)).toEqual([{ name: 'a/finished', bytes: 5 }]);
  expect(await deletePrefix(client, 'a/')).toBe(1);
  expect(readdirSync(join(folder, 'store'))).toEqual([]);
});

test('a folder that cannot be written to is unavailable, with what to check', async () => {
  const blocked = new FileClient(join(folder, 'file', 'store'));
  writeFileSync(join(folder, 'file'), 'not a folder');
  await expect(blocked.put('name', Buffer.from('value'))).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('check that the folder can be written to'),
  });
});

test('puts and deletes of many at once never lose an object to the removal of empty folders', async () => {
  await Promise.all(
    Array.from({ length: 200 }, async (_, index) => {
      await client.put(`same/folder/${index}`, Buffer.from('value'));
      if (index % 2 === 0) await client.delete([`same/folder/${index}`]);
    }),
  );
  expect(await client.list('same/', '', 1000)).toHaveLength(100);
});
