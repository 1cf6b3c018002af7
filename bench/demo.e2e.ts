import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, test } from 'vitest';
import { satchelCommand } from './cluster.js';
import type { DemoReport } from './demo.js';
import { isRunning, processTree } from './testing/processes.js';
import { startS3 } from './testing/s3-server.js';
import { satchel } from './testing/test-cluster.js';

// A folder of temporary files of its own, so that what is left behind can be told from what others do.
const temporary = mkdtempSync(join(tmpdir(), 'satchel-demo-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));
const environment = { TMPDIR: temporary };

/** Folders of runs below the temporary folder; empty once everything was removed. */
function leftFolders(): string[] {
  return readdirSync(temporary).flatMap((folder) => readdirSync(join(temporary, folder)));
}

async function demo(...args: string[]): Promise<DemoReport> {
  const { code, stdout, stderr } = await satchel(['demo', '--json', ...args], environment);
  expect(stderr.split('\n').filter((line) => line.includes('failed'))).toEqual([]);
  expect(code).toBe(0);
  return JSON.parse(stdout) as DemoReport;
}

describe('the demo', () => {
  test('sorts, verifies, and leaves neither bytes nor files', async () => {
    const report = await demo('--size', '16MiB');
    expect(report).toMatchObject({ verified: true, leftBytes: 0, output: { records: 167_772, bytes: 16_777_200 } });
    expect(report.tierBytes.dram).toBeGreaterThan(3 * 16_777_200);
    expect(report.dollars).toBeGreaterThan(0);
    expect(leftFolders()).toEqual([]);
  });

  test('shows by the counters of the shards that functions moved every byte of a shuffle of skewed keys', async () => {
    const { stages, shuffleBytes } = await demo(
      '--size',
      '4MiB',
      '--distribution',
      'skewed',
      '--mappers',
      '3',
      '--reducers',
      '5',
    );
    const stage = (name: string) => stages.find((candidate) => candidate.stage === name);
    expect(shuffleBytes).toBe(4_194_300);
    expect(stage('map')?.shardBytesIn).toBe(shuffleBytes);
    expect(stage('reduce')?.bytesRead).toBe(shuffleBytes);
    expect(stage('reduce')?.shardBytesOut).toBe(shuffleBytes);
  });

  test('spills over all three tiers when memory and disk are small', async () => {
    const { tierBytes, verified, leftBytes } = await demo('--size', '48MiB', '--dram', '8MiB', '--ssd', '16MiB');
    expect([verified, leftBytes]).toEqual([true, 0]);
    expect(tierBytes.dram).toBeGreaterThan(0);
    expect(tierBytes.ssd).toBeGreaterThan(0);
    expect(tierBytes.object).toBeGreaterThan(0);
    expect(leftFolders()).toEqual([]);
  });

  test('spills to an S3 server, and leaves no object there', async () => {
    const s3 = await startS3(temporary);
    try {
      const { code, stdout, stderr } = await satchel(
        ['demo', '--json', '--size', '16MiB', '--dram', '4MiB', '--ssd', '4MiB', '--object', s3.uri],
        {
          ...environment,
          ...s3.credentials,
        },
      );
      expect([code, stderr]).toEqual([0, expect.not.stringContaining('failed')]);
      const report = JSON.parse(stdout) as DemoReport;
      expect(report.tierBytes.object).toBeGreaterThan(2 ** 20);
      expect(await s3.keys()).toEqual([]);
    } finally {
      await s3.stop();
    }
  });

  test('sorts the lines of a file', async () => {
    const report = await demo('--input', 'package-lock.json', '--mappers', '3', '--reducers', '2');
    expect(report.verified).toBe(true);
  });

  test('refuses what it cannot sort with one line', async () => {
    const missing = await satchel(['demo', '--input', 'no-such-file'], environment);
    expect([missing.code, missing.stderr.trim().split('\n').at(-1)]).toEqual([1, expect.stringContaining('no-such-file')]);
    for (const wrong of [
      ['--mappers', '0'],
      ['--size', 'much'],
      ['--distribution', 'odd'],
    ]) {
      expect((await satchel(['demo', ...wrong], environment)).code).toBe(2);
    }
    expect(leftFolders()).toEqual([]);
  });
});

describe('while the demo runs', () => {
  test('Ctrl-C stops it and leaves nothing', async () => {
    const running = await start('map 1/');
    const processes = processTree(running.pid as number);
    running.kill('SIGINT');
    for (const { pid, command } of processes) if (command.includes('bench')) process.kill(pid, 'SIGINT');
    expect(await exitCode(running)).toBe(1);
    await expect.poll(() => processes.filter(({ pid }) => isRunning(pid)), { timeout: 5_000 }).toEqual([]);
    expect(leftFolders()).toEqual([]);
  });

  test('a killed node fails the job with an error that names it, and leaves nothing', async () => {
    const running = await start('input 1/');
    const processes = processTree(running.pid as number);
    const node = processes.find(({ command }) => command.includes('storage-node') && command.includes('node-2'));
    process.kill(node?.pid as number, 'SIGKILL');
    let stderr = '';
    running.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    expect(await exitCode(running)).toBe(1);
    expect(stderr).toContain('node-2');
    await expect.poll(() => processes.filter(({ pid }) => isRunning(pid)), { timeout: 5_000 }).toEqual([]);
    expect(leftFolders()).toEqual([]);
  });

  test('when it is killed outright all its processes go within two seconds', async () => {
    const running = await start('map 1/');
    const processes = processTree(running.pid as number);
    expect(processes.length).toBeGreaterThan(8);
    running.kill('SIGKILL');
    await expect.poll(() => processes.filter(({ pid }) => isRunning(pid)), { timeout: 2_000 }).toEqual([]);
  });

  test('the next one sweeps up what the killed one left, and sorts keys that many records share', async () => {
    expect((await demo('--size', '1MiB', '--distribution', 'duplicates')).verified).toBe(true);
    expect(leftFolders()).toEqual([]);
  });
});

/** Starts a demo of the full size and returns when it has printed a line that contains `mark`. */
async function start(mark: string): Promise<ChildProcess> {
  const [command, args] = satchelCommand('demo');
  const child = spawn(command, args, { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  for await (const line of createInterface({ input: child.stdout })) if (line.includes(mark)) break;
  child.stdout.resume();
  return child;
}

function exitCode(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.once('exit', (code) => resolve(code)));
}
