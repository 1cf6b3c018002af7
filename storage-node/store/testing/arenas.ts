import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { loadMapping } from '@satchel/proto/shared-memory';
import { afterAll } from 'vitest';
import { ArenaPool, type ArenaPoolOptions, defaultSegmentBytes } from '../arena/arena-pool.js';
import { SharedSegmentSource, type SharedSourceOptions } from '../arena/shared-source.js';

const tmpfsType = 0x01021994;

/** Why arenas cannot be shared here; empty if they can. */
export const sharingProblem = ((): string => {
  if (!loadMapping()) return 'no mapping';
  try {
    return statfsSync('/dev/shm').type === tmpfsType ? '' : 'no tmpfs';
  } catch {
    return 'no /dev/shm';
  }
})();

const folders: string[] = [];
const sources: SharedSegmentSource[] = [];

afterAll(async () => {
  for (const source of sources) source.close();
  try {
    await Promise.all(sources.map((source) => source.idle()));
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
});

/** An empty folder on tmpfs, removed after the tests of the file. */
export function arenaFolder(): string {
  const folder = mkdtempSync(join('/dev/shm', 'satchel-test-'));
  folders.push(folder);
  return folder;
}

/** A source of segments in a folder of its own, unless one is named. */
export function sharedSource(
  options: Partial<SharedSourceOptions> & Pick<SharedSourceOptions, 'budgetBytes'>,
): SharedSegmentSource {
  const mapping = loadMapping();
  if (!mapping) throw new Error('this system cannot map files');
  const onError = (error: unknown) => {
    throw error;
  };
  const segmentBytes = options.segmentBytes ?? defaultSegmentBytes(options.budgetBytes);
  const source = new SharedSegmentSource({ folder: options.folder ?? arenaFolder(), mapping, segmentBytes, onError, ...options });
  sources.push(source);
  return source;
}

/** A pool whose jobs are shared. */
export function sharedPool(options: ArenaPoolOptions): ArenaPool {
  const segmentBytes = options.segmentBytes ?? defaultSegmentBytes(options.budgetBytes, options.unitBytes);
  return new ArenaPool({ ...options, segmentBytes, source: sharedSource({ budgetBytes: options.budgetBytes, segmentBytes }) });
}
