import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MemoryStore, runData, testUrl } from '../testing/memory-store.js';
import { TestProcess } from '../testing/run-cli.js';
import { addPut } from './put.js';

test('stores a file as it is', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'satchel-put-'));
  try {
    const bytes = Buffer.from([0, 255, 13, 10, 128]);
    writeFileSync(join(dir, 'value'), bytes);
    const store = new MemoryStore();
    const io = await runData(addPut, ['put', 'key', join(dir, 'value'), '--json'], store);
    expect(store.objects.get('key')).toEqual(bytes);
    expect(JSON.parse(io.stdout.text)).toEqual({ key: 'key', size: 5 });
    expect(store.closed).toBe(true);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test.each([['-'], []])('stores standard input when the file is %s', async (...file) => {
  const store = new MemoryStore();
  await runData(addPut, ['put', 'key', ...file], store, new TestProcess({ SATCHEL_URL: testUrl }, 'from stdin'));
  expect(Buffer.from(store.objects.get('key') ?? '').toString()).toBe('from stdin');
});

test('passes on how to store it', async () => {
  const store = new MemoryStore();
  const options = ['--ttl', '2m', '--tier', 'ssd', '--persist', '--reads', '3', '--attempt', '4', '--if-absent', '--stripe'];
  await runData(addPut, ['put', 'key', ...options], store);
  expect(store.putAs).toEqual([
    { ttlMs: 120_000, tier: 'ssd', persist: true, reads: 3, attempt: 4, ifAbsent: true, stripe: true },
  ]);
});

test('fails when the key exists and was to be absent', async () => {
  const store = new MemoryStore();
  store.objects.set('key', Buffer.from('old'));
  await expect(runData(addPut, ['put', 'key', '--if-absent'], store)).rejects.toThrow("object 'key' exists already");
  expect(store.closed).toBe(true);
});

test('a file that is not there is named', async () => {
  await expect(runData(addPut, ['put', 'key', '/nowhere/at/all'], new MemoryStore())).rejects.toThrow('/nowhere/at/all');
});

test('a folder is refused by name', async () => {
  await expect(runData(addPut, ['put', 'key', tmpdir()], new MemoryStore())).rejects.toThrow(`'${tmpdir()}' is a folder`);
});

test.each(['--reads', '--attempt'])('%s beyond what a shard takes is wrong usage', async (option) => {
  const run = (value: string) => runData(addPut, ['put', 'key', option, value], new MemoryStore());
  await expect(run('2147483648')).rejects.toThrow('2147483647');
  await run('2147483647');
});
