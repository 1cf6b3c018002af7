import type { Key } from '../../store/key.js';
import type { ObjectMetadata, StoredObject } from '../../store/tier-store.js';
import type { CommandContext } from '../command.js';
import type { GateMode } from '../key-gate.js';

/**
 * Replies with the whole value of an object that was found, and counts the read. From dram the value goes straight to the
 * output. To be returned from an action in the mode it was given.
 */
export function replyWhole(
  context: CommandContext,
  key: Key,
  object: StoredObject,
  nowMs: number,
  mode: GateMode,
): void | 'exclusive' | Promise<void> {
  const { valueLength, readsLeft } = object;
  if (object.tier !== 'dram') return replySlowly(context, key, object, nowMs, mode);
  const { job, reply } = context;
  // In dram a read is done when it returns.
  const start = reply.reserveBulk(valueLength);
  void object.read(0, valueLength, reply.buffer, start);
  job.usage.bytesOut += valueLength;
  if (readsLeft > 0) job.countRead(key, readsLeft, nowMs);
}

function replySlowly(
  context: CommandContext,
  key: Key,
  object: StoredObject,
  nowMs: number,
  mode: GateMode,
): void | 'exclusive' | Promise<void> {
  const { readsLeft } = object;
  if (readsLeft > 0 && mode === 'read') return 'exclusive';
  const reading = readPart(object, 0, object.valueLength);
  if (Buffer.isBuffer(reading)) {
    finishWhole(context, key, reading, readsLeft, nowMs);
    return;
  }
  const own = key.copy();
  return reading.then((value) => finishWhole(context, own, value, readsLeft, context.job.clock.now()));
}

function finishWhole(context: CommandContext, key: Key, value: Buffer, readsLeft: number, nowMs: number): void {
  context.job.usage.bytesOut += value.length;
  context.job.countRead(key, readsLeft, nowMs);
  context.reply.bulk(value);
}

/** Bytes [from, to) of an object that was found, in a buffer of their own, at once if the tier can. */
export function readPart(object: StoredObject, from: number, to: number): Buffer | Promise<Buffer> {
  const target = Buffer.allocUnsafe(to - from);
  const pending = object.read(from, to, target, 0);
  return pending === undefined ? target : pending.then(() => target);
}

/** Metadata of an object that was found, as a record of its own. */
export function metadataOf(object: StoredObject): ObjectMetadata {
  const { createdMs, expiresAtMs, readsLeft, attempt, persist, manifest } = object;
  return { createdMs, expiresAtMs, readsLeft, attempt, persist, manifest };
}

/** Goes on with something that is there, or once it is. */
export function andThen<Value, Result>(
  value: Value | Promise<Value>,
  next: (value: Value) => Result | Promise<Result>,
): Result | Promise<Result> {
  return value instanceof Promise ? value.then(next) : next(value);
}
