import { expect, test } from 'vitest';
import { MemoryStore, runData } from '../testing/memory-store.js';
import { addRm } from './rm.js';

test('removes an object', async () => {
  const store = new MemoryStore();
  store.objects.set('key', Buffer.from('value'));
  const io = await runData(addRm, ['rm', 'key', '--json'], store);
  expect(store.objects.has('key')).toBe(false);
  expect(JSON.parse(io.stdout.text)).toEqual({ key: 'key', deleted: true });
});

test('a missing key fails', async () => {
  await expect(runData(addRm, ['rm', 'nope'], new MemoryStore())).rejects.toThrow("there is no object 'nope'");
});
