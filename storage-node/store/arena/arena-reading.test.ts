import { dirname, join } from 'node:path';
import { ArenaReader, LookupKey, loadMapping, mappedArenaFiles } from '@satchel/proto/shared-memory';
import { expect, test } from 'vitest';
import { Key } from '../key.js';
import { arenaFolder, sharedSource, sharingProblem } from '../testing/arenas.js';
import { plainMetadata } from '../tier-store.js';
import { ArenaPool } from './arena-pool.js';
import type { ArenaStore } from './arena-store.js';
import { randomNumbers } from './churn.js';

const MiB = 2 ** 20;
const keys = 6000;
const random = randomNumbers(11);
const value = Buffer.from(Uint8Array.from({ length: MiB }, (_, at) => (at * 7 + (at >>> 8)) & 0xff));

function openShared(unitBytes: number, segmentBytes: number): { store: ArenaStore; reader: () => ArenaReader } {
  const folder = join(arenaFolder(), '7500.arena');
  const source = sharedSource({ folder, budgetBytes: 512 * MiB, segmentBytes });
  const store = new ArenaPool({ budgetBytes: 512 * MiB, unitBytes, segmentBytes, source }).open('reading');
  store.setOwnedSlots([{ start: 0, end: 16_384 }]);
  const reader = (): ArenaReader => {
    const published = store.share();
    const mapping = loadMapping();
    if (!('folder' in published) || mapping === undefined) throw new Error('the arena is not shared');
    const opened = ArenaReader.open(mappedArenaFiles(mapping, join(dirname(folder), published.folder)));
    if (opened === undefined) throw new Error('the arena cannot be opened');
    return opened;
  };
  return { store, reader };
}

function change(store: ArenaStore, putShare: number): void {
  const key = Key.of(`key-${Math.floor(random() * keys)}`);
  const start = Math.floor(random() * 1000);
  const length = Math.floor(random() < 0.9 ? random() * 1500 : random() * (random() < 0.9 ? 30_000 : 400_000));
  if (random() >= putShare) store.delete(key);
  else if (!store.put(key, value, start, start + length, plainMetadata(1))) throw new Error('the arena is full');
}

/** Every key is read as the store has it, at the first look. */
function expectSame(store: ArenaStore, reader: ArenaReader): void {
  const { retries } = reader;
  const lookup = new LookupKey();
  let found = 0;
  for (let index = 0; index < keys; index++) {
    const object = store.find(Key.of(`key-${index}`));
    const read = reader.get(lookup.set(`key-${index}`), Date.now());
    expect(read?.length).toBe(object?.valueLength);
    if (object === undefined || read === undefined) continue;
    found++;
    const stored = Buffer.alloc(object.valueLength);
    object.read(0, stored.length, stored, 0);
    expect(read.equals(stored)).toBe(true);
  }
  expect(found).toBe(store.usage.objects);
  expect(reader.retries).toBe(retries);
  expect(reader.asked).toMatchObject({ torn: 0, unmapped: 0, ended: 0 });
}

test.skipIf(sharingProblem !== '').each([
  ['the usual segments', 8192, MiB],
  ['segments so small that the root grows', 1024, 64 * 1024],
])('whatever was put, deleted and moved, a reader sees what the store has, with %s', (_, unitBytes, segmentBytes) => {
  const { store, reader } = openShared(unitBytes, segmentBytes);
  change(store, 1);
  const steady = reader();
  for (const putShare of [0.95, 0.5, 0.05, 0.9, 0.02]) {
    for (let count = 0; count < 5000; count++) change(store, putShare);
    expectSame(store, steady);
    steady.sweep();
    const fresh = reader();
    expectSame(store, fresh);
    expect(steady.mapped).toBe(fresh.mapped);
    fresh.close();
  }
  store.clear();
  expect(steady.live).toBe(false);
  steady.close();
});

test.skipIf(sharingProblem !== '')(
  'a reader sees what was put into the place of what it read before, and nothing of slots that went elsewhere',
  () => {
    const { store, reader } = openShared(8192, MiB);
    const key = Key.of('a');
    const lookup = new LookupKey().set('a');
    const put = (text: string): unknown => store.put(key, Buffer.from(text), 0, text.length, plainMetadata(1));
    put('one');
    const opened = reader();
    expect(String(opened.get(lookup, 0))).toBe('one');
    put('two, which is longer');
    expect(String(opened.get(lookup, 0))).toBe('two, which is longer');
    store.updateMetadata(key, { expiresAtMs: 1000 });
    expect([opened.has(lookup, 999), opened.has(lookup, 1000)]).toEqual([true, false]);
    expect(opened.stat(lookup, 999)).toMatchObject({ size: 20, expiresAtMs: 1000, createdMs: 1, attempt: -1, persist: false });
    store.setOwnedSlots([]);
    expect(opened.get(lookup, 0)).toBeUndefined();
    store.setOwnedSlots([{ start: lookup.slot, end: lookup.slot + 1 }]);
    expect(opened.has(lookup, 0)).toBe(true);
    expect(opened.asked).toMatchObject({ expired: 1, moved: 1, torn: 0 });
    opened.close();
  },
);
