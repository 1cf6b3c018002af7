import { afterAll, beforeAll, expect, test } from 'vitest';
import { JobWatch } from './job-watch.js';
import { useCluster } from './testing/test-cluster.js';

const MiB = 1024 * 1024;
const shared = useCluster({ nodes: 1, shards: 1, dram: '64MiB', ssd: '64MiB' });
let watch: JobWatch;
beforeAll(() => {
  watch = new JobWatch(shared.cluster.controller);
});
afterAll(() => watch.close());

async function heldNow(): Promise<number> {
  return (await watch.nodes()).reduce((sum, node) => sum + (node.usage?.dramUsedBytes ?? 0) + (node.usage?.ssdUsedBytes ?? 0), 0);
}

test.each([
  ['in dram alone', { latencySensitive: true }],
  ['with slower tiers behind dram', {}],
])(
  'a cache %s takes more than its allocation, keeps what is used and drops what is not',
  async (_, hints) => {
    const job = await shared.register({ evict: 'lru', capacity: '16MiB', ...hints });
    const { store } = job;
    const value = Buffer.alloc(1024, 'x');
    const [hot, cold, batch] = [500, 48_000, 500];
    const each = (count: number, call: (index: number) => Promise<unknown>) =>
      Promise.all(Array.from({ length: count }, (_, i) => call(i)));
    await each(hot, (index) => store.put(`hot/${index}`, value));
    for (let done = 0; done < cold; done += batch) {
      // Every put must succeed: a cache is never full.
      await each(batch, (index) => store.put(`cold/${done + index}`, value));
      await each(hot, (index) => store.get(`hot/${index}`));
    }
    expect(await heldNow()).toBeLessThanOrEqual(16 * MiB);
    const keys = await Promise.all([store.count('hot/'), store.count('cold/')]);
    expect(keys[0]).toBeGreaterThan(0.95 * hot);
    expect(keys[1]).toBeLessThan(16 * 1024);
    expect(keys[1]).toBeGreaterThan(8 * 1024);
    await job.end();
    await expect.poll(heldNow, { timeout: 5_000 }).toBe(0);
  },
  60_000,
);
