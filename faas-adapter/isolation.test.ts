import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jobGroupId } from '@satchel/proto/core';
import { afterEach, expect, test } from 'vitest';
import { planIsolation } from './isolation.js';

const isRoot = process.getuid?.() === 0;
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function folder(mode: number): string {
  const made = mkdtempSync(join(tmpdir(), 'satchel-isolation-'));
  folders.push(made);
  chmodSync(made, mode);
  return made;
}

const one = { namespace: 'namespace:a', job: 'one' };
const two = { namespace: 'namespace:a', job: 'two' };
const none = { namespace: 'namespace:a', job: undefined };

test('without root all sandboxes run as one user, and jobs of a namespace share them', () => {
  const isolation = planIsolation(folder(0o711), () => 1000);
  expect(isolation.problem).toMatch(/only root/);
  expect(isolation.keyOf(one)).toBe(isolation.keyOf(two));
  expect(isolation.placeFor(one)).toMatchObject({ user: undefined, environment: {} });
});

const asRoot = test.skipIf(!isRoot);

asRoot('(skipped unless root) where other users cannot pass, sandboxes stay as they are, and the obstacle is named', () => {
  const shut = folder(0o700);
  const inside = join(shut, 'state');
  mkdirSync(inside);
  expect(planIsolation(inside).problem).toContain(`pass ${shut};`);
});

asRoot('(skipped unless root) each job has a user, a group and a home of its own, and so has a namespace', () => {
  const isolation = planIsolation(folder(0o711));
  expect(isolation.problem).toBe('');
  expect(new Set([one, two, none].map((tenant) => isolation.keyOf(tenant))).size).toBe(3);
  const places = [one, two, none].map((tenant) => isolation.placeFor(tenant));
  expect(places[0]?.user).toEqual({ uid: jobGroupId('one'), gid: jobGroupId('one') });
  expect(new Set(places.map(({ user }) => user?.uid)).size).toBe(3);
  for (const { user, environment, remove } of places) {
    const home = environment['HOME'] ?? '';
    expect(environment['TMPDIR']).toBe(home);
    expect(statSync(home)).toMatchObject({ uid: user?.uid, gid: user?.gid, mode: 0o040700 });
    remove();
    expect(existsSync(home)).toBe(false);
  }
});

asRoot('(skipped unless root) code becomes readable, and what may be run may be run', () => {
  const place = folder(0o711);
  const code = join(place, 'code');
  mkdirSync(join(code, 'bin'), { recursive: true, mode: 0o700 });
  for (const [name, mode] of [
    ['index.js', 0o600],
    ['bin/tool', 0o700],
  ] as const) {
    writeFileSync(join(code, name), '', { mode });
  }
  planIsolation(place).admit(code);
  const modes = ['.', 'bin', 'index.js', 'bin/tool'].map((name) => statSync(join(code, name)).mode & 0o777);
  expect(modes).toEqual([0o705, 0o705, 0o604, 0o705]);
});
