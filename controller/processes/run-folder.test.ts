import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ownerFileName, readOwner, writeOwner } from './owner.js';
import { identify } from './process-identity.js';
import { RunFolder, socketsFit } from './run-folder.js';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'satchel-run-folder-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const deadOwner = { pid: process.pid, startTime: 'long ago', children: [], folders: ['node-1', 'sockets'], madeDir: true };

test('a fresh folder names its owner and goes with all it holds', async () => {
  const folder = await RunFolder.claim();
  expect(basename(dirname(folder.dir))).toMatch(/^satchel-\d+$/);
  expect(readOwner(folder.dir)).toMatchObject({ ...identify(process.pid), folders: [] });
  writeFileSync(join(folder.makeFolder('node-1'), 'data'), 'x');
  await folder.remove();
  expect(existsSync(folder.dir)).toBe(false);
});

test('the next claim sweeps up fresh folders of dead owners, and no others', async () => {
  const living = await RunFolder.claim();
  const dead = await RunFolder.claim();
  dead.makeFolder('node-1');
  writeOwner(dead.dir, deadOwner);
  const next = await RunFolder.claim();
  expect([existsSync(living.dir), existsSync(dead.dir)]).toEqual([true, false]);
  await Promise.all([living.remove(), next.remove()]);
});

test('a folder that was given is locked while its owner lives', async () => {
  const folder = await RunFolder.claim(dir);
  await expect(RunFolder.claim(dir)).rejects.toThrow(`${dir} is in use by another satchel up, process ${process.pid}`);
  await folder.remove();
  await (await RunFolder.claim(dir)).remove();
});

test('foreign files in a folder that was given stay, and so does the folder', async () => {
  writeFileSync(join(dir, 'mine.txt'), 'x');
  const folder = await RunFolder.claim(dir);
  folder.makeFolder('objects');
  await folder.remove();
  expect(readdirSync(dir)).toEqual(['mine.txt']);
});

test('a folder that was made for the run goes with it', async () => {
  const made = join(dir, 'deep', 'run');
  const folder = await RunFolder.claim(made);
  folder.makeFolder('objects');
  await folder.remove();
  expect(existsSync(made)).toBe(false);
});

test('what somebody else named like ours is refused, not taken', async () => {
  mkdirSync(join(dir, 'objects'));
  const folder = await RunFolder.claim(dir);
  expect(() => folder.makeFolder('objects')).toThrow('was not made by satchel up');
  await folder.remove();
  expect(readdirSync(dir)).toEqual(['objects']);
});

test('a folder left by a dead owner is emptied of what it made, of nothing else', async () => {
  for (const name of ['node-1', 'sockets', 'mine']) mkdirSync(join(dir, name));
  writeFileSync(join(dir, 'node-1', 'data'), 'x');
  writeOwner(dir, deadOwner);
  const folder = await RunFolder.claim(dir);
  expect(readdirSync(dir).sort()).toEqual(['mine', ownerFileName]);
  await folder.remove();
});

test('of many claims of a dead owner’s folder exactly one succeeds', async () => {
  writeOwner(dir, deadOwner);
  const claims = await Promise.allSettled(Array.from({ length: 8 }, () => RunFolder.claim(dir)));
  const won = claims.filter((claim) => claim.status === 'fulfilled');
  expect(won).toHaveLength(1);
  await won[0]?.value.remove();
});

test('socket paths have a bound', () => {
  expect(socketsFit('/tmp/x')).toBe(true);
  expect(socketsFit(`/tmp/${'x'.repeat(100)}`)).toBe(false);
});
