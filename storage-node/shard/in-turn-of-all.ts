import type { Key } from '../store/key.js';
import type { ShardJob } from './job.js';

/**
 * Runs `action` when the turn of all these keys has come: at once, without a promise, unless somebody waits for a device with one
 * of them. While a promise that it returns is pending nobody else uses any of the keys.
 */
export function inTurnOfAll(
  job: ShardJob,
  keys: readonly Key[],
  nowMs: number,
  action: (nowMs: number) => void | Promise<void>,
): void | Promise<void> {
  const { gate } = job;
  const hashes = keys.length === 1 ? [(keys[0] as Key).hash] : [...new Set(keys.map(({ hash }) => hash))];
  if (gate.size > 0 && hashes.some((hash) => gate.blocks(hash, 'write'))) return later(job, hashes, action);
  const pending = action(nowMs);
  if (pending === undefined) return;
  for (const hash of hashes) gate.take(hash, 'write');
  return pending.finally(() => {
    for (const hash of hashes) gate.leave(hash, 'write');
  });
}

async function later(job: ShardJob, hashes: readonly number[], action: (nowMs: number) => void | Promise<void>): Promise<void> {
  const { gate } = job;
  await gate.enterAll(hashes);
  try {
    await action(job.clock.now());
  } finally {
    for (const hash of hashes) gate.leave(hash, 'write');
  }
}
