import { join } from 'node:path';
import { connect, type Job, registerJob, type Store } from '@satchel/client';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { makeTestFolder, removeTestFolder, runSatchel, UpProcess } from './testing/up-process.js';

// A job on real processes whose slots move while it is read and written.

interface ShownJob {
  readonly slotMap: { readonly epoch: number; readonly ranges: readonly { readonly shard: number }[] };
  readonly previous: readonly { readonly shard: number; readonly lost: boolean }[];
  readonly reasons: readonly { readonly field: string; readonly value: string; readonly because: string }[];
}

const dir = makeTestFolder();
let up: UpProcess;
let controller = '';
let jobs: Job[] = [];
beforeAll(async () => {
  up = new UpProcess(join(dir, 'run'), ['--no-faas', '--nodes', '3', '--shards', '1', '--dram', '64MiB', '--ssd', '64MiB']);
  controller = (await up.ready).controller;
});
afterEach(async () => {
  for (const job of jobs) await job.end().catch(() => undefined);
  jobs = [];
});
afterAll(async () => {
  await up.stop();
  removeTestFolder(dir);
});

async function register(name: string): Promise<Job> {
  const job = await registerJob({ name, controller, throughput: '400MiB', leaseSeconds: 60 });
  jobs.push(job);
  return job;
}

async function satchel(...command: string[]): Promise<ShownJob> {
  const { code, stdout, stderr } = await runSatchel([...command, '--json'], { SATCHEL_CONTROLLER: controller });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout.toString());
}
const shardsOf = (job: ShownJob) => new Set(job.slotMap.ranges.map(({ shard }) => shard)).size;
const scale = (job: Job, throughput: string) => satchel('job', 'scale', job.id, '--throughput', throughput);

/** Draws numbers below a bound, the same ones every time. */
function drawing(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % below;
  };
}

/** Commands on keys of its own, drawn at random, each answer checked against what was done before. */
class Worker {
  readonly #store: Store;
  readonly #name: string;
  readonly #draw: (below: number) => number;
  readonly #model = new Map<string, string>();
  #stopped = false;
  #commands = 0;
  readonly done: Promise<void>;

  constructor(url: string, seed: number) {
    this.#store = connect(url);
    this.#name = `w${seed}`;
    this.#draw = drawing(seed);
    this.done = this.#run();
    this.done.catch(() => undefined);
  }

  get commands(): number {
    return this.#commands;
  }

  /** Looks at every key that it ever used once more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.done;
    for (let key = 0; key < 200; key++) await this.#check(`${this.#name}/${key}`);
    await this.#store.close();
  }

  async #run(): Promise<void> {
    for (; !this.#stopped; this.#commands++) {
      const key = `${this.#name}/${this.#draw(200)}`;
      const dice = this.#draw(10);
      if (dice < 4) await this.#check(key);
      else if (dice < 7) await this.#put(key);
      else if (dice === 7) expect(await this.#store.delete(key)).toBe(this.#model.delete(key) ? 1 : 0);
      else if (dice === 8) expect(await this.#store.has(key)).toBe(this.#model.has(key));
      else await this.#putOnce(key);
    }
  }

  async #put(key: string): Promise<void> {
    const value = `${key}=${this.#commands}`.repeat(1 + this.#draw(40));
    await this.#store.put(key, value);
    this.#model.set(key, value);
  }

  async #putOnce(key: string): Promise<void> {
    const value = `${key} once ${this.#commands}`;
    const stored = await this.#store.put(key, value, { ifAbsent: true });
    expect(stored).toBe(!this.#model.has(key));
    if (stored) this.#model.set(key, value);
  }

  async #check(key: string): Promise<void> {
    expect((await this.#store.get(key))?.toString()).toBe(this.#model.get(key));
  }
}

test('a job with data goes from one shard to three and back while clients read and write, and all values are right', async () => {
  const job = await register('scaled');
  expect(shardsOf(await satchel('job', 'show', job.id))).toBe(1);
  const cold = new Map<string, string>();
  for (let index = 0; index < 500; index++) cold.set(`cold/${index}`, `value ${index}`.repeat(20));
  await Promise.all([...cold].map(([key, value]) => job.store.put(key, value)));
  const workers = [1, 2, 3, 4].map((seed) => new Worker(job.url, seed));
  const progress = async (commands: number) => {
    const before = workers.map((worker) => worker.commands);
    const enough = () => workers.every((worker, index) => worker.commands >= (before[index] ?? 0) + commands);
    const failed = Promise.race(workers.map((worker) => worker.done));
    await Promise.race([vi.waitFor(() => expect(enough()).toBe(true), { timeout: 30_000, interval: 20 }), failed]);
  };
  await progress(200);
  for (const [throughput, shards] of [
    ['1200MiB/s', 3],
    ['400MiB/s', 1],
    ['800MiB/s', 2],
    ['1200MiB/s', 3],
  ] as const) {
    const scaled = await scale(job, throughput);
    expect(shardsOf(scaled)).toBe(shards);
    expect(scaled.reasons.find(({ field }) => field === 'slots moved')?.because).toContain('scaled by hint throughput');
    await progress(200);
  }
  expect(await job.store.count('cold/')).toBe(cold.size);
  await Promise.all(workers.map((worker) => worker.stop()));
  for (const [key, value] of cold) expect((await job.store.get(key))?.toString()).toBe(value);
  expect((await satchel('job', 'show', job.id)).slotMap.epoch).toBe(5);
}, 60_000);

test('waits for keys of slots that move end with what is put there, whoever owns the slot by then', async () => {
  const job = await register('awaited');
  const waiting = Array.from({ length: 50 }, (_, index) => job.store.waitFor(`later/${index}`, { timeoutMs: 30_000 }));
  await job.store.put('now', 'x');
  await scale(job, '1200MiB/s');
  const other = connect(job.url);
  for (let index = 0; index < 50; index++) await other.put(`later/${index}`, `came ${index}`);
  await other.close();
  const values = await Promise.all(waiting);
  expect(values.map((value) => value?.toString())).toEqual(Array.from({ length: 50 }, (_, index) => `came ${index}`));
}, 60_000);

test('shards that are empty of what they had are previous owners no more', async () => {
  const job = await register('emptied');
  const keys = Array.from({ length: 300 }, (_, index) => `key/${index}`);
  await Promise.all(keys.map((key) => job.store.put(key, 'before')));
  const scaled = await scale(job, '1200MiB/s');
  expect(scaled.previous.length).toBeGreaterThan(0);
  await Promise.all(keys.map((key) => job.store.put(key, 'after')));
  await vi.waitFor(async () => expect((await satchel('job', 'show', job.id)).previous).toEqual([]), {
    timeout: 20_000,
    interval: 200,
  });
  for (const key of keys) expect((await job.store.get(key))?.toString()).toBe('after');
}, 60_000);
