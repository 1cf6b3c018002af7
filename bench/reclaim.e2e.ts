import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { JobWatch } from './job-watch.js';
import { useCluster } from './testing/test-cluster.js';

const shared = useCluster({ nodes: 2, shards: 2, dram: '64MiB', ssd: '64MiB' });
let watch: JobWatch;
beforeAll(() => {
  watch = new JobWatch(shared.cluster.controller);
});
afterAll(() => watch.close());

/** Bytes that all nodes hold now, as their last heartbeats said. */
async function heldNow(): Promise<number> {
  return (await watch.nodes()).reduce((sum, node) => sum + (node.usage?.dramUsedBytes ?? 0) + (node.usage?.ssdUsedBytes ?? 0), 0);
}

test('within two seconds of a lapse all bytes of the job are back, but what was persisted stays', async () => {
  const job = await shared.register({ namespace: 'lapsing', leaseSeconds: 5, functions: 100 });
  const value = Buffer.alloc(1_000_000, 'x');
  await Promise.all(Array.from({ length: 100 }, (_, index) => job.store.put(`part/${index}`, value)));
  await job.store.put('kept', 'for later', { persist: true });
  await expect.poll(heldNow, { timeout: 5_000 }).toBeGreaterThan(90e6);
  job.release();
  const { expiresAtMs } = await watch.job(job.id);
  await delay(Number(expiresAtMs) - Date.now());
  await expect.poll(heldNow, { timeout: 2_000, interval: 50 }).toBe(0);
  expect(await watch.job(job.id)).toMatchObject({ state: 'ended', endReason: 'lease-lapsed' });

  const later = await shared.register({ namespace: 'lapsing' });
  expect(await later.store.get('@persist/kept', { as: 'text' })).toBe('for later');
  const listed: string[] = [];
  for await (const key of later.store.list('@persist/')) listed.push(key);
  expect(listed).toEqual(['@persist/kept']);
  const stranger = await shared.register({ namespace: 'other' });
  expect(await stranger.store.get('@persist/kept')).toBeUndefined();
  expect(await later.store.delete('@persist/kept')).toBe(1);
  expect(await later.store.get('@persist/kept')).toBeUndefined();
});

test('a job with nearly all its bytes on one of four shards may use its whole quota, and no more', async () => {
  const quota = 20e6;
  const job = await shared.register({ capacity: quota, functions: 100 });
  const value = Buffer.alloc(100_000, 'x');
  let stored = 0;
  let refused: unknown;
  for (let index = 0; index < 20; index++) await job.store.put(`spread/${index}`, value);
  stored += 20;
  for (let index = 0; refused === undefined && index < 400; index++) {
    await job.store.put(`{one}/${index}`, value).then(
      () => stored++,
      (error: unknown) => (refused = error),
    );
  }
  expect(refused).toMatchObject({ code: 'quota-exceeded' });
  expect(stored * value.length).toBeGreaterThan(0.98 * quota);
  expect(stored * value.length).toBeLessThanOrEqual(quota);
  await job.store.delete('{one}/0');
  await job.store.put('{one}/again', value);
});
