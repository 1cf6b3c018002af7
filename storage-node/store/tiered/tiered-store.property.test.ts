import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tier } from '@satchel/proto/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Key } from '../key.js';
import { JobEnvironment } from '../lmdb/job-environment.js';
import { SsdBudget } from '../lmdb/ssd-budget.js';
import { SsdStore } from '../lmdb/ssd-store.js';
import type { Trash } from '../lmdb/trash.js';
import { FileClient } from '../object/file-client.js';
import { ObjectStore } from '../object/object-store.js';
import { openTrash } from '../object/reclaim.js';
import { MapStore } from '../testing/map-store.js';
import { metadataOf, readWhole, sampleMetadata, sampleValue } from '../testing/samples.js';
import { type ObjectMetadata, objectCharge, scanEnd } from '../tier-store.js';
import { TieredStore } from './tiered-store.js';

const KiB = 1024;
const budgets = { dram: 4 * KiB, ssd: 400 * KiB, object: 1200 * KiB };

interface ModelObject {
  readonly value: Buffer;
  metadata: ObjectMetadata;
  readonly tier: Tier;
}

type Command =
  | { readonly do: 'put'; readonly key: number; readonly size: number; readonly seed: number; readonly tier: Tier | undefined }
  | { readonly do: 'delete'; readonly key: number }
  | { readonly do: 'update'; readonly key: number; readonly readsLeft: number }
  | { readonly do: 'demote'; readonly key: number }
  | { readonly do: 'scan'; readonly count: number }
  | { readonly do: 'clear' }
  | { readonly do: 'crash' };

const keys = Array.from({ length: 16 }, (_, index) => Key.of(`key-${index}`));
const key = fc.nat({ max: keys.length - 1 });
const size = fc.oneof(
  { weight: 6, arbitrary: fc.nat({ max: 1000 }) },
  { weight: 2, arbitrary: fc.nat({ max: 20 * KiB }) },
  { weight: 1, arbitrary: fc.integer({ min: 200 * KiB, max: 350 * KiB }) },
);
const tier = fc.constantFrom<(Tier | undefined)[]>(undefined, undefined, 'dram', 'ssd', 'object');
const seed = fc.nat({ max: 2 ** 31 - 1 });
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 20, arbitrary: fc.record({ do: fc.constant('put' as const), key, size, seed, tier }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('delete' as const), key }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('update' as const), key, readsLeft: fc.nat({ max: 9 }) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('demote' as const), key }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('scan' as const), count: fc.integer({ min: 1, max: 20 }) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'clear' as const }) },
  { weight: 2, arbitrary: fc.constant({ do: 'crash' as const }) },
);
/** A command, and whether the process dies before what it did is committed and acknowledged. */
const step = fc.record({ command, diesBefore: fc.nat({ max: 11 }).map((chance) => chance === 0) });

/** A job of three tiers in a folder, beside the map it must equal. */
class Job {
  readonly objects = new Map<string, ModelObject>();
  readonly tiersUsed: Set<Tier>;
  demoted = 0;
  readonly #folder: string;
  readonly #client: FileClient;
  readonly #trash: Trash;
  #environment!: JobEnvironment;
  #object!: ObjectStore;
  #store!: TieredStore;

  constructor(folder: string, tiersUsed: Set<Tier>) {
    this.#folder = folder;
    this.tiersUsed = tiersUsed;
    this.#client = new FileClient(join(folder, 'objects'));
    this.#trash = openTrash({ folder: join(folder, 'trash'), client: this.#client });
    this.#open();
  }

  #open(): void {
    const client = this.#client;
    this.#environment = new JobEnvironment({ folder: join(this.#folder, 'job'), trash: this.#trash });
    const environment = this.#environment;
    const ssd = new SsdStore({ environment, budget: new SsdBudget({ budgetBytes: budgets.ssd }), inlineBytes: 512 });
    this.#object = new ObjectStore({
      environment,
      client,
      namespace: 'ns',
      job: 'job',
      budgetBytes: budgets.object,
      packBytes: 8 * KiB,
    });
    this.#store = new TieredStore({ tiers: [new MapStore('dram', budgets.dram), ssd, this.#object] });
  }

  async run({ command, diesBefore }: { command: Command; diesBefore: boolean }): Promise<void> {
    // Clear takes files away at once; that it is not acknowledged brings nothing back.
    const before = new Map([...this.objects].map(([key, object]) => [key, { ...object }]));
    await this.#execute(command);
    if (diesBefore && command.do !== 'clear') {
      this.objects.clear();
      for (const [key, object] of before) this.objects.set(key, object);
      this.#crash();
    } else {
      this.#store.flush();
    }
    await this.#check();
  }

  async end(): Promise<void> {
    await this.#store.destroy();
    await this.#object.idle();
    await this.#trash.idle();
    expect(await this.#client.list('', '', 10)).toEqual([]);
  }

  async #execute(command: Command): Promise<void> {
    switch (command.do) {
      case 'put':
        return this.#put(command);
      case 'delete':
        return this.#delete(keys[command.key] as Key);
      case 'update':
        return this.#update(keys[command.key] as Key, command.readsLeft);
      case 'demote':
        return this.#demote(this.#keyToDemote(command.key));
      case 'scan':
        return this.#scan(command.count);
      case 'clear':
        this.objects.clear();
        return this.#store.clear();
      case 'crash':
        this.#store.flush();
        return this.#crash();
    }
  }

  async #put(command: Command & { do: 'put' }): Promise<void> {
    const key = keys[command.key] as Key;
    const value = sampleValue(command.size, command.seed);
    const metadata = sampleMetadata({ attempt: command.seed });
    const taken = this.#store.put(key, value, 0, value.length, metadata, command.tier);
    if (taken === 'dram') expect(taken).not.toBeInstanceOf(Promise);
    const taker = await taken;
    if (taker === undefined) return;
    this.tiersUsed.add(taker);
    this.objects.set(key.toString(), { value, metadata, tier: taker });
  }

  #delete(key: Key): void {
    expect(this.#store.delete(key)).toBe(this.objects.delete(key.toString()));
  }

  #update(key: Key, readsLeft: number): void {
    const object = this.objects.get(key.toString());
    expect(this.#store.updateMetadata(key, { readsLeft })).toBe(object !== undefined);
    if (object) object.metadata = { ...object.metadata, readsLeft };
  }

  /** One that is in dram if there is any. */
  #keyToDemote(number: number): Key {
    const inDram = keys.filter((key) => this.objects.get(key.toString())?.tier === 'dram');
    return inDram[number % inDram.length] ?? (keys[number] as Key);
  }

  async #demote(key: Key): Promise<void> {
    const object = this.objects.get(key.toString());
    const taker = await this.#store.demotionsFrom('dram')?.demote(key);
    if (object?.tier !== 'dram') expect(taker).toBeUndefined();
    if (taker === undefined || object === undefined) return;
    this.demoted++;
    this.objects.set(key.toString(), { ...object, tier: taker });
  }

  #scan(count: number): void {
    const visited: string[] = [];
    let lastHash = -1;
    for (let position = 0; position < scanEnd; ) {
      position = this.#store.scan(position, count, (key, object) => {
        expect(key.hash).toBeGreaterThanOrEqual(lastHash);
        lastHash = key.hash;
        expect(metadataOf(object)).toEqual(this.objects.get(key.toString())?.metadata);
        visited.push(key.toString());
      });
    }
    expect(visited.sort()).toEqual([...this.objects.keys()].sort());
  }

  /** The process dies: memory is gone, the folder and the object store stay. */
  #crash(): void {
    this.#environment.abandon();
    for (const [key, object] of this.objects) if (object.tier === 'dram') this.objects.delete(key);
    this.#open();
  }

  async #check(): Promise<void> {
    for (const key of keys) {
      const expected = this.objects.get(key.toString());
      const found = this.#store.find(key);
      expect(found && { tier: found.tier, ...metadataOf(found) }).toEqual(
        expected && { tier: expected.tier, ...expected.metadata },
      );
      if (found && expected) expect((await readWhole(found)).equals(expected.value)).toBe(true);
    }
    for (const tier of ['dram', 'ssd', 'object'] as const) {
      const inTier = [...this.objects].filter(([, object]) => object.tier === tier);
      const usedBytes = inTier.reduce((sum, [key, { value }]) => sum + objectCharge(key.length, value.length), 0);
      expect(this.#store.usageOf(tier)).toMatchObject({ objects: inTier.length, usedBytes });
      expect(usedBytes).toBeLessThanOrEqual(budgets[tier]);
    }
    expect(this.#store.usage.objects).toBe(this.objects.size);
  }
}

test('three small tiers hold what a map would, and after a crash all but what was in dram, never an older value', async () => {
  const tiersUsed = new Set<Tier>();
  let demoted = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60, size: 'max' }), async (steps) => {
      const folder = mkdtempSync(join(tmpdir(), 'satchel-tiered-'));
      const job = new Job(folder, tiersUsed);
      try {
        for (const each of steps) await job.run(each);
      } finally {
        demoted += job.demoted;
        await job.end();
        rmSync(folder, { recursive: true });
      }
    }),
    { numRuns: 40, endOnFailure: true },
  );
  expect([...tiersUsed].sort()).toEqual(['dram', 'object', 'ssd']);
  expect(demoted).toBeGreaterThan(20);
}, 120_000);
