import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder on a file system of its own with little room. */
export interface TinyDisk {
  readonly folder: string;
  /** Takes all room but `leaveBytes`. */
  fill(leaveBytes: number): void;
  /** Gives that room back. */
  empty(): void;
  remove(): void;
}

/** Mounts one in memory. Undefined where that is not allowed: it takes root. */
export function mountTinyDisk(bytes: number): TinyDisk | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'satchel-tiny-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder]).status === 0;
  if (!mounted) {
    rmSync(folder, { recursive: true });
    return undefined;
  }
  const filler = join(folder, 'filler');
  return {
    folder,
    fill: (leaveBytes) => writeFileSync(filler, Buffer.alloc(bytes - leaveBytes)),
    empty: () => rmSync(filler, { force: true }),
    remove: () => {
      spawnSync('umount', ['--lazy', folder]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Why tests on a full disk cannot run here; undefined if they can. */
export function noTinyDisk(): string | undefined {
  const disk = mountTinyDisk(64 * 1024);
  disk?.remove();
  return disk === undefined ? 'mounting a small tmpfs takes root' : undefined;
}
