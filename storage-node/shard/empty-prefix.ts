import type { Key } from '../store/key.js';
import { objectCharge, scanEnd } from '../store/tier-store.js';
import { inTurn } from './in-turn.js';
import type { ShardJob } from './job.js';
import { inSlices } from './slices.js';
import { isChunk } from './striping/job-striping.js';

/** Objects looked at between two looks at the clock. */
const objectsPerStep = 32;

/** What was deleted. */
export interface Reclaimed {
  readonly objects: number;
  /** Charges. */
  readonly bytes: number;
}

/**
 * Removes all that a shard holds under a prefix that is sealed, in slices: also what it only holds because another shard has yet to take it over.
 * Once this settles nothing is there and nothing will be.
 */
export async function emptyPrefix(job: ShardJob, prefix: Buffer): Promise<Reclaimed> {
  // What was under way when the prefix was sealed may still store something there.
  await Promise.all([job.gate.quiet(), job.steering.lanes.quiet()]);
  const text = prefix.toString('latin1');
  job.losses?.markPrefixGone(text);
  let objects = 0;
  let bytes = 0;
  const remove = (_: unknown, key: Key, nowMs: number): void => {
    const object = job.find(key, nowMs);
    if (object === undefined) return;
    objects++;
    bytes += objectCharge(key.length, object.valueLength);
    job.delete(key, nowMs);
  };
  const busy: Key[] = [];
  let position = 0;
  await inSlices(() => {
    const found: Key[] = [];
    position = job.objects.scanAll(position, objectsPerStep, (key) => {
      if (key.hasPrefix(prefix) && !isChunk(key)) found.push(key.copy());
    });
    for (const key of found) {
      if (job.gate.blocks(key.hash, 'write')) busy.push(key);
      else remove(undefined, key, job.clock.now());
    }
    return position >= scanEnd;
  });
  for (const key of busy) await inTurn(job, undefined, key, 'write', job.clock.now(), remove);
  job.space.release(job.failures.deletePrefix(text));
  job.flush();
  return { objects, bytes };
}
