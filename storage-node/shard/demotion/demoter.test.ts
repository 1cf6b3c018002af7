import { slotOf, tiers } from '@satchel/proto/core';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { ArenaPool } from '../../store/arena/arena-pool.js';
import type { ArenaStore } from '../../store/arena/arena-store.js';
import { Key } from '../../store/key.js';
import { MapStore } from '../../store/testing/map-store.js';
import { sampleValue } from '../../store/testing/samples.js';
import { objectCharge, plainMetadata } from '../../store/tier-store.js';
import { TieredStore } from '../../store/tiered/tiered-store.js';
import { unlimitedGrant } from '../grant.js';
import { inTurn } from '../in-turn.js';
import { ShardJob } from '../job.js';
import { ManualClock } from '../testing/manual-clock.js';
import { MapPersisted } from '../testing/map-persisted.js';
import { SlowStore } from '../testing/slow-store.js';
import { Demoter } from './demoter.js';

const KiB = 1024;
const MiB = 1024 * KiB;
const ample = 1_000_000_000;
const complaints: unknown[] = [];
afterEach(() => expect(complaints.splice(0)).toEqual([]));

interface JobOptions {
  readonly ssdBytes?: number;
  readonly objectBytes?: number;
  readonly evict?: boolean;
}

/** A shard's DRAM with jobs and a demoter. */
class Shard {
  readonly clock = new ManualClock();
  readonly pool: ArenaPool;
  readonly jobs = new Map<string, TestJob>();
  readonly demoter: Demoter;

  constructor(dramBytes: number) {
    this.pool = new ArenaPool({ budgetBytes: dramBytes, segmentBytes: 64 * KiB });
    this.demoter = new Demoter({
      tier: 'dram',
      missingBytes: () => this.pool.missingBytes,
      jobs: () => [...this.jobs.values()].map(({ job }) => job),
      shareOf: (job) => this.jobs.get(job)?.dram.reservation,
      log: { warn: (complaint: unknown) => void complaints.push(complaint) },
    });
  }

  job(name: string, options: JobOptions = {}): TestJob {
    const job = new TestJob(name, this, options);
    this.jobs.set(name, job);
    return job;
  }

  /** Has so many bytes reserved by jobs that are not there yet. */
  async reserve(bytes: number): Promise<void> {
    this.pool.reservations.setTotal(bytes);
    this.demoter.review();
    await this.demoter.idle();
  }
}

/** A job, beside the map it must equal. */
class TestJob {
  readonly model = new Map<string, { value: Buffer; expiresAtMs: number }>();
  readonly dram: ArenaStore;
  readonly ssd: MapStore;
  readonly object: SlowStore;
  readonly job: ShardJob;
  readonly #clock: ManualClock;

  constructor(name: string, shard: Shard, options: JobOptions) {
    this.#clock = shard.clock;
    this.dram = shard.pool.open();
    this.ssd = new MapStore('ssd', options.ssdBytes ?? ample);
    this.object = new SlowStore(options.objectBytes ?? ample);
    const evict = options.evict ? 'lru' : '';
    this.job = new ShardJob({
      node: 'node-1',
      configuration: {
        job: name,
        namespace: 'default',
        epoch: 1,
        ranges: [{ start: 0, shard: 1 }],
        tiers: ['dram', 'ssd', 'object'],
        quotaBytes: 0,
        evict,
        createdMs: shard.clock.nowMs,
      },
      shard: 1,
      openStore: (onEvicted) =>
        new TieredStore({
          tiers: [this.dram, this.ssd, this.object],
          evict,
          onEvicted,
          yields: () => shard.pool.missingBytes > 0 && this.dram.reservation.excessBytes > 0,
        }),
      persisted: new MapPersisted(),
      grant: unlimitedGrant,
      lost: false,
      clock: shard.clock,
      shardWaits: { count: 0 },
    });
  }

  put(name: string, value: Buffer, lifetimeMs = 0): void | Promise<void> {
    const nowMs = this.#clock.now();
    const expiresAtMs = lifetimeMs === 0 ? 0 : nowMs + lifetimeMs;
    this.model.set(name, { value, expiresAtMs });
    return inTurn(this.job, undefined, Key.of(name), 'write', nowMs, (_, key) =>
      this.job.put(key, value, 0, value.length, { ...plainMetadata(nowMs), expiresAtMs, attempt: 7 }, nowMs),
    );
  }

  delete(name: string): void | Promise<void> {
    this.model.delete(name);
    return inTurn(this.job, undefined, Key.of(name), 'write', this.#clock.now(), (_, key, nowMs) => {
      this.job.delete(key, nowMs);
    });
  }

  expire(name: string, lifetimeMs: number): void | Promise<void> {
    const expiresAtMs = this.#clock.now() + lifetimeMs;
    const known = this.expected(name);
    if (known) this.model.set(name, { ...known, expiresAtMs });
    return inTurn(this.job, undefined, Key.of(name), 'write', this.#clock.now(), (_, key, nowMs) => {
      const object = this.job.find(key, nowMs);
      if (object) this.job.expire(key, object, expiresAtMs, nowMs);
    });
  }

  /** What the model says, compared with what is read, whenever that is. */
  async check(name: string): Promise<void> {
    const expected = this.expected(name)?.value;
    let read: Buffer | undefined;
    await inTurn(this.job, undefined, Key.of(name), 'read', this.#clock.now(), (_, key, nowMs) => {
      const object = this.job.find(key, nowMs);
      if (!object) return;
      expect(object.attempt).toBe(7);
      read = Buffer.alloc(object.valueLength);
      return object.read(0, read.length, read, 0);
    });
    expect(read?.length).toBe(expected?.length);
    if (read && expected) expect(read.equals(expected)).toBe(true);
  }

  expected(name: string) {
    const known = this.model.get(name);
    return known && (known.expiresAtMs === 0 || known.expiresAtMs > this.#clock.now()) ? known : undefined;
  }

  /** Every object is where the accounts say, and no other is. */
  async checkAll(): Promise<void> {
    for (const name of this.model.keys()) await this.check(name);
    const found = { dram: 0, ssd: 0, object: 0 };
    const names: string[] = [];
    this.job.scan(0, ample, (key, object) => {
      found[object.tier] += objectCharge(key.length, object.valueLength);
      names.push(key.toString());
    });
    const expected = [...this.model.keys()].filter((name) => this.expected(name));
    expect(names.sort()).toEqual(expected.sort());
    for (const tier of tiers) {
      expect({ tier, bytes: this.job.usage.bytes(tier) }).toEqual({ tier, bytes: found[tier] });
      const store = { dram: this.dram, ssd: this.ssd, object: this.object }[tier];
      expect({ tier, bytes: store.usage.usedBytes }).toEqual({ tier, bytes: found[tier] });
    }
    expect(this.job.objectCount).toBe(expected.length);
    expect(this.dram.audit()).toEqual([]);
  }
}

async function fill(job: TestJob, count: number, bytes: number): Promise<void> {
  for (let index = 0; index < count; index++) await job.put(`key-${index}`, sampleValue(bytes, index));
}

test('what lies in the way of a reservation goes to the next tier, and only so much', async () => {
  const shard = new Shard(4 * MiB);
  const job = shard.job('job');
  await fill(job, 300, 8000);
  expect(job.ssd.usage.objects).toBe(0);
  await shard.reserve(2.5 * MiB);
  expect(shard.pool.missingBytes).toBe(0);
  expect(shard.pool.availableBytes).toBeGreaterThanOrEqual(2.5 * MiB);
  expect(job.dram.usage.objects).toBeGreaterThan(50);
  expect(job.object.usage.objects).toBe(0);
  const { objects, bytes } = shard.demoter.counts;
  expect({ objects, bytes }).toEqual({ objects: job.ssd.usage.objects, bytes: job.ssd.usage.usedBytes });
  await job.checkAll();
});

test('jobs without a reservation yield first, the largest of them before others, and nobody what it reserved', async () => {
  const shard = new Shard(8 * MiB);
  const [small, large, reserving] = [shard.job('small'), shard.job('large'), shard.job('reserving')];
  reserving.dram.setReservedBytes(2 * MiB);
  await fill(small, 100, 8000);
  await fill(large, 300, 8000);
  await fill(reserving, 400, 8000);
  await shard.reserve(4 * MiB);
  expect([small, large, reserving].map(({ ssd }) => ssd.usage.objects > 0)).toEqual([false, true, false]);
  await shard.reserve(8 * MiB);
  expect([small, large].map(({ dram }) => dram.usage.objects)).toEqual([0, 0]);
  expect(reserving.ssd.usage.objects).toBeGreaterThan(0);
  expect(reserving.dram.usage.usedBytes).toBeGreaterThan(1.4 * MiB);
  for (const job of shard.jobs.values()) await job.checkAll();
});

test('while its objects are in the way, a job puts to the next tier', async () => {
  const shard = new Shard(4 * MiB);
  const job = shard.job('job');
  await fill(job, 300, 8000);
  shard.pool.reservations.setTotal(2.5 * MiB);
  await job.put('key-0', sampleValue(100, 1));
  expect(job.job.find(Key.of('key-0'), 0)?.tier).toBe('ssd');
  await job.checkAll();
});

test('nothing is demoted while the other tiers are full', async () => {
  const shard = new Shard(4 * MiB);
  const job = shard.job('job', { ssdBytes: 0, objectBytes: 0 });
  await fill(job, 300, 8000);
  await shard.reserve(2.5 * MiB);
  expect(job.dram.usage.objects).toBe(300);
  expect(shard.demoter.counts.objects).toBe(0);
  await job.put('key-0', sampleValue(8000, 1));
  expect(job.job.find(Key.of('key-0'), 0)?.tier).toBe('dram');
  await job.checkAll();
});

test('a cache drops what it used least recently instead', async () => {
  const shard = new Shard(4 * MiB);
  const job = shard.job('job', { evict: true });
  await fill(job, 300, 8000);
  await shard.reserve(2.5 * MiB);
  expect(shard.pool.missingBytes).toBe(0);
  expect(shard.demoter.counts).toMatchObject({ objects: 0, dropped: 300 - job.dram.usage.objects });
  expect(job.ssd.usage.objects + job.object.usage.objects).toBe(0);
  expect(job.job.usage.bytes('dram')).toBe(job.dram.usage.usedBytes);
});

test('an object on its way to a slow tier can be read, and is changed only afterwards', async () => {
  const shard = new Shard(4 * MiB);
  const job = shard.job('job', { ssdBytes: 0 });
  await fill(job, 300, 8000);
  job.object.hold();
  const yielding = shard.reserve(2.5 * MiB);
  while (job.object.heldOperations < 10) await new Promise((resolve) => setImmediate(resolve));
  const held = Array.from({ length: 300 }, (_, index) => `key-${index}`).filter((name) =>
    job.job.gate.blocks(Key.of(name).hash, 'write'),
  );
  const [first = '', second = '', third = ''] = held;
  await Promise.all(held.map((name) => job.check(name)));
  const changes = [job.put(first, sampleValue(50, 1)), job.delete(second)];
  // As another shard does that has taken everything over, without asking whose turn it is.
  job.job.yield(Key.of(third), 0);
  job.model.delete(third);
  expect(changes.every((change) => change instanceof Promise)).toBe(true);
  job.object.release();
  await Promise.all([...changes, yielding]);
  await job.checkAll();
  expect(shard.pool.missingBytes).toBe(0);
});

test('if the slow tier fails, what was on its way stays', async () => {
  const shard = new Shard(4 * MiB);
  const job = shard.job('job', { ssdBytes: 0 });
  await fill(job, 300, 8000);
  job.object.failure = new Error('no connection');
  await shard.reserve(2.5 * MiB);
  job.object.failure = undefined;
  expect(job.dram.usage.objects).toBe(300);
  await job.checkAll();
});

test('a job can end while its objects are on their way', async () => {
  const shard = new Shard(4 * MiB);
  const job = shard.job('job', { ssdBytes: 0 });
  await fill(job, 300, 8000);
  job.object.hold();
  const yielding = shard.reserve(2.5 * MiB);
  while (job.object.heldOperations < 10) await new Promise((resolve) => setImmediate(resolve));
  await job.job.end();
  job.object.release();
  await yielding;
  expect(shard.pool.usage.reservedBytes).toBe(0);
  expect(job.object.usage.objects).toBe(0);
  expect(shard.demoter.counts.objects).toBe(0);
});

test('large values go from where they lie, and tiny ones for what they are charged', async () => {
  const shard = new Shard(16 * MiB);
  const job = shard.job('job');
  const slow = shard.job('slow', { ssdBytes: 0 });
  for (const [each, seed] of [
    [job, 1],
    [slow, 2],
  ] as const)
    await each.put('large', sampleValue(3 * MiB + 5, seed));
  await fill(job, 400, 8000);
  await shard.reserve(15.5 * MiB);
  expect(job.job.find(Key.of('large'), 0)?.tier).toBe('ssd');
  expect(slow.job.find(Key.of('large'), 0)?.tier).toBe('object');
  await job.checkAll();
  await slow.checkAll();

  const tiny = shard.job('tiny');
  await shard.reserve(0);
  for (let index = 0; index < 60_000; index++) await tiny.put(`key-${index}`, sampleValue(1, index));
  await shard.reserve(12 * MiB);
  expect(tiny.dram.usage.usedBytes).toBeLessThanOrEqual(4 * MiB);
  expect(tiny.dram.usage.objects).toBeGreaterThan(1000);
});

test('what is of a stage that has ended, or has expired, is left alone', async () => {
  const shard = new Shard(4 * MiB);
  const job = shard.job('job');
  for (let index = 0; index < 100; index++) await job.put(`stage/${index}`, sampleValue(8000, index));
  for (let index = 0; index < 100; index++) await job.put(`short/${index}`, sampleValue(8000, index), 1000);
  job.job.objects.seals.follow([{ prefix: 'stage/', serial: 1, pending: true }]);
  shard.clock.nowMs += 2000;
  await shard.reserve(4 * MiB);
  expect(job.ssd.usage.objects).toBe(0);
  expect(job.dram.usage.objects).toBe(100);
});

test("what is of slots that are another shard's by now stays until that shard takes it", async () => {
  const shard = new Shard(4 * MiB);
  const job = shard.job('job');
  await fill(job, 300, 8000);
  const { configuration } = job.job;
  job.job.steering.follow({
    ...configuration,
    epoch: 2,
    revision: 1,
    ranges: [
      { start: 0, shard: 1 },
      { start: 8192, shard: 2 },
    ],
    previous: [{ start: 8192, end: 16_384, shard: 1, epoch: 2, lost: false }],
  });
  await job.job.steering.surveyed;
  await shard.reserve(4 * MiB);
  for (const name of job.model.keys()) {
    expect(job.job.find(Key.of(name), 0)?.tier).toBe(slotOf(name) < 8192 ? 'ssd' : 'dram');
  }
  expect(job.ssd.usage.objects).toBeGreaterThan(100);
});

const name = fc.nat({ max: 59 }).map((number) => `key-${number}`);
const who = fc.constantFrom('one', 'two');
const size = fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 20 * KiB }), fc.nat({ max: 120 * KiB }));
const operation = fc.oneof(
  {
    weight: 36,
    arbitrary: fc.record({ do: fc.constant('put' as const), who, name, size, seed: fc.nat(), lives: fc.constantFrom(0, 0, 500) }),
  },
  { weight: 15, arbitrary: fc.record({ do: fc.constant('get' as const), who, name }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('delete' as const), who, name }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('expire' as const), who, name, ms: fc.integer({ min: 1, max: 1000 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('reserve' as const), kibibytes: fc.integer({ min: 0, max: 2048 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('own' as const), who, kibibytes: fc.integer({ min: 0, max: 1024 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat({ max: 300 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const), who }) },
  { weight: 24, arbitrary: fc.constant({ do: 'turn' as const }) },
);
type Operation = typeof operation extends fc.Arbitrary<infer Value> ? Value : never;

async function perform(shard: Shard, step: Operation, under: Promise<unknown>[]): Promise<void> {
  const job = (wanted: string) => shard.jobs.get(wanted) as TestJob;
  switch (step.do) {
    case 'put':
      under.push(Promise.resolve(job(step.who).put(step.name, sampleValue(step.size, step.seed), step.lives)));
      return;
    case 'get':
      under.push(job(step.who).check(step.name));
      return;
    case 'delete':
      under.push(Promise.resolve(job(step.who).delete(step.name)));
      return;
    case 'expire':
      under.push(Promise.resolve(job(step.who).expire(step.name, step.ms)));
      return;
    case 'reserve':
      shard.pool.reservations.setTotal(step.kibibytes * KiB);
      return;
    case 'own':
      job(step.who).dram.setReservedBytes(step.kibibytes * KiB);
      return;
    case 'wait':
      // What is under way goes by the time at which it was begun.
      await Promise.all(under.splice(0));
      shard.clock.nowMs += step.ms;
      return;
    case 'clear':
      job(step.who).model.clear();
      await job(step.who).job.clear();
      return;
    case 'turn':
      await new Promise((resolve) => setImmediate(resolve));
  }
}

test('two jobs equal their models whatever is put, read and deleted while they yield, and accounts are exact', async () => {
  let demoted = 0;
  let uploaded = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 20, maxLength: 250, size: 'max' }), async (operations) => {
      const shard = new Shard(2 * MiB);
      shard.job('one', { ssdBytes: 300 * KiB });
      shard.job('two', { ssdBytes: 2 * MiB });
      const under: Promise<unknown>[] = [];
      for (const job of shard.jobs.values()) await fill(job, 60, 15 * KiB);
      for (const step of operations) {
        await perform(shard, step, under);
        shard.demoter.review();
        expect(shard.pool.usage.reservedBytes).toBeLessThanOrEqual(shard.pool.budgetBytes);
      }
      await Promise.all(under);
      await shard.demoter.idle();
      demoted += shard.demoter.counts.objects;
      for (const { object } of shard.jobs.values()) uploaded += object.usage.objects;
      for (const job of shard.jobs.values()) await job.checkAll();
      for (const { job } of shard.jobs.values()) await job.end();
    }),
    { numRuns: 60, endOnFailure: true },
  );
  expect(demoted).toBeGreaterThan(1000);
  expect(uploaded).toBeGreaterThan(100);
}, 60_000);
