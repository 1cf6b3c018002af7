import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { contentsOf } from './contents.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'satchel-contents-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('a folder has one name for its contents, until it is emptied', () => {
  const shard = join(dir, 'shard-0');
  const first = contentsOf(shard);
  expect(contentsOf(shard)).toBe(first);
  rmSync(shard, { recursive: true });
  const second = contentsOf(shard);
  expect(second).not.toBe(first);
  expect(contentsOf(join(dir, 'shard-1'))).not.toBe(second);
});
