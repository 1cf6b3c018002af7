import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { satchel } from './testing/up-process.js';

/** Runs `satchel --help` with something else than a pipe that is read for its standard output. */
async function help(
  stdout: number | 'pipe',
  afterwards: (child: ReturnType<typeof spawn>) => void,
): Promise<[number | null, string]> {
  const child = spawn(process.execPath, [satchel, '--help'], { stdio: ['ignore', stdout, 'pipe'] });
  afterwards(child);
  const code = new Promise<number | null>((resolve) => child.once('close', resolve));
  return Promise.all([code, child.stderr ? text(child.stderr) : '']);
}

test('a result that cannot be written is a failure with one line', async () => {
  const full = openSync('/dev/full', 'w');
  const [code, stderr] = await help(full, () => closeSync(full));
  expect(code).toBe(1);
  expect(stderr).toMatch(/^satchel: the result cannot be written: ENOSPC[^\n]*\n$/);
});

test('a reader that goes away early is no failure', async () => {
  expect(await help('pipe', (child) => child.stdout?.destroy())).toEqual([0, '']);
});
