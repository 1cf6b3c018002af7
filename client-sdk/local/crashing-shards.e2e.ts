import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Job, registerJob } from '../job.js';
import { connect, type Store } from '../store.js';
import { RealCluster } from '../testing/real-cluster.js';

const keys = 40;
const crashes = 3;

let cluster: RealCluster;
beforeAll(async () => {
  cluster = await RealCluster.start(1, 2);
});
afterAll(() => cluster.stop());

/** Key, number of the put and length, then bytes that follow from them. */
function bytesOf(key: number, sequence: number): Buffer {
  const length = 12 + ((sequence * 7919) % (sequence % 16 === 0 ? 200_000 : 3000));
  const value = Buffer.alloc(length, `${key}:${sequence};`);
  for (const [index, word] of [key, sequence, length].entries()) value.writeUInt32LE(word, 4 * index);
  return value;
}

/** What was put, and what of it was acknowledged. */
class Ledger {
  readonly begun = new Uint32Array(keys);
  readonly done = new Uint32Array(keys);
  readonly wrong: string[] = [];
  readonly outcomes = new Map<string, number>();
  stopped = false;

  async write(store: Store): Promise<void> {
    for (let round = 0; !this.stopped; round++) {
      const key = round % keys;
      const sequence = (this.begun[key] as number) + 1;
      this.begun[key] = sequence;
      const stored = await store.put(`key-${key}`, bytesOf(key, sequence)).catch(() => false);
      if (stored) this.done[key] = sequence;
    }
  }

  async read(store: Store): Promise<void> {
    for (let round = 0; !this.stopped; round++) {
      const key = (round * 7) % keys;
      const doneBefore = this.done[key] as number;
      try {
        this.#check(key, doneBefore, await store.get(`key-${key}`));
      } catch (error) {
        this.#count(error instanceof Error && 'code' in error ? String(error.code) : String(error));
      }
    }
  }

  #count(outcome: string): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }

  #check(key: number, doneBefore: number, value: Buffer | undefined): void {
    this.#count(value === undefined ? 'nothing' : 'value');
    if (value === undefined) {
      if (doneBefore > 0) this.wrong.push(`key ${key}: nothing, after put ${doneBefore} was acknowledged`);
      return;
    }
    const sequence = value.readUInt32LE(4);
    if (!value.equals(bytesOf(key, sequence))) this.wrong.push(`key ${key}: wrong bytes`);
    if (sequence < doneBefore) this.wrong.push(`key ${key}: value ${sequence}, after put ${doneBefore} was acknowledged`);
    if (sequence > (this.begun[key] as number)) this.wrong.push(`key ${key}: value ${sequence} was not put yet`);
  }
}

test('while shards crash and come back, a reader in place gets what was put last, or learns that it is lost', async () => {
  const options = { name: 'crashing', controller: cluster.controller, capacity: '200MiB' };
  await using job: Job = await registerJob({ ...options, connect: { socketDir: cluster.socketDir, local: 'off' } });
  await using reader = connect(job.url, { socketDir: cluster.socketDir });
  const ledger = new Ledger();
  const work = Promise.all([ledger.write(job.store), ledger.write(job.store), ledger.read(reader)]);
  for (let crash = 0; crash < crashes; crash++) {
    const { served } = reader.localReads;
    await expect.poll(() => reader.localReads.served, { timeout: 20_000 }).toBeGreaterThan(served + 200);
    cluster.killShards('node-1');
    await setTimeout(300);
  }
  const { served } = reader.localReads;
  await expect.poll(() => reader.localReads.served, { timeout: 20_000 }).toBeGreaterThan(served + 200);
  ledger.stopped = true;
  await work;
  expect(ledger.wrong).toEqual([]);
  expect([...ledger.outcomes.keys()].filter((outcome) => !['value', 'nothing', 'lost', 'unavailable'].includes(outcome))).toEqual(
    [],
  );
  expect(ledger.outcomes.get('lost')).toBeGreaterThan(0);
});
