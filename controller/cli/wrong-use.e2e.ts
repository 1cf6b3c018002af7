import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startControllerProcess } from '../testing/controller-process.js';
import { makeTestFolder, removeTestFolder, runSatchel, UpProcess } from './testing/up-process.js';

const dir = makeTestFolder();
let up: UpProcess;
let env: NodeJS.ProcessEnv;
let job = '';
beforeAll(async () => {
  up = new UpProcess(join(dir, 'run'), ['--nodes', '1', '--dram', '64MiB', '--ssd', '64MiB', '--no-faas']);
  env = { SATCHEL_CONTROLLER: (await up.ready).controller };
  const { stdout } = await runSatchel(['job', 'register', 'good', '--lease', '600s', '--json'], env);
  job = JSON.parse(stdout.toString()).job;
});
afterAll(async () => {
  await up.stop();
  removeTestFolder(dir);
});

/** What is asked for, how it ends, and all that is said: what was wrong, which value, what may be given instead. */
const wrong: readonly (readonly [string, number, RegExp])[] = [
  ['job register x --capacity 10Gib', 2, /'10Gib' is not a size such as 64MiB, 10GiB or 4096; its unit is none of B, KiB/],
  ['job register x --capacity 0', 2, /option '--capacity <size>' argument '0' is invalid. '0' is not above 0/],
  ['job register x --capacity 2000TiB', 1, /hint capacity: 2199023255552000 was given; give a size above 0 and at most 1PiB/],
  ['job register x --throughput fast', 2, /'fast' is not a rate such as 100MiB\/s/],
  ['job register x --functions 0', 2, /'0' is not a whole number from 1 to 1000000/],
  ['job register x --evict lfu', 2, /'lfu' is invalid. Allowed choices are lru/],
  ['job register x --replicas 2', 2, /--replicas 2: Satchel does not replicate yet; leave it at 1/],
  ['job register x --lifetime 9999d', 1, /hint lifetimeSeconds: 863913600 was given; .* at most 366 days/],
  ['job register x --lease 1s', 1, /a lease of 1 s was asked for; from 5 s to 86400 s is allowed/],
  ['job register a/b', 1, /job name 'a\/b' must be letters, digits/],
  ['plan --capacity lots', 2, /'lots' is not a size such as/],
  ['job scale nope --capacity 1MiB', 1, /no job 'nope' is known here; satchel job list shows those there are/],
  ['job show nope', 1, /no job 'nope' is known here/],
  ['job end nope', 1, /no job 'nope' is known here/],
  ['job renew nope', 1, /no job 'nope' is known here/],
  ['job usage nope', 1, /no job 'nope' is known here/],
  ['job watch nope', 1, /no job 'nope' is known here/],
  ['job stage list nope', 1, /no job 'nope' is known here/],
  ['node drain nope', 1, /no node 'nope'; satchel node list shows those there are/],
  ['namespace usage team --month 2026-7', 2, /'2026-7' is not a month such as 2026-07/],
  ['job list --controller 127.0.0.1:1', 1, /the controller at 127.0.0.1:1 cannot be reached/],
];

test('whatever is wrong is said in one line with the value, and changes nothing', async () => {
  const results = await Promise.all(wrong.map(([command]) => runSatchel(command.split(' '), env)));
  for (const [index, [command, code, message]] of wrong.entries()) {
    const { stdout, stderr, ...ended } = results[index] ?? { code: -1, stdout: '', stderr: '' };
    expect({ command, ...ended, stdout: stdout.toString() }).toEqual({ command, code, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  }
  const { stdout } = await runSatchel(['job', 'list', '--json'], env);
  expect(JSON.parse(stdout.toString()).jobs.map((each: { job: string }) => each.job)).toEqual([job]);
});

test('a second controller on the state folder is refused, told who has it and what to do, and the first goes on', async () => {
  const folder = join(dir, 'run', 'controller');
  const second = startControllerProcess(['--state', folder, '--port', '0', '--http-port', '0']);
  const holder = up.pidOf('controller');
  await expect(second).rejects.toThrow(
    `status 1: satchel-controller: the state folder ${folder} is in use by process ${holder}; stop that controller or give --state another folder`,
  );
  expect((await runSatchel(['job', 'renew', job], env)).code).toBe(0);
});

test('a state folder that cannot be one is refused with the reason', async () => {
  const file = join(dir, 'file');
  writeFileSync(file, '');
  for (const [folder, why] of [
    [file, 'it is a file'],
    [join(file, 'below'), 'it lies below a file'],
  ] as const) {
    await expect(startControllerProcess(['--state', folder])).rejects.toThrow(
      `status 1: satchel-controller: the state folder '${folder}' cannot be used: ${why}; give --state a folder that this process may write to`,
    );
  }
});
