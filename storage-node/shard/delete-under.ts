import type { Key } from '../store/key.js';
import { scanEnd } from '../store/tier-store.js';
import { inTurn } from './in-turn.js';
import type { ShardJob } from './job.js';
import { inSlices } from './slices.js';

/** Objects looked at between two looks at the clock. */
const objectsPerStep = 32;

/** Removes the objects under a prefix (one latin1 character per byte), in slices; returns how many there were. */
export async function deleteUnder(job: ShardJob, prefix: string): Promise<number> {
  let deleted = 0;
  let position = 0;
  const busy: Key[] = [];
  const prefixBytes = Buffer.from(prefix, 'latin1');
  const remove = (_: unknown, key: Key, nowMs: number): void => {
    if (job.delete(key, nowMs)) deleted++;
  };
  await inSlices(() => {
    const found: Key[] = [];
    position = job.scan(position, objectsPerStep, (key) => {
      if (key.hasPrefix(prefixBytes)) found.push(key.copy());
    });
    for (const key of found) {
      if (job.gate.blocks(key.hash, 'write')) busy.push(key);
      else remove(undefined, key, job.clock.now());
    }
    return position >= scanEnd;
  });
  for (const key of busy) await inTurn(job, undefined, key, 'write', job.clock.now(), remove);
  return deleted;
}
