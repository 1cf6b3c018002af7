import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { registerJob } from '@satchel/client';
import { afterAll, expect, test } from 'vitest';
import { useCluster } from './testing/test-cluster.js';

const shared = useCluster({ nodes: 2, shards: 2 });
const folder = mkdtempSync(join(tmpdir(), 'satchel-registration-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Puts one object into each job whose URL it is sent, at once, over a connection of its own, and says how it went. */
const writer = `
import { connect } from '@satchel/client';
process.on('message', async (url) => {
  const store = connect(url);
  const answer = await store.put('first', 'value').then(() => 'stored', (error) => error.code + ' ' + error.message);
  await store.close();
  process.send({ url, answer });
});`;

const tries = Number(process.env['SATCHEL_FIRST_PUTS'] ?? 3200);

test('a first put from another process never finds its job unknown', { timeout: 300_000 }, async () => {
  symlinkSync(fileURLToPath(new URL('../node_modules', import.meta.url)), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'writer.mjs'), writer);
  const child = fork(join(folder, 'writer.mjs'), { execArgv: [] });
  const answers = new Map<string, number>();
  const waiting = new Map<string, () => void>();
  child.on('message', ({ url, answer }: { url: string; answer: string }) => {
    answers.set(answer, (answers.get(answer) ?? 0) + 1);
    waiting.get(url)?.();
    waiting.delete(url);
  });
  const inFlight = 16;
  const register = async (count: number) => {
    for (let index = 0; index < count; index++) {
      const hints = index % 2 ? { functions: 100 } : { capacity: 1_000_000 };
      const job = await registerJob({ name: 'first-put', controller: shared.cluster.controller, ...hints });
      const answered = new Promise<void>((resolve) => waiting.set(job.url, resolve));
      child.send(job.url);
      await answered;
      await job.end();
    }
  };
  await Promise.all(Array.from({ length: inFlight }, () => register(tries / inFlight)));
  child.kill();
  expect([...answers]).toEqual([['stored', tries]]);
});
