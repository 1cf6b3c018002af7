import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'satchel-gen-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function contents(root: string): Record<string, string> {
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map((entry) => [
      join(entry.parentPath, entry.name).slice(root.length),
      readFileSync(join(entry.parentPath, entry.name), 'utf8'),
    ]),
  );
}

test('the generated types are those of the schema', () => {
  execFileSync(process.execPath, [fileURLToPath(new URL('generate.mjs', import.meta.url)), folder], { stdio: 'ignore' });
  expect(contents(fileURLToPath(new URL('gen', import.meta.url)))).toEqual(contents(folder));
});
