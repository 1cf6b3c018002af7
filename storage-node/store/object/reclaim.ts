import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Trash } from '../lmdb/trash.js';
import { deletePrefix, type ObjectClient } from './object-client.js';
import { prefixFile } from './packs.js';

/**
 * The trash of a shard, whose folders are removed only after the objects they stand for in the object store. The discarded folder is the
 * marker by which the next process goes on: it calls `resume` at its start.
 */
export function openTrash(options: {
  readonly folder: string;
  readonly client: ObjectClient;
  readonly onError?: (error: unknown) => void;
}): Trash {
  return new Trash({ ...options, reclaim: (discarded) => reclaimObjects(options.client, discarded) });
}

/** Goes on with what an earlier process of the shard did not get to: folders and objects of jobs that ended. Settles after the first attempt. */
export function resumeReclaims(trash: Trash): Promise<void> {
  return trash.resume();
}

/** Deletes the objects whose records were in a discarded folder: a job's folder or its data folder. */
export async function reclaimObjects(client: ObjectClient, discardedFolder: string): Promise<void> {
  for (const folder of [discardedFolder, join(discardedFolder, 'data')]) {
    const prefix = readPrefix(folder);
    if (prefix !== undefined) await deletePrefix(client, prefix);
  }
}

function readPrefix(folder: string): string | undefined {
  try {
    const prefix = readFileSync(join(folder, prefixFile), 'utf8');
    return /^jobs\/.+\/.+\/.+\/$/.test(prefix) ? prefix : undefined;
  } catch {
    return undefined;
  }
}
