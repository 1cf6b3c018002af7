import { systemClock } from '@satchel/proto/core';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type EtcdProcess, noEtcd, startEtcd } from '../../testing/etcd-process.js';
import { grantRecord, testStateStore } from '../../testing/state-store-suite.js';
import type { Candidate, Leadership } from '../candidate.js';
import type { StateStore } from '../state-store.js';
import { parseEtcdUri } from './address.js';
import { openEtcdCandidate } from './candidate.js';
import { EtcdClient } from './client.js';
import { Keys } from './keys.js';
import { stagingTransactions } from './staging.js';

describe.skipIf(noEtcd)(`state store in etcd${noEtcd === undefined ? '' : ` (skipped: ${noEtcd})`}`, () => {
  let etcd: EtcdProcess;
  let prefix = 0;
  let candidates: Candidate[];
  beforeAll(async () => {
    etcd = await startEtcd();
  });
  afterAll(() => etcd.stop());
  beforeEach(() => {
    prefix++;
    candidates = [];
  });
  afterEach(() => Promise.all(candidates.map((candidate) => candidate.close())));

  const address = () => parseEtcdUri(`etcd://${etcd.address}/test/${prefix}`);

  async function stand(steadyMs = () => performance.now()): Promise<Candidate> {
    const options = {
      clock: systemClock,
      log: pino({ level: 'silent' }),
      leaseSeconds: 2,
      name: `c${candidates.length}`,
      steadyMs,
    };
    const candidate = await openEtcdCandidate(address(), options);
    candidates.push(candidate);
    return candidate;
  }

  async function lead(candidate: Candidate): Promise<Leadership> {
    const leadership = await candidate.campaign();
    if (leadership === undefined) throw new Error('closed');
    return leadership;
  }

  const write = (store: StateStore, job: string, quotaBytes: number) =>
    store.commit([{ collection: 'grants', key: job, value: grantRecord(job, quotaBytes) }]);

  describe('as every one', () => testStateStore(async () => (await lead(await stand())).store));

  it('has everything when another takes over from one that gave up', async () => {
    const first = await lead(await stand());
    const second = await stand();
    const next = lead(second);
    for (let job = 0; job < 300; job++) void write(first.store, `job-${job}`, job);
    await first.store.close();
    expect(second.leader()).toBe('c0');
    await first.end();
    const { store } = await next;
    expect(store.all('grants')).toHaveLength(300);
    expect(second.leader()).toBeUndefined();
  });

  it('one leads at a time, and the next is another', async () => {
    const all = await Promise.all([stand(), stand(), stand()]);
    const leading = new Set<number>();
    for (let turn = 0; turn < 3; turn++) {
      const [index, leadership] = await Promise.race(
        all.flatMap((candidate, index) => (leading.has(index) ? [] : [campaignOf(candidate, index)])),
      );
      expect(all.filter((_, other) => other !== index && leading.has(other))).toHaveLength(turn);
      leading.add(index);
      await leadership.end();
    }
  });

  const campaigns = new Map<Candidate, Promise<[number, Leadership]>>();
  function campaignOf(candidate: Candidate, index: number): Promise<[number, Leadership]> {
    const running = campaigns.get(candidate) ?? lead(candidate).then((leadership): [number, Leadership] => [index, leadership]);
    campaigns.set(candidate, running);
    return running;
  }

  it('a leader whose term was taken away cannot write, and hears of it', async () => {
    const { store, lost, leads } = await lead(await stand());
    await write(store, 'a', 1);
    const client = new EtcdClient(address(), systemClock);
    const keys = new Keys(address().prefix);
    expect(leads()).toBe(true);
    await client.write([{ key: keys.leader, value: undefined }], { key: 'never', createRevision: 0 });
    await expect(write(store, 'a', 3)).rejects.toMatchObject({ code: 'unavailable' });
    await lost;
    expect(leads()).toBe(false);
    const { store: next } = await lead(await stand());
    expect(next.all('grants')).toEqual([grantRecord('a', 1)]);
    client.close();
  });

  it('a leader that was stopped for a lease knows that it leads no more before it asks', async () => {
    let skippedMs = 0;
    const { leads, lost } = await lead(await stand(() => performance.now() + skippedMs));
    expect(leads()).toBe(true);
    skippedMs = 60_000;
    expect(leads()).toBe(false);
    expect(await lost).toContain('whole lease');
  });

  it('finishes a large commit that the leader before had begun to make, and drops one it had not', async () => {
    const client = new EtcdClient(address(), systemClock);
    const keys = new Keys(address().prefix);
    const changes = Array.from({ length: 500 }, (_, job) => {
      return { key: keys.record('grants', `job-${job}`), value: JSON.stringify(grantRecord(`job-${job}`, 1)) };
    });
    const always = { key: 'never', createRevision: 0 };
    for (const part of stagingTransactions(keys.staged, 'made', changes)) await client.write(part, always);
    const dropped = changes.map(({ key, value }) => ({ key: `${key}-dropped`, value }));
    for (const part of stagingTransactions(keys.staged, 'dropped', dropped).slice(0, -1)) await client.write(part, always);
    const { store } = await lead(await stand());
    expect(store.all('grants')).toHaveLength(500);
    const left: string[] = [];
    await client.readAll(keys.staged, (key) => left.push(key));
    expect(left).toEqual([]);
    client.close();
  });

  it('one that starts later finds everything, however much it is', async () => {
    const first = await lead(await stand());
    const jobs = Array.from({ length: 2500 }, (_, index) => `job-${index}`);
    await first.store.commit(jobs.map((job) => ({ collection: 'grants', key: job, value: grantRecord(job, 1) })));
    await first.end();
    const { store } = await lead(await stand());
    expect(store.all('grants').map(({ job }) => job)).toEqual(jobs.sort());
  });

  it('a watch that is behind a compaction says so, instead of leaving something out', async () => {
    const client = new EtcdClient(address(), systemClock);
    const always = { key: 'never', createRevision: 0 };
    for (const value of ['1', '2', '3']) await client.write([{ key: `${address().prefix}/a`, value }], always);
    const revision = await client.revision();
    await client.compact(revision);
    const changed = vi.fn();
    let stop = () => {};
    await new Promise<void>((resolve) => {
      stop = client.watch(address().prefix, revision - 2, { changed, compacted: resolve });
    });
    expect(changed).not.toHaveBeenCalled();
    stop();
    client.close();
  });

  it('a commit waits for an etcd that stalls, and is made once', async () => {
    const { store, leads } = await lead(await stand());
    etcd.child.kill('SIGSTOP');
    const late = write(store, 'a', 1);
    setTimeout(() => etcd.child.kill('SIGCONT'), 500);
    await late;
    expect(leads()).toBe(true);
    expect(store.all('grants')).toEqual([grantRecord('a', 1)]);
  });

  it('a leader steps down when etcd is away for a lease, and leads again with all that was acknowledged when it is back', async () => {
    const candidate = await stand();
    const first = await lead(candidate);
    await write(first.store, 'a', 1);
    etcd.child.kill('SIGSTOP');
    const late = write(first.store, 'a', 2).catch((error: unknown) => error);
    expect(await first.lost).toContain('etcd did not answer');
    expect(await late).toMatchObject({ code: 'unknown-outcome' });
    await expect(write(first.store, 'a', 3)).rejects.toMatchObject({ code: 'unavailable' });
    const ended = first.end();
    const again = lead(candidate);
    etcd.child.kill('SIGCONT');
    await ended;
    const { store } = await again;
    expect([1, 2]).toContain(store.all('grants')[0]?.quotaBytes);
    await write(store, 'a', 4);
    expect(store.all('grants')).toEqual([grantRecord('a', 4)]);
  });

  it('refuses a record that etcd would not take, and goes on', async () => {
    const { store } = await lead(await stand());
    const large = { ...grantRecord('a', 1), job: 'x'.repeat(2 ** 21) };
    const refused = store.commit([{ collection: 'grants', key: 'a', value: large }]);
    await expect(refused).rejects.toThrow('2097');
    await write(store, 'b', 1);
    expect(store.all('grants')).toHaveLength(1);
  });

  it('says so when nobody answers at the address', async () => {
    const nowhere = parseEtcdUri('etcd://127.0.0.1:1');
    const options = { clock: systemClock, log: pino({ level: 'silent' }), leaseSeconds: 2, name: 'c' };
    await expect(openEtcdCandidate(nowhere, options)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('127.0.0.1:1'),
    });
  });
});
