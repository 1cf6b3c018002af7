import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Key } from '../key.js';
import { sharedPool, sharingProblem } from '../testing/arenas.js';
import { readWhole, sampleValue } from '../testing/samples.js';
import { type PinnedValue, plainMetadata, type ValueWriter } from '../tier-store.js';
import { ArenaPool, type ArenaPoolOptions } from './arena-pool.js';
import type { ArenaStore } from './arena-store.js';

const KiB = 1024;
const metadata = plainMetadata(1_760_000_000_000);
const keys = Array.from({ length: 12 }, (_, index) => Key.of(`key-${index}`));
const largest = 200_000;

interface OpenWriter {
  readonly key: Key;
  readonly value: Buffer;
  readonly writer: ValueWriter;
  cleared: boolean;
}

/** A store, what it should hold, and what is held of it. */
class Model {
  readonly values = new Map<Key, Buffer>();
  readonly writers: OpenWriter[] = [];
  readonly pins: { readonly pinned: PinnedValue; readonly expected: Buffer }[] = [];
  private seed = 0;
  readonly store: ArenaStore;

  constructor(store: ArenaStore) {
    this.store = store;
  }

  put(key: Key, size: number): void {
    const value = sampleValue(size, ++this.seed);
    if (this.store.put(key, value, 0, size, metadata)) this.values.set(key, value);
  }

  begin(key: Key, size: number): void {
    const writer = this.store.begin(key, size, metadata);
    if (writer) this.writers.push({ key, value: sampleValue(size, ++this.seed), writer, cleared: false });
  }

  writePiece(which: number, bytes: number): void {
    const open = this.writers[which % this.writers.length];
    if (!open) return;
    const end = Math.min(open.value.length, open.writer.written + bytes);
    open.writer.write(open.value, open.writer.written, end);
    const read = Buffer.alloc(end);
    open.writer.read(read);
    if (!open.cleared) expect(read.equals(open.value.subarray(0, end))).toBe(true);
  }

  finish(which: number, abort: boolean): void {
    const [open] = this.writers.splice(which % Math.max(1, this.writers.length), 1);
    if (!open) return;
    if (abort) {
      open.writer.abort();
      return;
    }
    open.writer.write(open.value, open.writer.written, open.value.length);
    const shown = open.writer.commit();
    if (open.cleared) expect(shown).toBe(false);
    if (shown) this.values.set(open.key, open.value);
  }

  pin(key: Key, from: number, to: number): void {
    const value = this.values.get(key);
    if (!value || value.length === 0) return;
    const start = from % value.length;
    const end = Math.max(start, Math.min(value.length, start + to));
    const pinned = this.store.find(key)?.pin?.(start, end);
    if (pinned) this.pins.push({ pinned, expected: value.subarray(start, end) });
  }

  unpin(which: number): void {
    const [held] = this.pins.splice(which % Math.max(1, this.pins.length), 1);
    if (!held) return;
    expect(Buffer.concat(held.pinned.pieces).equals(held.expected)).toBe(true);
    held.pinned.unpin();
  }

  delete(key: Key): void {
    expect(this.store.delete(key)).toBe(this.values.delete(key));
  }

  clear(): void {
    this.store.clear();
    this.values.clear();
    for (const open of this.writers) open.cleared = true;
  }

  async check(): Promise<void> {
    expect(this.store.audit()).toEqual([]);
    expect(this.store.usage.objects).toBe(this.values.size);
    for (const [key, value] of this.values) {
      const object = this.store.find(key);
      expect(object && (await readWhole(object)).equals(value)).toBe(true);
    }
  }

  end(): void {
    while (this.pins.length > 0) this.unpin(0);
    while (this.writers.length > 0) this.finish(0, true);
  }
}

const key = fc.constantFrom(...keys);
const size = fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 0, max: largest }));
const which = fc.nat(1000);
const step = fc.oneof(
  {
    weight: 40,
    arbitrary: fc.tuple(key, size).map(
      ([key, size]) =>
        (model: Model) =>
          model.put(key, size),
    ),
  },
  {
    weight: 30,
    arbitrary: fc.tuple(key, size).map(
      ([key, size]) =>
        (model: Model) =>
          model.begin(key, size),
    ),
  },
  {
    weight: 40,
    arbitrary: fc.tuple(which, size).map(
      ([at, bytes]) =>
        (model: Model) =>
          model.writePiece(at, bytes),
    ),
  },
  {
    weight: 20,
    arbitrary: fc.tuple(which, fc.boolean()).map(
      ([at, abort]) =>
        (model: Model) =>
          model.finish(at, abort),
    ),
  },
  {
    weight: 40,
    arbitrary: fc.tuple(key, size, size).map(
      ([key, from, to]) =>
        (model: Model) =>
          model.pin(key, from, to),
    ),
  },
  { weight: 20, arbitrary: which.map((at) => (model: Model) => model.unpin(at)) },
  { weight: 30, arbitrary: key.map((key) => (model: Model) => model.delete(key)) },
  { weight: 1, arbitrary: fc.constant((model: Model) => model.clear()) },
);

const ofOwn = (options: ArenaPoolOptions) => new ArenaPool(options);
const cases: [string, number, (options: ArenaPoolOptions) => ArenaPool][] = [
  ['plenty of memory', 64 * KiB * KiB, ofOwn],
  ['little memory', 1200 * KiB, ofOwn],
];
if (!sharingProblem) cases.push(['shared memory', 2400 * KiB, sharedPool]);

test.each(cases)(
  'with %s, values that come in pieces and values that are held are whole, and all memory comes back',
  { timeout: 120_000 },
  async (_, budgetBytes, poolOf) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 300, size: 'max' }), async (steps) => {
        const pool = poolOf({ budgetBytes, unitBytes: KiB, segmentBytes: 16 * KiB });
        const model = new Model(pool.open('job-1'));
        for (const [index, each] of steps.entries()) {
          each(model);
          if (index % 10 === 0) await model.check();
        }
        await model.store.destroy();
        model.end();
        expect(pool.usage).toEqual({ budgetBytes, reservedBytes: 0, segments: 0, stores: 0 });
      }),
      { numRuns: Number(process.env['SATCHEL_ARENA_RUNS'] ?? 25) },
    );
  },
);

test('a value held while its job ends keeps its memory, and only that', async () => {
  const pool = new ArenaPool({ budgetBytes: 8 * KiB * KiB });
  const store = pool.open();
  store.put(Key.of('key'), sampleValue(largest, 1), 0, largest, metadata);
  const pinned = store.find(Key.of('key'))?.pin?.(0, largest);
  await store.destroy();
  expect(pool.usage.reservedBytes).toBeGreaterThan(largest);
  expect(pinned && Buffer.concat(pinned.pieces).equals(sampleValue(largest, 1))).toBe(true);
  pinned?.unpin();
  expect(pool.usage).toMatchObject({ reservedBytes: 0, stores: 0 });
});

test('short values are not held in place', () => {
  const store = new ArenaPool({ budgetBytes: 8 * KiB * KiB }).open();
  store.put(Key.of('key'), sampleValue(5000, 1), 0, 5000, metadata);
  expect(store.find(Key.of('key'))?.pin?.(0, 5000)).toBeUndefined();
});
