import { afterAll, beforeAll, expect, test } from 'vitest';
import { JobWatch } from './job-watch.js';
import { readShardMetrics } from './shard-metrics.js';
import { useCluster } from './testing/test-cluster.js';

const MiB = 1024 * 1024;
const valueBytes = 64 * 1024;
const shared = useCluster({ nodes: 1, shards: 1, dram: '32MiB', ssd: '128MiB' });
let watch: JobWatch;
beforeAll(() => {
  watch = new JobWatch(shared.cluster.controller);
});
afterAll(() => watch.close());

type TestJob = Awaited<ReturnType<typeof shared.register>>;

async function putAll(job: TestJob, count: number): Promise<void> {
  for (let from = 0; from < count; from += 64) {
    const batch = Array.from({ length: Math.min(64, count - from) }, (_, index) => from + index);
    await Promise.all(batch.map((index) => job.store.put(`key/${index}`, Buffer.alloc(valueBytes, index % 256))));
  }
}

async function held(job: TestJob, bytes: number): Promise<{ dram: number; ssd: number }> {
  const usage = await watch.usage(job.id, { bytesIn: bytes, bytesOut: 0 });
  return { dram: usage.dram?.bytes ?? 0, ssd: usage.ssd?.bytes ?? 0 };
}

test('a job without hints uses what is free, leaves alone what others reserved, and spills the rest', async () => {
  const reserving = await shared.register({ capacity: '12MiB', latencySensitive: true });
  // Nobody has connected to it yet; what it reserved is kept for it all the same.
  const other = await shared.register();
  const count = (40 * MiB) / valueBytes;
  await putAll(other, count);
  const taken = await held(other, count * valueBytes);
  expect(taken.dram).toBeLessThanOrEqual(20 * MiB);
  expect(taken.dram).toBeGreaterThan(15 * MiB);
  expect(taken.dram + taken.ssd).toBeGreaterThanOrEqual(40 * MiB);

  const own = (10 * MiB) / valueBytes;
  await putAll(reserving, own);
  expect(await held(reserving, own * valueBytes)).toMatchObject({ ssd: 0 });
  for (const index of [0, 1, count - 1]) {
    expect((await other.store.get(`key/${index}`))?.equals(Buffer.alloc(valueBytes, index % 256))).toBe(true);
  }

  // When it has ended, what it had is anybody's.
  await reserving.end();
  const later = await shared.register();
  await putAll(later, own);
  expect((await held(later, own * valueBytes)).dram).toBeGreaterThan(8 * MiB);
  for (const job of [other, later]) await job.end();
}, 60_000);

test('what a job without hints holds makes room for a reservation made later, while it is read', async () => {
  const other = await shared.register();
  const count = (40 * MiB) / valueBytes;
  await putAll(other, count);
  expect((await held(other, count * valueBytes)).dram).toBeGreaterThan(0);
  const metrics = shared.cluster.nodes.map(({ http }) => http);
  const freeBytes = async () => 32 * MiB - (await readShardMetrics(metrics)).dramReservedBytes;
  expect(await freeBytes()).toBeLessThan(4 * MiB);

  const reserving = await shared.register({ capacity: '12MiB', latencySensitive: true });
  for (let round = 0; (await freeBytes()) < 12 * MiB; round++) {
    const indexes = Array.from({ length: 64 }, (_, index) => (round * 64 + index * 7) % count);
    const values = await Promise.all(indexes.map((index) => other.store.get(`key/${index}`)));
    for (const [at, value] of values.entries()) {
      expect(value?.equals(Buffer.alloc(valueBytes, (indexes[at] as number) % 256))).toBe(true);
    }
  }
  // Some were read in place, where the host can, while they went.
  const { served, problem } = other.store.localReads;
  expect(served > 0 || problem !== '').toBe(true);
  const [node] = metrics;
  const counted = await (await fetch(`http://${node}/metrics`)).text();
  expect(Number(/satchel_demoted_bytes_total\{.*\} (\d+)/.exec(counted)?.[1])).toBeGreaterThan(4 * MiB);

  const own = (10 * MiB) / valueBytes;
  await putAll(reserving, own);
  expect(await held(reserving, own * valueBytes)).toMatchObject({ ssd: 0 });
  for (let index = 0; index < count; index++) {
    expect((await other.store.get(`key/${index}`))?.equals(Buffer.alloc(valueBytes, index % 256))).toBe(true);
  }
  const after = await held(other, count * valueBytes);
  expect(after.dram + after.ssd).toBeGreaterThanOrEqual(40 * MiB);
  for (const job of [other, reserving]) await job.end();
}, 60_000);

test('what a job without hints holds on ssd makes room in the same way, large values too', async () => {
  const other = await shared.register();
  const values = Array.from({ length: 12 }, (_, index) => Buffer.alloc(index % 3 === 0 ? 20 * MiB : 4 * MiB, index));
  for (const [index, value] of values.entries()) await other.store.put(`key/${index}`, value, { tier: 'ssd' });
  const bytes = values.reduce((sum, { length }) => sum + length, 0);
  expect((await held(other, bytes)).ssd).toBeGreaterThan(bytes - MiB);

  const reserving = await shared.register({ capacity: '96MiB', latencySensitive: false });
  await expect.poll(async () => (await held(other, bytes)).ssd, { timeout: 30_000 }).toBeLessThanOrEqual(32 * MiB);
  for (const [index, value] of values.entries()) expect((await other.store.get(`key/${index}`))?.equals(value)).toBe(true);
  const own = (20 * MiB) / valueBytes;
  await putAll(reserving, own);
  expect((await held(reserving, own * valueBytes)).ssd).toBeGreaterThanOrEqual(20 * MiB);
}, 60_000);
