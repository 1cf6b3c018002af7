import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { arenaFolder, sharingProblem } from '../testing/arenas.js';
import { retireArenas } from './retire.js';

/** What a reader saw. */
interface Report {
  readonly reads: number;
  readonly served: number;
  readonly retries: number;
  readonly asked: Readonly<Record<string, number>>;
  readonly live: boolean;
  readonly mapped: number;
  readonly wrong: readonly string[];
}

/** The whole claim takes SATCHEL_TORTURE_SECONDS=60. */
const seconds = Number(process.env['SATCHEL_TORTURE_SECONDS'] ?? 3);
const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

function run(name: string, ...args: readonly string[]): ChildProcess {
  const main = new URL(`../../dist/store/testing/torture/torture-${name}.js`, import.meta.url);
  const child = fork(main, args, { execArgv: [] });
  children.push(child);
  return child;
}

async function message<Message>(child: ChildProcess): Promise<Message> {
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`a process of the torture ended with ${code}`)));
  ended.catch(() => {});
  const [received] = await Promise.race([once(child, 'message'), ended]);
  return received as Message;
}

interface Torture {
  readonly folder: string;
  readonly writer: ChildProcess;
  reader(): Promise<ChildProcess>;
}

async function start(unitBytes: number, segmentBytes: number): Promise<Torture> {
  const place = arenaFolder();
  const folder = join(place, '7500.arena');
  const board = join(place, 'board');
  const writer = run('writer', folder, board, String(unitBytes), String(segmentBytes));
  const published = await message<{ folder: string }>(writer);
  const jobFolder = join(place, published.folder);
  const reader = async (): Promise<ChildProcess> => {
    const child = run('reader', jobFolder, board);
    expect(await message(child)).toBe('ready');
    return child;
  };
  return { folder, writer, reader };
}

function stop<Message>(child: ChildProcess): Promise<Message> {
  const last = message<Message>(child);
  child.send('stop');
  return last;
}

function sum(reports: readonly Report[], field: 'served' | 'retries' | 'reads'): number {
  return reports.reduce((total, report) => total + report[field], 0);
}

describe.skipIf(sharingProblem !== '')(
  `readers in other processes (skipped if arenas cannot be shared: ${sharingProblem})`,
  () => {
    test.each([
      ['the usual segments', 8192, 1024 * 1024],
      ['small segments, of which many come and go', 1024, 64 * 1024],
    ])(
      'never see wrong or old bytes while objects are overwritten, deleted and moved as fast as can be: %s',
      { timeout: 300_000 },
      async (_, unitBytes, segmentBytes) => {
        const { writer, reader } = await start(unitBytes, segmentBytes);
        const readers = await Promise.all([reader(), reader()]);
        await setTimeout(seconds * 1000);
        const reports = await Promise.all(readers.map((child) => stop<Report>(child)));
        const { operations, problems } = await stop<{ operations: number; problems: string[] }>(writer);
        process.stderr.write(`torture: ${JSON.stringify({ operations, reports })}\n`);
        expect(reports.flatMap(({ wrong }) => wrong)).toEqual([]);
        expect(problems).toEqual([]);
        expect(operations).toBeGreaterThan(1000);
        expect(sum(reports, 'served')).toBeGreaterThan(1000);
        expect(sum(reports, 'retries')).toBeGreaterThan(0);
      },
    );

    test('that are killed in the middle harm nobody', { timeout: 300_000 }, async () => {
      const { writer, reader } = await start(8192, 1024 * 1024);
      const steady = await reader();
      for (let round = 0; round < 4; round++) {
        const victim = await reader();
        await setTimeout(Math.random() * 50);
        victim.kill('SIGKILL');
        await once(victim, 'exit');
      }
      const report = await stop<Report>(steady);
      expect(report.wrong).toEqual([]);
      expect(report.served).toBeGreaterThan(1000);
      expect((await stop<{ problems: string[] }>(writer)).problems).toEqual([]);
    });

    test('see nothing but whole values after the writer was killed, and nothing at all once its successor has begun', {
      timeout: 300_000,
    }, async () => {
      const { writer, reader, folder } = await start(8192, 1024 * 1024);
      const [first, second] = await Promise.all([reader(), reader()]);
      writer.kill('SIGKILL');
      await once(writer, 'exit');
      await setTimeout(300);
      const before = await stop<Report>(first);
      expect(before).toMatchObject({ wrong: [], live: true });
      retireArenas(folder);
      await setTimeout(100);
      const after = await stop<Report>(second);
      expect(after).toMatchObject({ wrong: [], live: false });
      expect(after.asked['ended']).toBeGreaterThan(0);
    });
  },
);
