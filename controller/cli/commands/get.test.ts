import { expect, test } from 'vitest';
import { MemoryStore, runData } from '../testing/memory-store.js';
import { addGet } from './get.js';

const bytes = Buffer.from([0, 255, 13, 10, 128]);

test('writes the bytes as they are, without a line break', async () => {
  const store = new MemoryStore();
  store.objects.set('key', bytes);
  const io = await runData(addGet, ['get', 'key'], store);
  expect(io.stdout.bytes).toEqual(bytes);
});

test('the document has text as text and other bytes in base64', async () => {
  const store = new MemoryStore();
  store.objects.set('text', Buffer.from('grüß'));
  store.objects.set('bytes', bytes);
  const text = await runData(addGet, ['get', 'text', '--json'], store);
  expect(JSON.parse(text.stdout.text)).toEqual({ key: 'text', size: 6, encoding: 'utf8', value: 'grüß' });
  const binary = await runData(addGet, ['get', 'bytes', '--json'], store);
  expect(JSON.parse(binary.stdout.text)).toMatchObject({ encoding: 'base64', value: bytes.toString('base64') });
});

test('a missing key fails and writes nothing', async () => {
  const store = new MemoryStore();
  await expect(runData(addGet, ['get', 'nope'], store)).rejects.toThrow("there is no object 'nope'");
  expect(store.closed).toBe(true);
});
