import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Key } from '../../store/key.js';
import { JobEnvironment } from '../../store/lmdb/job-environment.js';
import { type JobSsdBudget, SsdBudget } from '../../store/lmdb/ssd-budget.js';
import { SsdStore } from '../../store/lmdb/ssd-store.js';
import type { Trash } from '../../store/lmdb/trash.js';
import { FileClient } from '../../store/object/file-client.js';
import { ObjectStore } from '../../store/object/object-store.js';
import { openTrash } from '../../store/object/reclaim.js';
import { FaultyObjectClient } from '../../store/testing/faulty-object-client.js';
import { sampleValue } from '../../store/testing/samples.js';
import { objectCharge, plainMetadata } from '../../store/tier-store.js';
import { TieredStore } from '../../store/tiered/tiered-store.js';
import { unlimitedGrant } from '../grant.js';
import { inTurn } from '../in-turn.js';
import { ShardJob } from '../job.js';
import { ManualClock } from '../testing/manual-clock.js';
import { MapPersisted } from '../testing/map-persisted.js';
import { Demoter } from './demoter.js';

const MiB = 2 ** 20;
const budgetBytes = 8 * MiB;

let folder: string;
let trash: Trash;
let client: FaultyObjectClient;
let budget: SsdBudget;
let demoter: Demoter;
const clock = new ManualClock();
const jobs = new Map<string, { readonly job: ShardJob; readonly ssd: JobSsdBudget }>();
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'satchel-demotion-'));
  client = new FaultyObjectClient(new FileClient(join(folder, 'objects')));
  trash = openTrash({ folder: join(folder, 'trash'), client });
  budget = new SsdBudget({ budgetBytes });
  demoter = new Demoter({
    tier: 'ssd',
    missingBytes: () => budget.missingBytes,
    jobs: () => [...jobs.values()].map(({ job }) => job),
    shareOf: (job) => jobs.get(job)?.ssd.share,
    log: { warn: (complaint: unknown) => expect(complaint).toBeUndefined() },
  });
});
afterEach(async () => {
  for (const { job } of jobs.values()) await job.end();
  jobs.clear();
  rmSync(folder, { recursive: true, force: true });
});

/** A job of the tiers ssd and object. */
function open(name: string): ShardJob {
  const environment = new JobEnvironment({ folder: join(folder, name), trash });
  const ssd = budget.open();
  const tiers = [
    new SsdStore({ environment, budget: ssd }),
    new ObjectStore({ environment, client, namespace: 'ns', job: name }),
  ];
  const job = new ShardJob({
    node: 'node-1',
    configuration: {
      ...{ job: name, namespace: 'ns', epoch: 1, ranges: [{ start: 0, shard: 1 }], tiers: ['ssd', 'object'] },
      ...{ quotaBytes: 0, evict: '', createdMs: clock.nowMs },
    },
    shard: 1,
    openStore: () => new TieredStore({ tiers }),
    persisted: new MapPersisted(),
    grant: unlimitedGrant,
    lost: false,
    clock,
    shardWaits: { count: 0 },
  });
  jobs.set(name, { job, ssd });
  return job;
}

const sizes = [10, 3000, 50_000, 400_000];
const sampleOf = (index: number) => sampleValue(sizes[index % sizes.length] as number, index);

/** Puts values of all kinds: in LMDB, in files, in files that are read and written while others go on. */
async function fill(job: ShardJob, count: number): Promise<void> {
  for (let index = 0; index < count; index++) await put(job, index);
}

function put(job: ShardJob, index: number, value = sampleOf(index)): void | Promise<void> {
  return inTurn(job, undefined, Key.of(`key-${index}`), 'write', clock.nowMs, (_, key, nowMs) =>
    job.put(key, value, 0, value.length, plainMetadata(nowMs), nowMs),
  );
}

async function reserve(bytes: number): Promise<void> {
  budget.reservations.setTotal(bytes);
  demoter.review();
  await demoter.idle();
}

/** Every object is there, whole, and where the accounts say. */
async function check(job: ShardJob, count: number): Promise<void> {
  const found = { ssd: 0, object: 0 };
  for (let index = 0; index < count; index++) {
    const key = Key.of(`key-${index}`);
    const object = job.find(key, clock.nowMs);
    const value = Buffer.alloc(object?.valueLength ?? 0);
    await object?.read(0, value.length, value, 0);
    expect(value.equals(sampleOf(index)), key.toString()).toBe(true);
    if (object?.tier === 'ssd' || object?.tier === 'object') found[object.tier] += objectCharge(key.length, value.length);
  }
  expect({ ssd: job.usage.bytes('ssd'), object: job.usage.bytes('object') }).toEqual(found);
}

test('what lies in the way of a reservation of ssd goes to the object tier, and only so much', async () => {
  const job = open('job');
  await fill(job, 60);
  expect(job.usage.bytes('object')).toBe(0);
  await reserve(4 * MiB);
  expect(budget.missingBytes).toBe(0);
  expect(job.usage.bytes('object')).toBeGreaterThan(2 * MiB);
  expect(job.usage.bytes('ssd')).toBeGreaterThan(3 * MiB);
  expect(demoter.counts.bytes).toBe(job.usage.bytes('object'));
  await check(job, 60);
  const other = open('other');
  jobs.get('other')?.ssd.setReservedBytes(4 * MiB);
  await fill(other, 34);
  expect(other.usage.bytes('object')).toBe(0);
});

test('nobody yields what it reserved', async () => {
  const job = open('job');
  jobs.get('job')?.ssd.setReservedBytes(6 * MiB);
  await fill(job, 60);
  await reserve(8 * MiB);
  expect(job.usage.bytes('ssd')).toBeGreaterThan(5.5 * MiB);
  await check(job, 60);
});

test('while it is on its way it can be read, and what is removed meanwhile does not come back', async () => {
  const job = open('job');
  await fill(job, 60);
  let release = () => {};
  client.held = new Promise((resolve) => (release = resolve));
  const yielding = reserve(8 * MiB);
  const onTheirWay = () =>
    Array.from({ length: 60 }, (_, index) => index).filter((index) => job.gate.blocks(Key.of(`key-${index}`).hash, 'write'));
  await expect.poll(() => onTheirWay().length).toBeGreaterThan(3);
  await check(job, 60);
  const [removed = 0, replaced = 0] = onTheirWay();
  // As another shard does that has taken everything over, without asking whose turn it is.
  job.yield(Key.of(`key-${removed}`), clock.nowMs);
  const replacing = put(job, replaced, Buffer.from('new'));
  release();
  await yielding;
  await replacing;
  expect(job.find(Key.of(`key-${removed}`), clock.nowMs)).toBeUndefined();
  expect(job.find(Key.of(`key-${replaced}`), clock.nowMs)?.valueLength).toBe(3);
});

test('if the object store fails, what was on its way stays on ssd', async () => {
  const job = open('job');
  await fill(job, 60);
  client.unreachable = true;
  await reserve(4 * MiB);
  expect([job.usage.bytes('object'), demoter.counts.objects]).toEqual([0, 0]);
  client.unreachable = false;
  await check(job, 60);
});
