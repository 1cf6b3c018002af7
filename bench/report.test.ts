import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Output } from './output.js';
import { figureTable, machineLine, ratioTable, report } from './report.js';

const rows = [
  {
    work: 'get',
    subject: 'satchel',
    figures: { p50Ms: 0.05, operationsPerSecond: 12_000 },
    ratios: { redis: { p50Ms: 0.5 } },
    rounds: [],
  },
  { work: 'get', subject: 'redis', figures: { p50Ms: 0.1 }, ratios: {}, rounds: [] },
];
const silent: Output = { say: () => {}, table: () => {}, result: () => {} };

test('a table shows the figures that there are', () => {
  expect(figureTable(rows)).toEqual({
    head: ['work', 'subject', 'p50', 'op/s'],
    rows: [
      ['get', 'satchel', '50 µs', '12,000'],
      ['get', 'redis', '100 µs', ''],
    ],
  });
});

test('ratios that are asked for have a table of their own', () => {
  expect(ratioTable(rows, ['p50Ms', 'p99Ms'])).toEqual({
    head: ['work', 'ratio', 'p50'],
    rows: [['get', 'satchel ÷ redis', '0.50']],
  });
});

test('the machine is told in a line', () => {
  const machine = { cpu: 'Xeon', cores: 2, memoryBytes: 2 ** 30, kernel: '6.1', node: 'v20', redis: undefined, load: 0.123 };
  expect(machineLine(machine)).toBe('Xeon, 2 cores, 1 GiB; Linux 6.1, Node v20, no Redis; load 0.12');
});

test('the document goes to the file that was named', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'satchel-report-'));
  const out = join(folder, 'found.json');
  const about = { benchmark: 'latency', settings: { rounds: 1 }, compared: ['p50Ms'] as const };
  const document = await report(about, { out }, silent, async () => ({ rows }));
  expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual(document);
  expect(document).toMatchObject({ benchmark: 'latency', settings: { rounds: 1 }, rows, facts: {} });
  rmSync(folder, { recursive: true });
});

test('a file that cannot be written is named', async () => {
  const about = { benchmark: 'latency', settings: {}, compared: [] };
  await expect(report(about, { out: '/no/such/folder/a.json' }, silent, async () => ({ rows }))).rejects.toThrow(
    '--out /no/such/folder/a.json',
  );
});
