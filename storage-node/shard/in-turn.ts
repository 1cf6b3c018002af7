import type { Key } from '../store/key.js';
import type { ShardJob } from './job.js';
import type { GateMode } from './key-gate.js';

/**
 * What is done with one key. The key is valid until the first `await`; its copy if it is needed longer. While a returned promise
 * is pending nobody else uses the key (or, in mode `read`, nobody changes it). `exclusive`: nothing was done yet, to be called
 * again in mode `write`. A function is what is left to do, once others may use the key.
 */
export type KeyAction<Subject> = (subject: Subject, key: Key, nowMs: number, mode: GateMode) => KeyOutcome | Promise<KeyOutcome>;

/** How an action ends; see {@link KeyAction}. */
export type KeyOutcome = void | 'exclusive' | (() => void | Promise<void>);

/**
 * Runs `action` when the key's turn has come: at once, without a promise, unless somebody waits for a device with that key.
 * `subject` is passed on, so that an action need not be a closure.
 */
export function inTurn<Subject>(
  job: ShardJob,
  subject: Subject,
  key: Key,
  mode: GateMode,
  nowMs: number,
  action: KeyAction<Subject>,
): void | Promise<void> {
  const { gate } = job;
  const hash = key.hash;
  if (gate.size > 0 && gate.blocks(hash, mode)) return later(job, subject, key.copy(), mode, action);
  const pending = action(subject, key, nowMs, mode);
  if (pending === undefined) return;
  if (pending === 'exclusive') return inTurn(job, subject, key, 'write', nowMs, action);
  if (typeof pending === 'function') return pending();
  const own = key.copy();
  gate.take(hash, mode);
  return pending
    .finally(() => gate.leave(hash, mode))
    .then((outcome) => {
      if (outcome === 'exclusive') return inTurn(job, subject, own, 'write', job.clock.now(), action);
      return outcome?.();
    });
}

async function later<Subject>(
  job: ShardJob,
  subject: Subject,
  key: Key,
  mode: GateMode,
  action: KeyAction<Subject>,
): Promise<void> {
  await job.gate.enter(key.hash, mode);
  let outcome: KeyOutcome;
  try {
    outcome = await action(subject, key, job.clock.now(), mode);
  } finally {
    job.gate.leave(key.hash, mode);
  }
  if (outcome === 'exclusive') await later(job, subject, key, 'write', action);
  else await outcome?.();
}
