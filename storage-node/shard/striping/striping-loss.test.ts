import { limits } from '@satchel/proto/core';
import { afterEach, expect, test } from 'vitest';
import { ArenaPool } from '../../store/arena/arena-pool.js';
import { MapStore } from '../../store/testing/map-store.js';
import { sampleValue } from '../../store/testing/samples.js';
import type { TierStore } from '../../store/tier-store.js';
import { ManualClock } from '../testing/manual-clock.js';
import { SlowStore } from '../testing/slow-store.js';
import { putChunks, putStriped, testChunkBytes } from '../testing/striped.js';
import { type TestClient, TestFleet, type TestFleetOptions } from '../testing/test-fleet.js';

const value = sampleValue(12 * testChunkBytes - 5, 3);
const text = value.toString('latin1');
const clock = new ManualClock(Date.now());
let fleet: TestFleet;
afterEach(() => fleet.close());

async function start(options: TestFleetOptions): Promise<TestClient> {
  fleet = await TestFleet.start({ shards: 2, clock, ...options });
  await fleet.client('job', { shard: 2 });
  return fleet.client('job');
}

const jobs = () => fleet.shards.flatMap(({ jobs: open }) => open.get('job') ?? []);
const chunks = (): number => jobs().reduce((sum, job) => sum + job.striping.parts.chunks, 0);

/** Tiers whose ssd outlives a shard. */
function durableTiers(): (shard: number) => TierStore[] {
  const ssd = new Map<number, MapStore>();
  return (shard) => {
    const kept = ssd.get(shard) ?? new MapStore('ssd', 1e9);
    ssd.set(shard, kept);
    return [new MapStore('dram', 1e9), kept];
  };
}

test('chunks and manifests may lie in any tier', async () => {
  const client = await start({ openTiers: () => [new MapStore('dram', 1e9), new MapStore('ssd', 1e9), new SlowStore(1e9)] });
  for (const tier of ['ssd', 'object', 'dram']) {
    const version = await putChunks(client, 'big', value);
    expect(await client.call('SATCHEL.STRIPECOMMIT', 'big', version, value.length, testChunkBytes, 'TIER', tier)).toBe('OK');
    expect(await client.call('GET', 'big')).toBe(text);
    expect(await client.call('STRLEN', 'big')).toBe(value.length);
    expect(await client.call('SATCHEL.STAT', 'big')).toMatchObject({ size: value.length, tier });
    await expect.poll(chunks, { interval: 2 }).toBe(12);
  }
  await client.call('DEL', 'big');
  await expect.poll(chunks, { interval: 2 }).toBe(0);
});

test('a shard that comes back keeps the chunks it finds for objects that are there, and drops others after a minute', async () => {
  const client = await start({ openTiers: durableTiers(), losesData: true });
  await client.call('SATCHEL.PUT', 'plain', 'x', 'TIER', 'ssd');
  const put = async (key: string): Promise<string> => {
    const version = await putChunks(client, key, value, undefined, 'ssd');
    await client.call('SATCHEL.STRIPECOMMIT', key, version, value.length, testChunkBytes, 'TIER', 'ssd');
    return version;
  };
  await put('kept');
  await putChunks(client, 'never-completed', value, undefined, 'ssd');
  expect(chunks()).toBe(24);
  for (const shard of fleet.shards) await shard.restart();
  const again = await fleet.client('job');
  await fleet.client('job', { shard: 2 });
  expect(await again.call('GET', 'kept')).toBe(text);
  expect(chunks()).toBe(24);
  for (let minute = 0; minute < 3; minute++) {
    clock.advance(limits.stripeProgressMs + 1);
    await expect.poll(chunks, { interval: 2 }).toBe(12);
  }
  expect(await again.call('GET', 'kept')).toBe(text);
  await again.call('DEL', 'kept');
  await expect.poll(chunks, { interval: 2 }).toBe(0);
});

test('chunks that a shard lost are lost to readers; chunks whose manifest was lost go', async () => {
  const client = await start({ openTiers: durableTiers(), losesData: true });
  for (const key of ['a', 'b', 'c', 'd']) await putStriped(client, key, value);
  await fleet.shard(2).restart();
  const again = await fleet.client('job');
  await fleet.client('job', { shard: 2 });
  // The link to the shard that was away rests for a moment.
  for (const key of ['a', 'b', 'c', 'd']) await expect.poll(() => again.call('GET', key)).toMatch(/^-LOST/);
  const manifests = jobs().reduce((sum, job) => sum + job.objectCount, 0);
  expect(manifests).toBeGreaterThan(0);
  expect(manifests).toBeLessThan(4);
  const before = chunks();
  clock.advance(limits.stripeProgressMs + 1);
  await expect.poll(chunks, { interval: 2 }).toBeLessThan(before);
  await again.call('DEL', 'a', 'b', 'c', 'd');
  clock.advance(20 * limits.stripeProgressMs);
  await expect.poll(chunks, { interval: 2 }).toBe(0);
});

test('a cache that drops a chunk drops the object', async () => {
  const pools = [1, 2].map(() => new ArenaPool({ budgetBytes: 4 * 1024 * 1024 }));
  const client = await start({ evict: 'lru', openTiers: (shard) => [(pools[shard - 1] as ArenaPool).open()] });
  for (let index = 0; index < 20; index++) expect(await putStriped(client, `big-${index}`, value)).toBe('OK');
  for (let index = 0; index < 600; index++) await client.call('SET', `filler-${index}`, Buffer.alloc(20_000));
  let missing = 0;
  for (let index = 0; index < 20; index++) {
    const reply = await client.call('GET', `big-${index}`);
    expect([text, null, expect.stringMatching(/^-GONE/)]).toContainEqual(reply);
    if (reply !== text) missing++;
  }
  expect(missing).toBeGreaterThan(0);
  const whole = async () => {
    let found = 0;
    for (let index = 0; index < 20; index++) if ((await client.call('EXISTS', `big-${index}`)) === 1) found++;
    return chunks() === 12 * found;
  };
  await expect.poll(whole).toBe(true);
});

test('the end of a job frees its chunks and stops asking', async () => {
  const client = await start({});
  await putStriped(client, 'big', value);
  await putChunks(client, 'half', value);
  for (const job of jobs()) await job.end();
  expect(jobs().map((job) => job.usage.heldBytes)).toEqual([0, 0]);
  expect(jobs().map((job) => job.striping.parts.size)).toEqual([0, 0]);
  clock.advance(limits.stripeCheckMs);
});
