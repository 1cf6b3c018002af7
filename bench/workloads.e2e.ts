import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { satchel, useCluster } from './testing/test-cluster.js';
import { countWords } from './workloads/wordcount/function/count.mjs';
import type { WordCountReport } from './workloads/wordcount/wordcount.js';

const shared = useCluster({ nodes: 1, shards: 2 });
const docs = fileURLToPath(new URL('../docs', import.meta.url));

async function bench<Report>(...args: string[]): Promise<Report> {
  const { controller, faas } = shared.cluster;
  const { code, stdout, stderr } = await satchel(['bench', ...args, '--json', '--controller', controller, '--faas', faas ?? '']);
  expect([code, stderr]).toEqual([0, expect.not.stringContaining('rror')]);
  return JSON.parse(stdout) as Report;
}

test('wordcount counts a folder of texts as a single process does', async () => {
  const report = await bench<WordCountReport>('wordcount', docs, '--mappers', '3', '--reducers', '2');
  const texts = readdirSync(docs, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const counts = new Map<string, number>();
  for (const text of texts) countWords(readFileSync(join(text.parentPath, text.name), 'utf8'), counts);
  expect(report).toMatchObject({ texts: texts.length, distinctWords: counts.size });
  expect(report.mostFrequent[0]).toEqual(['the', counts.get('the')]);
});

test('a workload says in one line what is wrong with its input', async () => {
  const { controller, faas } = shared.cluster;
  const wordcount = await satchel(['bench', 'wordcount', '/no/such/folder', '--controller', controller, '--faas', faas ?? '']);
  expect([wordcount.code, wordcount.stderr.trim()]).toEqual([
    1,
    expect.stringMatching(/^cannot read the folder \/no\/such\/folder.*$/),
  ]);
  expect((await satchel(['bench', 'juggle'])).code).toBe(2);
  expect((await satchel(['bench', 'sort', '--nodes', 'many'])).code).toBe(2);
});
