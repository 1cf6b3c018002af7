import { closeSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { rootFileName, rootState, rootWord } from '@satchel/proto/shared-memory';

/** Tells whoever reads in an arena folder, whose shard is gone, that everything there has ended, then removes what is in it. Does not throw. */
export function retireArenas(folder: string): void {
  const names = namesIn(folder);
  for (const name of names) endRoot(join(folder, name, rootFileName));
  for (const name of names) rmSync(join(folder, name), { recursive: true, force: true });
}

/** Readers that have mapped the root see this at their next read. */
function endRoot(path: string): void {
  try {
    const descriptor = openSync(path, 'r+');
    try {
      writeSync(descriptor, new Uint32Array([rootState.ended]), 0, 4, 4 * rootWord.state);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // Not a job's folder, or its root was never made.
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
