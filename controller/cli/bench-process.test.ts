import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startBench } from './bench-process.js';
import { addCommonOptions } from './context.js';
import { ExitCodeError } from './exit-code.js';
import { TestProcess } from './testing/run-cli.js';

let dir = '';
let main = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'satchel-bench-'));
  main = join(dir, 'main.mjs');
});
afterEach(() => rmSync(dir, { recursive: true }));

const command = (...given: string[]): Command => addCommonOptions(new Command()).parse(given, { from: 'user' });

test('passes arguments, --json and the controller on', async () => {
  const expected = JSON.stringify(['sort', '--size', '1MiB', '--json']);
  writeFileSync(
    main,
    `process.exit(JSON.stringify(process.argv.slice(2)) === '${expected}' && process.env.SATCHEL_CONTROLLER === 'h:1' ? 0 : 9)`,
  );
  await startBench(['sort', '--size', '1MiB'], command('--json', '--controller', 'h:1'), new TestProcess(process.env), main);
});

test("the bench's exit code is ours", async () => {
  writeFileSync(main, 'process.exit(5)');
  await expect(startBench([], command(), new TestProcess(process.env), main)).rejects.toEqual(new ExitCodeError(5));
});

test('a SIGTERM is passed on', async () => {
  const up = join(dir, 'up');
  writeFileSync(
    main,
    `import { writeFileSync } from 'node:fs';
     process.on('SIGTERM', () => process.exit(6));
     setInterval(() => {}, 1000);
     writeFileSync('${up}', '');`,
  );
  const io = new TestProcess(process.env);
  const done = expect(startBench([], command(), io, main)).rejects.toEqual(new ExitCodeError(6));
  await vi.waitFor(() => expect(existsSync(up)).toBe(true), { timeout: 10_000 });
  io.emit('SIGTERM');
  await done;
});
