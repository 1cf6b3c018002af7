import { expect, test } from 'vitest';
import { MemoryStore, runData } from '../testing/memory-store.js';
import { addLs } from './ls.js';

function storeWith(...keys: string[]): MemoryStore {
  const store = new MemoryStore();
  for (const key of keys) store.objects.set(key, Buffer.alloc(1));
  return store;
}

test('lists the keys under a prefix, sorted, one per line', async () => {
  const io = await runData(addLs, ['ls', 'a/'], storeWith('a/2', 'b/1', 'a/1'));
  expect(io.stdout.text).toBe('a/1\na/2\n');
});

test('lists all keys as one document', async () => {
  const io = await runData(addLs, ['ls', '--json'], storeWith('b', 'a'));
  expect(JSON.parse(io.stdout.text)).toEqual({ keys: ['a', 'b'] });
});

test('prints nothing for people, and an empty list for programs, when there are none', async () => {
  expect((await runData(addLs, ['ls'], storeWith())).stdout.text).toBe('');
  expect((await runData(addLs, ['ls', '--json'], storeWith())).stdout.text).toBe('{"keys":[]}\n');
});
