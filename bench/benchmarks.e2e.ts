import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { redisInstalled } from './baselines/redis.js';
import { satchelCommand } from './cluster.js';
import type { FigureName } from './figures.js';
import type { BenchDocument } from './report.js';
import { processTree, runningProcesses } from './testing/processes.js';
import { satchel } from './testing/test-cluster.js';

// Every benchmark, tiny: that it measures what it says it does. How fast anything is, is no test.

const folder = mkdtempSync(join(tmpdir(), 'satchel-benchmarks-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const redisBenchmarkInstalled = spawnSync('redis-benchmark', ['--version']).status === 0;

/** Runs a benchmark in a cluster of its own; its document, which must be the one that it wrote to a file. */
async function bench(name: string, ...args: string[]): Promise<BenchDocument> {
  const out = join(folder, `${name}.json`);
  const { code, stdout, stderr } = await satchel(['bench', name, ...args, '--rounds', '2', '--out', out, '--json']);
  expect([code, stderr]).toEqual([0, expect.not.stringContaining('rror')]);
  const document = JSON.parse(stdout) as BenchDocument;
  expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual(document);
  expect(document.benchmark).toBe(name);
  expect(document.machine.cores).toBeGreaterThan(0);
  for (const row of document.rows) expect(row.rounds).toHaveLength(2);
  return document;
}

/** Checks that every row has these figures above 0, and percentiles in order. */
function expectFigures({ rows }: BenchDocument, ...names: FigureName[]): void {
  for (const { work, subject, figures } of rows) {
    for (const name of names) expect(figures[name], `${name} of ${work} on ${subject}`).toBeGreaterThan(0);
    expect(figures.p99Ms).toBeGreaterThanOrEqual(figures.p50Ms ?? Number.NaN);
  }
}

const titles = ({ rows }: BenchDocument) => rows.map(({ work, subject }) => `${work}: ${subject}`);

test('throughput drives redis-benchmark against Satchel, Redis and a server that stores nothing', async ({ skip }) => {
  if (!redisInstalled() || !redisBenchmarkInstalled) skip('redis-server or redis-benchmark is not installed');
  const document = await bench('throughput', '--operations', '5000', '--keys', '1000', '--clients', '5', '--size', '64');
  expectFigures(document, 'operationsPerSecond', 'p50Ms', 'serverCpuUs');
  const subjects = ['satchel', 'redis', 'nothing'];
  expect(titles(document)).toEqual(
    ['SET', 'GET', 'SET -P 16', 'GET -P 16'].flatMap((work) => subjects.map((subject) => `${work}: ${subject}`)),
  );
  for (const { work, subject, figures, ratios } of document.rows) {
    if (work.startsWith('GET')) expect(figures.hitShare).toBe(1);
    if (subject === 'satchel') expect(Object.keys(ratios)).toEqual(['redis', 'nothing']);
  }
});

test('latency compares ways to Satchel with ways to Redis', async ({ skip }) => {
  if (!redisInstalled()) skip('redis-server is not installed');
  const against = ['redis', 'redis-socket', 'redis-pipelined'];
  const options = ['--against', against.join(','), '--local', '--socket', '--operations', '100', '--size', '1KiB,100KiB'];
  const document = await bench('latency', ...options);
  expectFigures(document, 'operationsPerSecond', 'p50Ms');
  expect(document.rows).toHaveLength(2 * 2 * 2 * 6);
  const work = 'get 1 KiB, 1 in flight';
  const rows = document.rows.filter((row) => row.work === work);
  expect(rows.map(({ subject }) => subject)).toEqual(['satchel', 'satchel-socket', 'satchel-local', ...against]);
  for (const { subject, ratios } of rows) expect(Object.keys(ratios)).toEqual(subject.startsWith('satchel') ? against : []);
});

test('values puts and gets every size in every tier', async ({ skip }) => {
  if (!redisInstalled()) skip('redis-server is not installed');
  const options = ['--sizes', '100,100KiB', '--operations', '40', '--seconds', '0.3', '--dram', '256MiB'];
  const document = await bench('values', ...options);
  expectFigures(document, 'operationsPerSecond', 'p50Ms', 'bytesPerSecond');
  const works = ['put 100 B, 1', 'get 100 B, 1', 'put 100 B, 64', 'get 100 B, 64', 'put 100 KiB, 1', 'get 100 KiB, 1'];
  const subjects = ['dram', 'ssd', 'object', 'redis'];
  expect(titles(document)).toEqual(works.flatMap((work) => subjects.map((subject) => `${work} in flight: ${subject}`)));
  for (const { subject, ratios } of document.rows) {
    const opponents = { dram: ['redis'], ssd: ['dram', 'redis'], object: ['dram', 'redis'], redis: [] }[subject];
    expect(Object.keys(ratios)).toEqual(opponents);
  }
});

test('residency fills two shards and loads them in turns', async () => {
  const document = await bench('residency', '--objects', '20000', '--few', '1000', '--seconds', '0.3');
  expectFigures(document, 'operationsPerSecond', 'p50Ms', 'p999Ms', 'serverCpuUs', 'hitShare');
  expect(document.rows.map(({ subject }) => subject)).toEqual(['20,000 objects', '1,000 objects']);
  expect(Object.keys(document.rows[0]?.ratios ?? {})).toEqual(['1,000 objects']);
  for (const { figures } of document.rows) expect(figures.hitShare).toBeGreaterThan(0.9);
  expect(document.facts['20,000 objects: stored per second']).toBeGreaterThan(0);
  expect(document.facts['20,000 objects: arena bytes per object beyond key and value']).toBeGreaterThan(0);
});

test("fairness measures others' gets alone and beside each disturbance, at Satchel and at Redis", async ({ skip }) => {
  if (!redisInstalled()) skip('redis-server is not installed');
  const sizes = ['--deleted', '5000', '--scanned', '5000', '--waits', '50', '--pipelined', '500'];
  const document = await bench('fairness', '--seconds', '0.3', '--dram', '256MiB', '--against', 'redis', ...sizes);
  expectFigures(document, 'p50Ms', 'serverCpuUs');
  const satchel = ['beside', 'alone'];
  const both = [...satchel, 'beside, redis', 'alone, redis'];
  expect(document.rows.map(({ subject }) => subject)).toEqual([satchel, both, both, both, both].flat());
  for (const { figures } of document.rows) expect(figures.hitShare).toBe(1);
});

test('shards compares two shards with one', async ({ skip }) => {
  if (!redisBenchmarkInstalled) skip('redis-benchmark is not installed');
  const options = [
    '--operations',
    '5000',
    '--keys',
    '1000',
    '--clients',
    '6',
    '--size',
    '64',
    '--seconds',
    '0.3',
    '--dram',
    '256MiB',
  ];
  const document = await bench('shards', ...options);
  expectFigures(document, 'operationsPerSecond', 'p50Ms', 'serverCpuUs');
  const benchmarks = ['SET', 'GET', 'SET -P 16', 'GET -P 16'].map((name) => `redis-benchmark ${name}`);
  const works = [...benchmarks, 'SDK put, 2 × 64 in flight', 'SDK get, 2 × 64 in flight'];
  expect(titles(document)).toEqual(works.flatMap((work) => [`${work}: 2 shards`, `${work}: 1 shard`]));
});

test('handoff measures from a put to a waiter in another process', async ({ skip }) => {
  if (!redisInstalled()) skip('redis-server is not installed');
  const document = await bench('handoff', '--handoffs', '10', '--against', 'redis,redis-socket', '--local');
  expectFigures(document, 'p50Ms');
  const subjects = ['satchel', 'satchel-socket', 'satchel-local', 'redis', 'redis-socket'];
  expect(document.rows.map(({ subject }) => subject)).toEqual(subjects);
});

test('options that cannot be are wrong usage, named with what they must be', async () => {
  const { code, stderr } = await satchel(['bench', 'latency', '--rounds', '0']);
  expect([code, stderr.trim()]).toEqual([
    2,
    expect.stringContaining("'--rounds <n>' argument '0' is invalid. It must be a whole number of at least 1."),
  ]);
  expect((await satchel(['bench', 'values', '--tiers', 'tape'])).stderr).toContain("'tape' is not one of dram, ssd, object.");
  expect((await satchel(['bench', 'shards', '--shards', '1'])).code).toBe(2);
});

test('a benchmark without redis-benchmark names the package', async () => {
  const { code, stderr } = await satchel(['bench', 'throughput'], { PATH: '/nowhere' });
  expect([code, stderr.trim()]).toEqual([1, expect.stringContaining('apt-get install redis-tools')]);
});

test('a benchmark that is told to stop leaves no process behind', async () => {
  const [command, args] = satchelCommand(
    'bench',
    'fairness',
    '--scanned',
    '1000',
    '--seconds',
    '30',
    '--beside',
    'scan',
    '--dram',
    '256MiB',
  );
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  for await (const chunk of child.stdout) if (String(chunk).includes('to be scanned')) break;
  const started = processTree(child.pid ?? 0).map(({ pid }) => pid);
  expect(started.length).toBeGreaterThan(4);
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number | null];
  expect([code, said]).toEqual([1, expect.stringContaining('stopped by SIGTERM')]);
  const left = () => runningProcesses().filter(({ pid }) => started.includes(pid));
  await expect.poll(left, { timeout: 5000 }).toEqual([]);
});
