import { expect, test } from 'vitest';
import { MemoryStore, runData } from '../testing/memory-store.js';
import { addStat } from './stat.js';

test('prints the metadata of an object', async () => {
  const store = new MemoryStore();
  store.objects.set('key', Buffer.from('value'));
  const people = await runData(addStat, ['stat', 'key'], store);
  expect(people.stdout.text).toMatch(/size +5 B\ntier +dram\nttl +none\npersist +no\nreads left +2\n/);
  const program = await runData(addStat, ['stat', 'key', '--json'], store);
  expect(JSON.parse(program.stdout.text)).toEqual({
    key: 'key',
    size: 5,
    tier: 'dram',
    ttl: null,
    persist: false,
    reads: 2,
    attempt: null,
    created: 0,
  });
});

test('a missing key fails', async () => {
  await expect(runData(addStat, ['stat', 'nope'], new MemoryStore())).rejects.toThrow("there is no object 'nope'");
});
