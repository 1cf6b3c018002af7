import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { satchel } from './testing/test-cluster.js';

const folder = mkdtempSync(join(tmpdir(), 'satchel-registrations-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('registrations are measured on a controller with a fleet that holds nothing', async () => {
  const out = join(folder, 'found.json');
  const size = ['--nodes', '8', '--shards', '2', '--jobs', '30', '--seconds', '0.2', '--rounds', '1', '--concurrency', '4'];
  const { code, stderr } = await satchel(['bench', 'registrations', ...size, '--json', '--out', out]);
  expect([code, stderr]).toEqual([0, '']);
  const { benchmark, rows, facts } = JSON.parse(readFileSync(out, 'utf8'));
  expect(benchmark).toBe('registrations');
  expect(rows).toHaveLength(9);
  for (const { figures } of rows) {
    expect(figures.operationsPerSecond).toBeGreaterThan(0);
    expect(figures.p50Ms).toBeGreaterThan(0);
  }
  expect(Object.keys(facts)).toContain('heartbeatCores');
});
