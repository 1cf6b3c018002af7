import { SatchelError } from '@satchel/proto/core';
import type { Key } from '../store/key.js';
import { failureCharge, failuresPerJob } from './failures.js';
import type { ShardJob } from './job.js';

/** Carries out {@link ShardJob.fail}. */
export function failKey(job: ShardJob, key: Key, reason: string, nowMs: number): void | Promise<void> {
  // A failure is something to lose: from here on the job has data, and a restarted shard knows that it lost it.
  job.objects.opened();
  if (job.failures.full && job.failures.chargeOf(key) === 0) {
    throw new SatchelError('out-of-memory', `the job has ${failuresPerJob} failed keys on this shard, its limit; delete some`);
  }
  const taking = job.space.take(failureCharge(key, reason));
  if (taking === undefined) return failNow(job, key, reason, nowMs);
  const own = key.copy();
  return taking.then(() => failNow(job, own, reason, job.clock.now()));
}

function failNow(job: ShardJob, key: Key, reason: string, nowMs: number): void {
  job.delete(key, nowMs);
  job.failures.set(key, reason);
  const error = new SatchelError('failed', reason);
  job.waits.fail(key, error);
  job.pops.fail(key, error);
}
