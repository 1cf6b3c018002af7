import type { Key } from '../store/key.js';
import type { ShardJob } from './job.js';

/**
 * Runs `action` when the turn of all these keys has come: at once, without a promise, unless somebody waits for a device with one
 * of them. While a promise that it returns is pending nobody else uses any of the keys. None is held before all are free, so that
 * nobody waits in a circle.
 */
export function inTurnOfAll(
  job: ShardJob,
  keys: readonly Key[],
  nowMs: number,
  action: (nowMs: number) => void | Promise<void>,
): void | Promise<void> {
  const { gate } = job;
  if (gate.size > 0 && keys.some(({ hash }) => gate.blocks(hash, 'write'))) return later(job, keys, action);
  const pending = action(nowMs);
  if (pending === undefined) return;
  const hashes = [...new Set(keys.map(({ hash }) => hash))];
  for (const hash of hashes) gate.take(hash, 'write');
  return pending.finally(() => {
    for (const hash of hashes) gate.leave(hash, 'write');
  });
}

async function later(job: ShardJob, keys: readonly Key[], action: (nowMs: number) => void | Promise<void>): Promise<void> {
  const { gate } = job;
  const blocked = (): Key | undefined => keys.find(({ hash }) => gate.blocks(hash, 'write'));
  for (let key = blocked(); key !== undefined; key = blocked()) {
    await gate.enter(key.hash, 'write');
    gate.leave(key.hash, 'write');
  }
  await inTurnOfAll(job, keys, job.clock.now(), action);
}
