import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Key } from '../key.js';
import { type ObjectMetadata, objectCharge, scanEnd, type TierStore } from '../tier-store.js';
import type { OpenStore } from './open-store.js';
import { collidingKeys, metadataOf, readRange, readWhole, sampleMs, sampleValue } from './samples.js';

const KiB = 1024;

/** How long the model test runs. */
export interface TierStoreModelOptions {
  /** Random histories; default 25. */
  readonly histories?: number;
  /** Commands of one history at most; default 150. */
  readonly commands?: number;
  /** Budget of the store under test, small enough to fill up; default 1 MiB. */
  readonly budgetBytes?: number;
}

interface ModelObject {
  readonly key: Key;
  readonly value: Buffer;
  readonly metadata: ObjectMetadata;
}

type Command =
  | { readonly do: 'put'; readonly key: number; readonly size: number; readonly seed: number; readonly metadata: ObjectMetadata }
  | { readonly do: 'read'; readonly key: number; readonly from: number; readonly to: number }
  | { readonly do: 'update'; readonly key: number; readonly changes: Partial<ObjectMetadata> }
  | { readonly do: 'delete'; readonly key: number }
  | { readonly do: 'scan'; readonly count: number }
  | { readonly do: 'clear' }
  | { readonly do: 'flush' };

const keys = [
  ...['', '\0', 'a', 'b', 'key', 'key2', 'x'.repeat(1024), 'y'.repeat(300)].map((key) => Key.of(key)),
  Key.of(Buffer.from([0, 255, 128, 10, 13])),
  ...Array.from({ length: 20 }, (_, index) => Key.of(`model:${index}`)),
  ...collidingKeys(2),
];

const metadata = fc.record({
  createdMs: fc.integer({ min: 0, max: 2 * sampleMs }),
  expiresAtMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2 * sampleMs })),
  readsLeft: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2 ** 31 - 1 })),
  attempt: fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 2 ** 31 - 1 })),
  persist: fc.boolean(),
  manifest: fc.boolean(),
});

const changes = fc.oneof(
  metadata.map(({ expiresAtMs }) => ({ expiresAtMs })),
  metadata.map(({ readsLeft, persist }) => ({ readsLeft, persist })),
  metadata,
);

const size = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 200 }) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 9 * KiB }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 150 * KiB }) },
  { weight: 1, arbitrary: fc.integer({ min: 100 * KiB, max: 600 * KiB }) },
);

const key = fc.nat({ max: keys.length - 1 });
const seed = fc.nat({ max: 2 ** 31 - 1 });
const fraction = fc.double({ min: 0, max: 1, noNaN: true });

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 50, arbitrary: fc.record({ do: fc.constant('put' as const), key, size, seed, metadata }) },
  { weight: 15, arbitrary: fc.record({ do: fc.constant('read' as const), key, from: fraction, to: fraction }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('update' as const), key, changes }) },
  { weight: 20, arbitrary: fc.record({ do: fc.constant('delete' as const), key }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('scan' as const), count: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'clear' as const }) },
  { weight: 2, arbitrary: fc.constant({ do: 'flush' as const }) },
);

/** Registers the model test: random commands do to the store what they do to a Map, and the accounts hold after each. */
export function describeTierStoreModel(open: OpenStore, options: TierStoreModelOptions): void {
  const budgetBytes = options.budgetBytes ?? KiB * KiB;
  const history = fc.array(command, { minLength: 1, maxLength: options.commands ?? 150, size: 'max' });

  test('any history of commands leaves what a map would hold, within its budget after every step', {
    timeout: 120_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(history, async (commands) => {
        const { store, close } = await open({ budgetBytes });
        try {
          const model = new TierStoreModel(store, budgetBytes);
          for (const each of commands) await model.run(each);
          await model.checkContent();
        } finally {
          await store.destroy();
          await close?.();
        }
      }),
      { numRuns: options.histories ?? 25, endOnFailure: false },
    );
  });
}

/** A store beside the map it must equal. */
class TierStoreModel {
  private readonly objects = new Map<string, ModelObject>();
  private readonly store: TierStore;
  private readonly budgetBytes: number;

  constructor(store: TierStore, budgetBytes: number) {
    this.store = store;
    this.budgetBytes = budgetBytes;
  }

  async run(command: Command): Promise<void> {
    await this.execute(command);
    this.checkUsage();
  }

  /** Every object of the map is in the store with its bytes and metadata, and nothing else is. */
  async checkContent(): Promise<void> {
    for (const object of this.objects.values()) await this.checkObject(object);
    this.scan(10);
  }

  private async execute(command: Command): Promise<void> {
    switch (command.do) {
      case 'put':
        return this.put(command);
      case 'read':
        return this.read(keys[command.key] as Key, command.from, command.to);
      case 'update':
        return this.update(keys[command.key] as Key, command.changes);
      case 'delete':
        return this.delete(keys[command.key] as Key);
      case 'scan':
        return this.scan(command.count);
      case 'clear':
        this.objects.clear();
        return this.store.clear();
      case 'flush':
        return this.store.flush();
    }
  }

  private async put(command: Command & { do: 'put' }): Promise<void> {
    const key = keys[command.key] as Key;
    const value = sampleValue(command.size, command.seed);
    if (await this.store.put(key, value, 0, value.length, command.metadata)) {
      this.objects.set(key.toString(), { key, value, metadata: command.metadata });
      return;
    }
    // A refusal is right only in a store that is rather full.
    expect(this.usedBytes() + objectCharge(key.length, value.length)).toBeGreaterThan(this.budgetBytes / 4);
    const before = this.objects.get(key.toString());
    if (before) await this.checkObject(before);
    else expect(this.store.find(key)).toBeUndefined();
  }

  private async read(key: Key, from: number, to: number): Promise<void> {
    const expected = this.objects.get(key.toString());
    const object = this.store.find(key);
    expect(object !== undefined).toBe(expected !== undefined);
    if (!object || !expected) return;
    const length = expected.value.length;
    const start = Math.floor(Math.min(from, to) * length);
    const end = Math.ceil(Math.max(from, to) * length);
    expect((await readRange(object, start, end)).equals(expected.value.subarray(start, end))).toBe(true);
  }

  private update(key: Key, changes: Partial<ObjectMetadata>): void {
    const object = this.objects.get(key.toString());
    expect(this.store.updateMetadata(key, changes)).toBe(object !== undefined);
    if (object) this.objects.set(key.toString(), { ...object, metadata: { ...object.metadata, ...changes } });
  }

  private delete(key: Key): void {
    expect(this.store.delete(key)).toBe(this.objects.delete(key.toString()));
    expect(this.store.find(key)).toBeUndefined();
  }

  private scan(count: number): void {
    const visited: string[] = [];
    const hashes: number[] = [];
    for (let position = 0; position < scanEnd; ) {
      position = this.store.scan(position, count, (key, object) => {
        visited.push(key.toString());
        hashes.push(key.hash);
        expect(metadataOf(object)).toEqual(this.objects.get(key.toString())?.metadata);
      });
    }
    expect(visited.sort()).toEqual([...this.objects.keys()].sort());
    expect(hashes).toEqual(hashes.toSorted((left, right) => left - right));
  }

  private async checkObject(expected: ModelObject): Promise<void> {
    const object = this.store.find(expected.key);
    expect(object && metadataOf(object)).toEqual(expected.metadata);
    expect(object && (await readWhole(object)).equals(expected.value)).toBe(true);
  }

  private checkUsage(): void {
    const { usage } = this.store;
    expect(usage.objects).toBe(this.objects.size);
    expect(usage.usedBytes).toBe(this.usedBytes());
    expect(usage.usedBytes).toBeLessThanOrEqual(this.budgetBytes);
  }

  private usedBytes(): number {
    let sum = 0;
    for (const { key, value } of this.objects.values()) sum += objectCharge(key.length, value.length);
    return sum;
  }
}
