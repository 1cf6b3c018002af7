import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootFileName, rootState, rootWord } from '@satchel/proto/shared-memory';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sharingProblem } from '../store/testing/arenas.js';
import { ArenaFolders } from './arena-folders.js';

const dramBytes = 2 ** 20;
let onDisk: string;
let onTmpfs: string;

beforeEach(() => {
  onDisk = mkdtempSync(join(tmpdir(), 'satchel-sockets-'));
  onTmpfs = mkdtempSync(join('/dev/shm', 'satchel-test-'));
});
afterEach(() => {
  for (const folder of [onDisk, onTmpfs]) rmSync(folder, { recursive: true, force: true });
});

/** A folder as a shard leaves it that was killed. */
function leaveArena(folder: string): string {
  const job = join(folder, 'job-1-abcdef');
  mkdirSync(job, { recursive: true });
  const root = new Uint32Array(1024);
  root[rootWord.state] = rootState.live;
  writeFileSync(join(job, rootFileName), root);
  return folder;
}

function arenaOf(folders: ArenaFolders, port: number): string {
  const place = folders.of(port);
  return 'arena' in place ? place.arena : `problem: ${place.arenaProblem}`;
}

describe.skipIf(sharingProblem)('arena folders', () => {
  test('lie beside the sockets if that is on tmpfs, and are removed in the end', () => {
    const folders = new ArenaFolders({ socketDir: onTmpfs, dramBytes, common: join(onTmpfs, 'common') });
    expect(arenaOf(folders, 7500)).toBe(join(onTmpfs, '7500.arena'));
    expect(arenaOf(folders, 7500)).toBe(join(onTmpfs, '7500.arena'));
    expect(lstatSync(join(onTmpfs, '7500.arena')).isDirectory()).toBe(true);
    leaveArena(join(onTmpfs, '7500.arena'));
    folders.remove();
    expect(readdirSync(onTmpfs)).toEqual([]);
  });

  test('are links to tmpfs if the sockets lie elsewhere, and both ends are removed', () => {
    const common = join(onTmpfs, 'common');
    const folders = new ArenaFolders({ socketDir: onDisk, dramBytes, common });
    const path = arenaOf(folders, 7500);
    expect(path).toBe(join(onDisk, '7500.arena'));
    expect(readlinkSync(path).startsWith(`${common}/`)).toBe(true);
    expect(statSync(path).isDirectory()).toBe(true);
    expect(statfsSync(path).type).toBe(statfsSync('/dev/shm').type);
    folders.remove();
    expect(readdirSync(onDisk)).toEqual([]);
    expect(existsSync(common)).toBe(false);
  });

  test('of a node that was killed are taken over by the next one on the port', () => {
    leaveArena(join(onTmpfs, '7500.arena'));
    const folders = new ArenaFolders({ socketDir: onTmpfs, dramBytes, common: join(onTmpfs, 'common') });
    expect(readdirSync(arenaOf(folders, 7500))).toEqual([]);
  });

  test('of dead processes are swept, those of live ones and of other namespaces stay', () => {
    const common = join(onTmpfs, 'common');
    const live = new ArenaFolders({ socketDir: onDisk, dramBytes, common });
    const [own = ''] = [arenaOf(live, 7500)].map((path) => readlinkSync(path).slice(common.length + 1));
    const [namespace, , startTicks] = own.split('-');
    leaveArena(join(common, `${namespace}-4194303-${startTicks}-7500`));
    leaveArena(join(common, `1-4194303-${startTicks}-7500`));
    new ArenaFolders({ socketDir: onDisk, dramBytes, common });
    expect(readdirSync(common).sort()).toEqual([`1-4194303-${startTicks}-7500`, own].sort());
    live.remove();
  });

  test('are not made where tmpfs has less room than the node may use', () => {
    const folders = new ArenaFolders({ socketDir: onTmpfs, dramBytes: 2 ** 50, common: join(onTmpfs, 'common') });
    expect(arenaOf(folders, 7500)).toMatch(/problem: .* has \S.* left, the node may use \S.* of DRAM/);
  });

  test('are not made in a common folder that others may write to', () => {
    const wide = new ArenaFolders({ socketDir: onDisk, dramBytes, common: '/dev/shm' });
    expect(arenaOf(wide, 7500)).toBe('problem: /dev/shm belongs to somebody else');
  });
});
