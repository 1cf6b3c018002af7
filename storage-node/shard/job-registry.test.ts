import { generateKeyPairSync, webcrypto } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { JobClaims, Tier } from '@satchel/proto/core';
import { signToken } from '@satchel/proto/validation';
import { pino } from 'pino';
import { beforeEach, describe, expect, test } from 'vitest';
import type { JobRecord } from '../host/job-table.js';
import { Key } from '../store/key.js';
import { MapStore } from '../store/testing/map-store.js';
import { plainMetadata } from '../store/tier-store.js';
import { TieredStore } from '../store/tiered/tiered-store.js';
import { JobRegistry } from './job-registry.js';
import type { PersistedObjects } from './job-store.js';
import type { JobStores } from './job-stores.js';
import type { ShardMessage } from './messages.js';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const publicKeyJwk = JSON.stringify(publicKey.export({ format: 'jwk' }));

async function tokenOf(job: string, changes: Partial<JobClaims> = {}): Promise<string> {
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
  const key = await webcrypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', false, ['sign']);
  const claims: JobClaims = {
    kind: 'job',
    job,
    namespace: 'space',
    verbs: ['read', 'write'],
    quota: 0,
    tiers: ['dram'],
    slots: [[0, 5]],
    created: 0,
    exp: 4e9,
    ...changes,
  };
  return signToken(claims, key);
}

const nothingPersisted: PersistedObjects = {
  put: () => Promise.resolve(),
  find: () => Promise.resolve(undefined),
  delete: () => Promise.resolve(false),
  deleteExpired: () => Promise.resolve(false),
  sweep: () => Promise.resolve(0),
  list: async function* () {},
};

class FakeStores implements JobStores {
  leftJobs = new Set<string>();
  readonly opened: string[] = [];
  readonly discarded: string[] = [];
  readonly spills = 0;
  open({ job }: { job: string }) {
    this.opened.push(job);
    return new TieredStore({ tiers: [new MapStore('dram', 1e9)] });
  }
  persisted = () => nothingPersisted;
  discard(job: string): Promise<void> {
    this.discarded.push(job);
    return Promise.resolve();
  }
  objectRequests = () => 0;
  statistics = (_: Tier) => ({ usedBytes: 0, reservedBytes: 0, budgetBytes: 0 });
  close = () => Promise.resolve();
}

function activeRecord(
  job: string,
  changes: { epoch?: number; quotaBytes?: number; bytes?: number; version?: number } = {},
): JobRecord {
  return {
    state: 'active',
    configuration: {
      job,
      namespace: 'space',
      epoch: changes.epoch ?? 2,
      ranges: [{ start: 0, shard: 5 }],
      tiers: ['dram'],
      quotaBytes: changes.quotaBytes ?? 0,
      evict: '',
      createdMs: 0,
    },
    grants: [{ shard: 5, bytes: changes.bytes ?? 0, version: changes.version ?? 1 }],
  };
}

let nowMs: number;
let table: Map<string, JobRecord>;
let stores: FakeStores;
let sent: ShardMessage[];
let registry: JobRegistry;

function begin(): void {
  registry = new JobRegistry({
    node: 'n',
    table,
    stores,
    send: (message) => void sent.push(message),
    clock: { now: () => nowMs, after: () => () => {} },
    log: pino({ level: 'silent' }),
  });
  registry.setMembership({ shard: 5, publicKeyJwk, linkToken: 'link' });
}

beforeEach(() => {
  nowMs = 1_000_000;
  table = new Map();
  stores = new FakeStores();
  sent = [];
  begin();
});

function put(job: string, key: string, value: string): void | Promise<void> {
  const bytes = Buffer.from(value);
  return registry.jobOf(job)?.put(Key.of(key), bytes, 0, bytes.length, plainMetadata(nowMs), nowMs);
}

describe('a token', () => {
  test('opens a job never heard of by what it says, and the host hears of it', async () => {
    const { job, namespace, verbs } = await registry.admit('a', await tokenOf('a'));
    expect(job.configuration).toMatchObject({ job: 'a', epoch: 1, ranges: [{ start: 0, shard: 5 }] });
    expect([namespace, verbs]).toEqual(['space', ['read', 'write']]);
    expect(sent).toEqual([{ kind: 'job-admitted', job: 'a' }]);
    expect(registry.jobOf('a')).toBe(job);
  });

  test('by itself names its job; that of another job is refused', async () => {
    const token = await tokenOf('a');
    expect((await registry.admit(undefined, token)).job.configuration.job).toBe('a');
    await expect(registry.admit('b', token)).rejects.toMatchObject({ code: 'wrong-token' });
  });

  test('of a job whose slots have moved opens none that the shard has not heard of', async () => {
    const token = await tokenOf('a', { slots: [] });
    await expect(registry.admit('a', token)).rejects.toMatchObject({ code: 'unavailable' });
    table.set('a', activeRecord('a', { epoch: 2 }));
    expect((await registry.admit('a', token)).job.configuration.epoch).toBe(2);
  });

  test('opens a job of the table with the configuration there', async () => {
    table.set('a', activeRecord('a', { epoch: 7 }));
    expect((await registry.admit('a', await tokenOf('a'))).job.configuration.epoch).toBe(7);
    expect(sent).toEqual([]);
  });

  test('of an ended job is refused, and the answer says that it has ended', async () => {
    table.set('a', { state: 'ended', refuseUntilMs: 4e12 });
    await expect(registry.admit('a', await tokenOf('a'))).rejects.toMatchObject({
      code: 'no-job',
      message: expect.stringContaining('has ended'),
    });
    expect(() => registry.jobOf('a')).toThrow('has ended');
  });

  test('opens nothing before the node has joined', async () => {
    const early = new JobRegistry({
      node: 'n',
      table,
      stores,
      send: () => {},
      clock: { now: () => 0, after: () => () => {} },
      log: pino({ level: 'silent' }),
    });
    await expect(early.admit('a', await tokenOf('a'))).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('a job', () => {
  test('is opened once, and its store at the first write', async () => {
    table.set('a', activeRecord('a'));
    const first = registry.jobOf('a');
    expect(registry.jobOf('a')).toBe(first);
    expect(stores.opened).toEqual([]);
    await put('a', 'key', 'value');
    expect(stores.opened).toEqual(['a']);
  });

  test('never heard of is not opened without a token', () => {
    expect(registry.jobOf('a')).toBeUndefined();
  });

  test('follows the table when the host says that it changed', async () => {
    table.set('a', activeRecord('a', { quotaBytes: 1000, bytes: 0 }));
    const job = registry.jobOf('a');
    const waiting = put('a', 'key', 'value');
    expect(sent.at(-1)).toMatchObject({ kind: 'grant-request', job: 'a' });
    table.set('a', activeRecord('a', { epoch: 3, quotaBytes: 1000, bytes: 1000, version: 2 }));
    registry.jobsChanged(['a', 'not-open']);
    await waiting;
    expect(job?.configuration.epoch).toBe(3);
    expect(job?.usage.bytes('dram')).toBeGreaterThan(0);
  });

  test('that had data before the shard started is lost: what is not found is not missing', () => {
    stores.leftJobs = new Set(['a']);
    begin();
    table.set('a', activeRecord('a'));
    const job = registry.jobOf('a');
    expect(job?.lost).toBe(true);
    expect(() => job?.lookup(Key.of('key'), nowMs)).toThrow('restarted without its data');
  });

  test('reports its counters when they changed', async () => {
    table.set('a', activeRecord('a'));
    await put('a', 'key', 'value');
    const [statistics] = registry.statistics();
    expect(statistics).toMatchObject({ job: 'a', final: false, usage: { objects: 1 } });
    expect(statistics?.usage.dramBytes).toBeGreaterThan(5);
    nowMs += 2000;
    expect(registry.statistics()).toEqual([]);
  });
});

describe('memory of a job', () => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');

  test('that holds nothing is let go of after a while, its counters are reported and it is opened again when it is used', async () => {
    table.set('idle', activeRecord('idle'));
    table.set('held', activeRecord('held'));
    registry.jobOf('idle');
    const held = registry.jobOf('held');
    nowMs += 3_600_000;
    registry.statistics();
    const gone = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      collect();
      return registry.jobsLoaded;
    };
    await expect.poll(gone).toBe(1);
    expect(registry.statistics()).toContainEqual(expect.objectContaining({ job: 'idle', final: true }));
    expect(registry.jobOf('held')).toBe(held);
    expect(registry.jobOf('idle')?.configuration.job).toBe('idle');
  });

  test('that is known by its token alone stays, since nothing else would find it again', async () => {
    await registry.admit('a', await tokenOf('a'));
    nowMs += 3_600_000;
    registry.statistics();
    for (let turn = 0; turn < 5; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      collect();
    }
    expect(registry.jobOf('a')?.configuration.job).toBe('a');
  });

  test('that is opened again while it is being let go of has its counters reported all the same', async () => {
    table.set('a', activeRecord('a'));
    const used = new WeakRef(registry.jobOf('a') ?? {});
    const { usage } = registry.jobOf('a') as { usage: { requests: number } };
    usage.requests = 7;
    registry.statistics();
    nowMs += 3_600_000;
    registry.statistics();
    nowMs += 3_600_000;
    registry.statistics();
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    // Collected, but nobody has been told yet.
    if (used.deref() === undefined) registry.jobOf('a');
    const reported = registry.statistics().filter(({ final }) => final);
    expect(reported).toEqual([expect.objectContaining({ job: 'a', usage: expect.objectContaining({ requests: 7 }) })]);
  });

  test('is not kept after its end', async () => {
    table.set('a', activeRecord('a'));
    await put('a', 'key', 'value');
    const ended = new WeakRef(registry.jobOf('a') ?? {});
    registry.jobsEnded(['a']);
    const kept = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      collect();
      return ended.deref();
    };
    await expect.poll(kept).toBeUndefined();
  });

  test('stays while it holds something', async () => {
    table.set('a', activeRecord('a'));
    await put('a', 'key', 'value');
    nowMs += 3_600_000;
    registry.statistics();
    collect();
    await new Promise((resolve) => setImmediate(resolve));
    expect(registry.jobOf('a')?.objectCount).toBe(1);
  });
});

describe('the end of a job', () => {
  test('frees what it holds at once, refuses its sessions and is reported with its last counters', async () => {
    table.set('a', activeRecord('a'));
    await put('a', 'key', 'value');
    const job = registry.jobOf('a');
    nowMs += 1000;
    table.set('a', { state: 'ended', refuseUntilMs: 4e12 });
    registry.jobsEnded(['a']);
    expect(job?.ended).toBe(true);
    expect(() => registry.jobOf('a')).toThrow('has ended');
    await expect.poll(() => sent.at(-1)).toMatchObject({ kind: 'job-purged', job: 'a', usage: { objects: 0 } });
    const last = sent.at(-1);
    expect(last?.kind === 'job-purged' && last.usage).toMatchObject({ dramBytes: 0 });
    expect(last?.kind === 'job-purged' && last.usage.dramByteSeconds).toBeGreaterThan(5);
    expect(stores.discarded).toEqual(['a']);
    expect(registry.jobsLoaded).toBe(0);
  });

  test('that a shard never heard of is reported too, and what it left on disk is discarded', async () => {
    registry.jobsEnded(['unheard']);
    await expect.poll(() => sent).toMatchObject([{ kind: 'job-purged', job: 'unheard' }]);
    expect(stores.discarded).toEqual(['unheard']);
  });

  test('said twice is done once', async () => {
    registry.jobsEnded(['a']);
    registry.jobsEnded(['a']);
    await expect.poll(() => sent.length).toBeGreaterThan(0);
    expect(stores.discarded).toEqual(['a']);
  });
});

describe('a reclaim', () => {
  test('keeps what the job uses', async () => {
    table.set('a', activeRecord('a', { quotaBytes: 1000, bytes: 900, version: 4 }));
    await put('a', 'key', 'value');
    const used = registry.jobOf('a')?.usage.bytes('dram');
    registry.reclaim('a');
    expect(sent.at(-1)).toEqual({ kind: 'grant-return', job: 'a', bytes: used, version: 4 });
  });

  test('of a job that is not open gives everything back', () => {
    table.set('a', activeRecord('a', { quotaBytes: 1000, bytes: 900, version: 4 }));
    registry.reclaim('a');
    expect(sent.at(-1)).toEqual({ kind: 'grant-return', job: 'a', bytes: 0, version: 4 });
    expect(registry.jobsLoaded).toBe(0);
  });
});

test('a shard whose number changes while jobs are open cannot go on', () => {
  registry.setMembership({ shard: 6, publicKeyJwk, linkToken: 'link' });
  registry.setMembership({ shard: 5, publicKeyJwk, linkToken: 'link' });
  table.set('a', activeRecord('a'));
  registry.jobOf('a');
  expect(() => registry.setMembership({ shard: 6, publicKeyJwk, linkToken: 'link' })).toThrow('has become number 6');
});

test('other shards are found by the directory', () => {
  const address = { shard: 9, node: 'm', host: 'h', endpointPort: 1, directPort: 2, socket: '' };
  registry.setDirectory([address]);
  expect(registry.addressOf(9)).toBe(address);
  expect(registry.addressOf(8)).toBeUndefined();
});

describe('the end of a stage', () => {
  const prefixEmptied = (job: string, objects: number) => ({ kind: 'prefix-emptied', job, serial: 1, reclaimed: { objects } });
  const endStage = (job: string, pending = true) => {
    const record = activeRecord(job);
    if (record.state !== 'active') return;
    const endedPrefixes = [{ serial: 1, prefix: 'map/', pending }];
    table.set(job, { ...record, configuration: { ...record.configuration, endedPrefixes } });
    registry.jobsChanged([job]);
  };

  test('is carried out where the job is open, and answered at once where it never was', async () => {
    table.set('a', activeRecord('a'));
    await put('a', 'map/1', 'value');
    await put('a', 'other', 'value');
    endStage('a');
    await expect.poll(() => sent.at(-1)).toMatchObject(prefixEmptied('a', 1));
    expect(registry.jobOf('a')?.objectCount).toBe(1);
    endStage('b');
    expect(sent.at(-1)).toMatchObject(prefixEmptied('b', 0));
    expect(registry.jobsLoaded).toBe(1);
  });

  test('is carried out by a shard that comes back, on what it finds, and writes meet it from the first on', async () => {
    stores.leftJobs = new Set(['a']);
    begin();
    endStage('a');
    expect(stores.opened).toEqual(['a']);
    await expect.poll(() => sent.at(-1)).toMatchObject(prefixEmptied('a', 0));
    expect(() => put('a', 'map/late', 'x')).toThrow('has ended');
    endStage('c', false);
    expect(() => put('c', 'map/late', 'x')).toThrow('has ended');
  });
});
