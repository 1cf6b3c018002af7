import { slotOf } from '@satchel/proto/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ArenaReader } from './arena-reader.js';
import { rootState, rootWord, segmentEntryWords } from './layout.js';
import { LookupKey } from './lookup-key.js';
import { ArenaImage } from './testing/arena-image.js';

const key = new LookupKey();
const now = 1_800_000_000_000;

function opened(image: ArenaImage): ArenaReader {
  const reader = ArenaReader.open(image.files);
  if (reader === undefined) throw new Error('the arena cannot be opened');
  return reader;
}

/** Bytes of which each tells its place. */
const patterned = (length: number, seed: number): Buffer =>
  Buffer.from(Uint8Array.from({ length }, (_, at) => (at * 31 + (at >>> 8) + seed) & 0xff));

/** Just below, at and above every border of blocks and lists. */
const sizes = [
  0,
  1,
  63,
  64,
  65,
  1000,
  1023,
  1024,
  1025,
  3072,
  7 * 1024 + 1,
  8191,
  8192,
  8193,
  15 * 1024,
  50_000,
  300_003,
  2_200_000,
];

test('values of every size are read whole, in parts, and by what is known of them', () => {
  const image = new ArenaImage();
  for (const size of sizes) image.put(`size/${size}`, patterned(size, size));
  const reader = opened(image);
  for (const size of sizes) {
    key.set(`size/${size}`);
    const value = patterned(size, size);
    expect(reader.get(key, now)?.equals(value)).toBe(true);
    expect(reader.has(key, now)).toBe(true);
    expect(reader.stat(key, now)?.size).toBe(size);
    for (const [from, to] of [
      [0, 10],
      [size >>> 1, size],
      [1000, 1100],
      [size - 1, size + 10],
      [size, size + 1],
      [8000, 20_000],
    ] as const) {
      expect(reader.getRange(key, Math.max(0, from), to, now)?.equals(value.subarray(Math.max(0, from), to))).toBe(true);
    }
  }
  expect([reader.retries, Object.values(reader.asked).every((count) => count === 0)]).toEqual([0, true]);
});

test('keys are any bytes, text is UTF-8, and one that is not there is left to the shard', () => {
  const image = new ArenaImage();
  const keys = ['a', 'grün/ß', '', 'x'.repeat(1024), '\ud800', Buffer.from([0, 255, 13, 10])];
  for (const each of keys) image.put(each, Buffer.from(each as string));
  const reader = opened(image);
  for (const each of keys) expect(reader.get(key.set(each), now)).toEqual(Buffer.from(each as string));
  expect(reader.get(key.set('b'), now)).toBeUndefined();
  expect(reader.has(key.set('grün'), now)).toBe(false);
  expect(reader.asked.miss).toBe(2);
});

test('thousands of keys are found through chains of tables', () => {
  const image = new ArenaImage();
  for (let index = 0; index < 3000; index++) image.put(`key-${index}`, Buffer.from(`value ${index}`));
  const reader = opened(image);
  for (let index = 0; index < 3000; index++) expect(String(reader.get(key.set(`key-${index}`), now))).toBe(`value ${index}`);
});

test('what only the shard may answer is left to it, with the reason', () => {
  const image = new ArenaImage();
  image.put('gone', Buffer.from('x'), { expiresAtMs: now });
  image.put('lives', Buffer.from('x'), { expiresAtMs: now + 1 });
  image.put('counted', Buffer.from('x'), { readsLeft: 2 });
  image.put('striped', Buffer.from('x'), { manifest: true });
  const reader = opened(image);
  for (const name of ['gone', 'counted', 'striped', 'absent']) expect(reader.get(key.set(name), now)).toBeUndefined();
  expect(String(reader.get(key.set('lives'), now))).toBe('x');
  const slot = slotOf('lives');
  const bits = rootWord.ownedSlots + (slot >>> 5);
  image.root[bits] = (image.root[bits] as number) & ~(1 << (slot & 31));
  expect(reader.get(key.set('lives'), now)).toBeUndefined();
  image.root[rootWord.state] = rootState.ended;
  expect(reader.get(key.set('lives'), now)).toBeUndefined();
  expect(reader.live).toBe(false);
  expect(reader.asked).toEqual({ miss: 1, expired: 1, reads: 1, manifest: 1, torn: 0, moved: 1, ended: 1, unmapped: 0 });
});

test('an entry, table or structure that is being written is looked at again, then left to the shard', () => {
  const image = new ArenaImage();
  const ref = image.put('k', Buffer.from('value'));
  const reader = opened(image);
  const entry = image.words(ref);
  for (const [words, at] of [
    [image.root, rootWord.generation],
    [entry, image.wordAt(ref)],
  ] as const) {
    words[at] = (words[at] as number) + 1;
    expect(reader.get(key.set('k'), now)).toBeUndefined();
    words[at] = (words[at] as number) + 1;
    expect(String(reader.get(key, now))).toBe('value');
  }
  expect(reader.asked.torn).toBe(2);
  expect(reader.retries).toBe(128);
});

test('a value that changes while it is copied is read anew', () => {
  const image = new ArenaImage();
  const value = Buffer.alloc(200_000, 1);
  const ref = image.put('k', value);
  const reader = opened(image);
  const entry = image.words(ref);
  let changes = 0;
  // Segments are mapped in the middle of the first copy.
  image.onOpen = () => {
    if (changes++ > 2) return;
    entry[image.wordAt(ref)] = (entry[image.wordAt(ref)] as number) + 2;
  };
  expect(reader.get(key.set('k'), now)?.equals(value)).toBe(true);
  expect(reader.retries).toBeGreaterThan(0);
});

test('when only the structure changed the copy is kept', () => {
  const image = new ArenaImage();
  image.put('k', Buffer.alloc(100_000, 7));
  const reader = opened(image);
  const { root } = image;
  let once = true;
  image.onOpen = (serial) => {
    if (serial !== 3 || !once) return;
    once = false;
    root[rootWord.generation] = (root[rootWord.generation] as number) + 2;
  };
  expect(reader.get(key.set('k'), now)?.length).toBe(100_000);
  expect(reader.retries).toBe(1);
});

test('a segment whose number passed to another file is mapped anew, and the old one let go of', () => {
  const image = new ArenaImage();
  const ref = image.put('k', Buffer.alloc(70_000, 1));
  const reader = opened(image);
  expect(reader.get(key.set('k'), now)?.length).toBe(70_000);
  expect(image.open.size).toBe(reader.mapped);
  const entry = rootWord.segments + segmentEntryWords * (ref >>> 12);
  image.root[entry] = 99;
  expect(reader.get(key, now)).toBeUndefined();
  reader.sweep();
  expect(image.open.has((ref >>> 12) + 1)).toBe(false);
  reader.close();
  reader.close();
  expect([image.open.size, reader.mapped]).toEqual([0, 0]);
  expect(reader.get(key, now)).toBeUndefined();
});

test('garbage anywhere is never followed beyond what is mapped, never throws and ends', () => {
  const place = fc.record({
    file: fc.nat(40),
    at: fc.nat(20_000),
    word: fc.oneof(fc.nat(70_000), fc.integer({ min: 0, max: 2 ** 32 - 1 })),
  });
  fc.assert(
    fc.property(fc.array(place, { minLength: 1, maxLength: 60 }), (places) => {
      const image = new ArenaImage();
      for (const size of [5, 900, 5000, 20_000, 400_000]) image.put(`k${size}`, patterned(size, 1));
      const reader = opened(image);
      const files = [image.directory, ...[...image.segments.values()].map((file) => new Uint32Array(file.buffer)), image.root];
      for (const { file, at, word } of places) {
        const words = files[file % files.length] as Uint32Array;
        words[at % words.length] = word;
      }
      for (const size of [5, 900, 5000, 20_000, 400_000]) {
        key.set(`k${size}`);
        reader.get(key, now);
        reader.getRange(key, 1000, 9000, now);
        reader.stat(key, now);
        reader.sweep();
      }
      reader.close();
    }),
    { numRuns: 100 },
  );
});

test('an arena of another layout, or one that is not to be read, is not opened', () => {
  for (const [at, word] of [
    [rootWord.magic, 1],
    [rootWord.layout, 999],
    [rootWord.state, 0],
    [rootWord.access, 0],
    [rootWord.unitShift, 60],
  ] as const) {
    const image = new ArenaImage();
    image.root[at] = word;
    expect(ArenaReader.open(image.files)).toBeUndefined();
  }
  expect(ArenaReader.open({ root: () => undefined, segment: () => undefined })).toBeUndefined();
});
