import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Key } from '../key.js';
import { sharedPool, sharingProblem } from '../testing/arenas.js';
import { collidingKeys, readWhole, sampleMetadata, sampleValue } from '../testing/samples.js';
import { ArenaPool, type ArenaPoolOptions } from './arena-pool.js';
import type { ArenaStore } from './arena-store.js';
import { randomNumbers } from './churn.js';

const KiB = 1024;

/** A stretch of a history: how many operations, how many of them puts, on how many keys, with values up to which size. */
const phase = fc.record({
  operations: fc.integer({ min: 1, max: 1500 }),
  putShare: fc.constantFrom(0.05, 0.3, 0.5, 0.8, 1),
  keys: fc.constantFrom(3, 50, 600),
  colliding: fc.boolean(),
  largestBytes: fc.constantFrom(0, 60, 400, 1500, 3000, 20_000, 150_000),
});
type Phase = typeof phase extends fc.Arbitrary<infer T> ? T : never;

const plainKeys = Array.from({ length: 600 }, (_, index) => Key.of(`key-${index}`));
// More keys of one hash than one small table has slots.
const sameHashKeys = collidingKeys(8);

/** The store and, for each key that is in it, the length and seed of its value. */
class Model {
  readonly values = new Map<Key, { size: number; seed: number }>();
  private seed = 0;
  private readonly store: ArenaStore;
  private readonly random: () => number;

  constructor(store: ArenaStore, seed: number) {
    this.store = store;
    this.random = randomNumbers(seed);
  }

  run(phase: Phase): void {
    for (let operation = 0; operation < phase.operations; operation++) {
      const among = phase.colliding && this.random() < 0.7 ? sameHashKeys : plainKeys;
      const key = among[Math.floor(this.random() * Math.min(phase.keys, among.length))] as Key;
      if (this.random() < phase.putShare) this.put(key, Math.floor(this.random() ** 2 * phase.largestBytes));
      else expect(this.store.delete(key)).toBe(this.values.delete(key));
    }
    expect(this.store.audit()).toEqual([]);
  }

  private put(key: Key, size: number): void {
    const seed = this.seed++;
    if (this.store.put(key, sampleValue(size, seed), 0, size, sampleMetadata({ attempt: seed })))
      this.values.set(key, { size, seed });
  }

  async check(): Promise<void> {
    expect(this.store.usage.objects).toBe(this.values.size);
    for (const [key, { size, seed }] of this.values) {
      const object = this.store.find(key);
      expect(object?.attempt).toBe(seed);
      expect(object && (await readWhole(object)).equals(sampleValue(size, seed))).toBe(true);
    }
  }
}

const ofOwn = (options: ArenaPoolOptions) => new ArenaPool(options);
const cases: [string, number, (options: ArenaPoolOptions) => ArenaPool][] = [
  ['plenty of memory', 64 * KiB * KiB, ofOwn],
  ['little memory', 700 * KiB, ofOwn],
];
if (!sharingProblem)
  cases.push(['plenty of shared memory', 64 * KiB * KiB, sharedPool], ['little shared memory', 700 * KiB, sharedPool]);

test.each(cases)(
  'with %s, splits, compaction and moved spans keep every object as it was stored',
  { timeout: 120_000 },
  async (_, budgetBytes, poolOf) => {
    const numRuns = Number(process.env['SATCHEL_ARENA_RUNS'] ?? 15);
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.array(phase, { minLength: 3, maxLength: 12, size: 'max' }), async (seed, phases) => {
        const pool = poolOf({ budgetBytes, unitBytes: KiB, segmentBytes: 8 * KiB });
        const store = pool.open('job-1');
        const model = new Model(store, seed);
        for (const each of phases) {
          model.run(each);
          await model.check();
        }
        await store.destroy();
        expect(pool.usage).toEqual({ budgetBytes, reservedBytes: 0, segments: 0, stores: 0 });
      }),
      { numRuns, endOnFailure: true },
    );
  },
);
