import { dial } from '@satchel/proto/rpc';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Job, registerJob } from '../job.js';
import { connect, type Store } from '../store.js';
import { RealCluster } from '../testing/real-cluster.js';

// A job whose slots move from node to node, and back, under load of clients that read in place; a shard is killed in the midst of it.

const keys = 60;
const mebibyte = 1024 * 1024;

let cluster: RealCluster;
beforeAll(async () => {
  cluster = await RealCluster.start(3, 1);
});
afterAll(() => cluster.stop());

/** Every fifth call of a key deletes it. */
const deletes = (sequence: number): boolean => sequence % 5 === 0;

/** Key and number of the call, then bytes that follow from them. */
function bytesOf(key: number, sequence: number): Buffer {
  const value = Buffer.alloc(8 + ((sequence * 7919) % (sequence % 16 === 1 ? 150_000 : 3000)), `${key}:${sequence};`);
  value.writeUInt32LE(key, 0);
  value.writeUInt32LE(sequence, 4);
  return value;
}

/** What was put and deleted, and what of it was acknowledged. */
class Ledger {
  readonly begun = new Uint32Array(keys);
  readonly done = new Uint32Array(keys);
  readonly wrong: string[] = [];
  readonly codes = new Set<string>();
  mayLose = false;
  writes = 0;
  #stopped = false;

  stop(): void {
    this.#stopped = true;
  }

  /** Writers have keys of their own. */
  async write(store: Store, writer: number, writers: number): Promise<void> {
    for (let key = writer; !this.#stopped; key = (key + writers) % keys) {
      const sequence = (this.begun[key] as number) + 1;
      this.begun[key] = sequence;
      try {
        if (deletes(sequence)) await store.delete(`key-${key}`);
        else await store.put(`key-${key}`, bytesOf(key, sequence));
        this.done[key] = sequence;
        this.writes++;
      } catch (error) {
        this.#failed(key, error);
      }
    }
  }

  async read(store: Store): Promise<void> {
    for (let round = 0; !this.#stopped; round++) await this.look(store, (round * 7) % keys);
  }

  async look(store: Store, key: number): Promise<void> {
    const doneBefore = this.done[key] as number;
    try {
      this.#check(key, doneBefore, await store.get(`key-${key}`));
    } catch (error) {
      this.#failed(key, error);
    }
  }

  #failed(key: number, error: unknown): void {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    this.codes.add(code);
    if (!this.mayLose || !['lost', 'unavailable', 'unknown-outcome'].includes(code))
      this.wrong.push(`key ${key}: ${String(error)}`);
  }

  #check(key: number, doneBefore: number, value: Buffer | undefined): void {
    const begun = this.begun[key] as number;
    if (value === undefined) {
      const mayBeMissing =
        doneBefore === 0 || Array.from({ length: begun - doneBefore + 1 }, (_, index) => doneBefore + index).some(deletes);
      if (!mayBeMissing) this.wrong.push(`key ${key}: nothing, after put ${doneBefore} was acknowledged`);
      return;
    }
    const sequence = value.readUInt32LE(4);
    if (!value.equals(bytesOf(key, sequence))) this.wrong.push(`key ${key}: wrong bytes`);
    if (sequence < doneBefore) this.wrong.push(`key ${key}: value ${sequence}, after call ${doneBefore} was acknowledged`);
    if (sequence > begun) this.wrong.push(`key ${key}: value ${sequence} was not put yet`);
  }
}

test('while a job goes from node to node and a shard is killed, readers in place and waits get what is right, or learn that it is lost', async () => {
  const options = { name: 'steered', controller: cluster.controller, throughput: '400MiB', leaseSeconds: 60 };
  await using job: Job = await registerJob({ ...options, connect: { socketDir: cluster.socketDir, local: 'off' } });
  await using reader = connect(job.url, { socketDir: cluster.socketDir });
  await using other = connect(job.url, { socketDir: cluster.socketDir, local: 'off' });
  const channel = dial(cluster.controller);
  const ledger = new Ledger();
  const shardsOf = async (mebibytesPerSecond: number) => {
    const hints = { throughputBytesPerSecond: mebibytesPerSecond * mebibyte };
    const scaled = await channel.call(channel.jobs, channel.jobs.scaleJob, { job: job.id, hints });
    return new Set(scaled.slotMap?.ranges.map(({ shard }) => shard)).size;
  };
  const drain = (node: string) => channel.call(channel.fleet, channel.fleet.drainNode, { node });
  const progress = async () => {
    const { served } = reader.localReads;
    const { writes } = ledger;
    const both = () => Math.min(reader.localReads.served - served, ledger.writes - writes);
    await expect.poll(both, { timeout: 20_000, interval: 20 }).toBeGreaterThan(60);
  };
  const work = [ledger.write(job.store, 0, 2), ledger.write(other, 1, 2), ledger.read(reader), ledger.read(reader)];
  const waits = Array.from({ length: 30 }, (_, index) => reader.waitFor(`later-${index}`, { timeoutMs: 60_000 }));
  for (const wait of waits) wait.catch(() => {});
  try {
    await progress();
    expect(await shardsOf(1200)).toBe(3);
    await progress();
    // A node that gives away what it has, and is not the one that the job's URL names.
    const [drained] = cluster.nodes.filter(({ address }) => !job.url.includes(address));
    await drain(drained?.id ?? '');
    expect(await shardsOf(800)).toBe(2);
    await progress();
    for (let index = 0; index < 15; index++) await other.put(`later-${index}`, `came ${index}`);
    expect(await Promise.all(waits.slice(0, 15))).toEqual(Array.from({ length: 15 }, (_, index) => Buffer.from(`came ${index}`)));
    expect(ledger.wrong).toEqual([]);
    ledger.mayLose = true;
    const back = shardsOf(400);
    for (const { id } of cluster.nodes.filter((node) => node !== drained)) cluster.killShards(id);
    expect(await back).toBe(1);
    await progress();
    for (let index = 15; index < waits.length; index++) await other.put(`later-${index}`, `came ${index}`);
    // A shard that died does not know whether the object was there already.
    const outcomes = await Promise.allSettled(waits.slice(15));
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status === 'fulfilled') expect(outcome.value?.toString()).toBe(`came ${index + 15}`);
      else expect(outcome.reason).toMatchObject({ code: 'lost' });
    }
  } finally {
    ledger.stop();
    await Promise.all(work);
    channel.close();
  }
  for (let key = 0; key < keys; key++) await ledger.look(reader, key);
  expect(ledger.wrong).toEqual([]);
}, 60_000);
