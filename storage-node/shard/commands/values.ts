import { assert, SatchelError, type Tier } from '@satchel/proto/core';
import type { Key } from '../../store/key.js';
import type { ObjectMetadata, StoredObject } from '../../store/tier-store.js';
import type { CommandContext } from '../command.js';
import type { KeyOutcome } from '../in-turn.js';
import type { GateMode } from '../key-gate.js';
import { replyStriped } from '../striping/reply-striped.js';
import { Upload } from '../uploads.js';

/** From so many bytes on it is worth to send a value from where it lies. */
const pinnedBytes = 64 * 1024;

/**
 * Replies with the whole value of an object that was found, and counts the read. A value at hand goes straight to the
 * output. To be returned from an action in the mode it was given.
 */
export function replyWhole(
  context: CommandContext,
  key: Key,
  object: StoredObject,
  nowMs: number,
  mode: GateMode,
): KeyOutcome | Promise<KeyOutcome> {
  const { valueLength, readsLeft } = object;
  if (object.manifest) return replyStriped(context, key, object);
  if (object.tier !== 'dram' && !object.atHand) return replySlowly(context, key, object, nowMs, mode);
  replyAtOnce(context, object, 0, valueLength);
  if (readsLeft > 0) context.job.countRead(key, readsLeft, nowMs);
}

/** Replies with bytes [from, to) of an object in dram or otherwise at hand. */
export function replyAtOnce(context: CommandContext, object: StoredObject, from: number, to: number): void {
  const { job, reply, session } = context;
  if (to - from >= pinnedBytes && session.pin?.(reply, object, from, to)) job.usage.bytesOut += to - from;
  else replyCopied(context, object, from, to);
}

/** As `replyAtOnce`, with more of the same reply to follow. */
export function replyCopied(
  { job, reply }: Pick<CommandContext, 'job' | 'reply'>,
  object: StoredObject,
  from: number,
  to: number,
): void {
  job.usage.bytesOut += to - from;
  const start = reply.reserveBulk(to - from);
  void object.read(from, to, reply.buffer, start);
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

/** Bytes [from, to) of an object that was found, in a buffer of their own, at once if the tier can. Throws `wrong-type` if it is striped. */
export function readPart(object: StoredObject, from: number, to: number): Buffer | Promise<Buffer> {
  if (object.manifest) throw stripedRefusal();
  const target = Buffer.allocUnsafe(to - from);
  const pending = object.read(from, to, target, 0);
  return pending === undefined ? target : pending.then(() => target);
}

/** The error of commands that a striped object does not know. */
export function stripedRefusal(): SatchelError {
  return new SatchelError(
    'wrong-type',
    'the object is striped: it can be read, replaced and deleted as a whole, and read in ranges',
  );
}

/**
 * Stores argument `index`, which the command allows to flow, as ShardJob.put does: if it was large it is in its place already. Metadata that
 * flowed along differs from a plain SET's in nothing but its times.
 */
export function putArgument(
  { args, job }: CommandContext,
  key: Key,
  index: number,
  metadata: ObjectMetadata,
  nowMs: number,
  tier?: Tier,
): void | Promise<void> {
  const { sink } = args;
  if (sink === undefined || index !== args.sinkIndex) {
    return job.put(key, args.buffer, args.start(index), args.end(index), metadata, nowMs, tier);
  }
  assert(sink instanceof Upload, 'what flowed to a shard is an upload');
  sink.commit(key, metadata, nowMs);
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
