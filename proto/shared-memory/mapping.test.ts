import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadMapping, type MappedFile, type Mapping, mappingProblem, NoRoomError } from './mapping.js';

const folder = mkdtempSync(join(tmpdir(), 'satchel-mapping-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a system that cannot map says why', () => {
  expect(mappingProblem() === '').toBe(loadMapping() !== undefined);
});

describe.skipIf(!loadMapping())('a mapped file', () => {
  const mapping = loadMapping() as Mapping;

  test('is reserved whole, has the mode asked for and shows what is stored in it', () => {
    const path = join(folder, 'created');
    const file = mapping.create(path, 8192, { mode: 0o640 });
    expect(statSync(path)).toMatchObject({ size: 8192, blocks: 16 });
    expect(statSync(path).mode & 0o777).toBe(0o640);
    new Uint32Array(file.memory)[3] = 0x01020304;
    expect(readFileSync(path).readUInt32LE(12)).toBe(0x01020304);
    mapping.unmap(file);
  });

  test('that was unmapped shows nothing any more, and touching it harms nobody', () => {
    const path = join(folder, 'unmapped');
    const file = mapping.create(path, 4096);
    const view = Buffer.from(file.memory).fill(1);
    mapping.unmap(file);
    expect(view[0]).toBe(0);
    view[0] = 2;
    expect(readFileSync(path)[0]).toBe(1);
  });

  test('is seen in its whole length by who opens it, and both see what is stored', () => {
    const path = join(folder, 'opened');
    const file = mapping.create(path, 4096);
    const reader = mapping.open(path);
    const peer = mapping.open(path, { writable: true });
    Atomics.store(new Uint32Array(file.memory), 5, 77);
    expect(Atomics.load(new Uint32Array(reader.memory), 5)).toBe(77);
    Atomics.store(new Uint32Array(peer.memory), 6, 78);
    expect(new Uint32Array(file.memory)[6]).toBe(78);
    for (const each of [file, reader, peer]) mapping.unmap(each);
  });

  test('of a size of large pages is reserved whole and mapped where these begin', async () => {
    const bytes = 4 << 20;
    const files = [
      mapping.create(join(folder, 'large'), bytes, { mode: 0o640 }),
      await mapping.createInBackground(join(folder, 'large-too'), bytes),
    ];
    for (const [index, name] of ['large', 'large-too'].entries()) {
      const { memory } = files[index] as MappedFile;
      new Uint32Array(memory)[bytes / 4 - 1] = 77;
      const { size, blocks } = statSync(join(folder, name));
      expect([size, blocks * 512, memory.byteLength]).toEqual([bytes, bytes, bytes]);
      expect(readFileSync(join(folder, name)).readUInt32LE(bytes - 4)).toBe(77);
    }
    for (const file of files) mapping.unmap(file);
  });

  test('grows, and its shorter mapping still shows its beginning', () => {
    const path = join(folder, 'grown');
    const file = mapping.create(path, 4096);
    const grown = mapping.grow(path, 16384);
    new Uint32Array(grown.memory)[1] = 9;
    expect(new Uint32Array(file.memory)[1]).toBe(9);
    expect(grown.memory.byteLength).toBe(16384);
    for (const each of [file, grown]) mapping.unmap(each);
  });

  test('is made and unmapped by a background thread as well', async () => {
    const path = join(folder, 'background');
    const file = await mapping.createInBackground(path, 1 << 20);
    expect(statSync(path).size).toBe(1 << 20);
    new Uint8Array(file.memory)[0] = 1;
    await mapping.unmapInBackground(file);
    expect(new Uint8Array(file.memory)[0]).toBe(0);
  });

  test('is not made where there is no room, nor over another file', async () => {
    const path = join(folder, 'huge');
    expect(() => mapping.create(path, 2 ** 52)).toThrow(NoRoomError);
    await expect(mapping.createInBackground(path, 2 ** 52)).rejects.toThrow(NoRoomError);
    expect(existsSync(path)).toBe(false);
    writeFileSync(path, 'there');
    expect(() => mapping.create(path, 4096)).toThrow('EEXIST');
    expect(readFileSync(path, 'utf8')).toBe('there');
  });
});
