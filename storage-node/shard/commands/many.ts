import { limits, SatchelError } from '@satchel/proto/core';
import { plainMetadata } from '../../store/tier-store.js';
import { Collection } from '../collections/collection.js';
import type { Command, CommandContext } from '../command.js';
import { inTurn } from '../in-turn.js';
import type { GateMode } from '../key-gate.js';
import { allAssembled, type MaybeStriped } from '../striping/many-striped.js';
import { stripeOf, wholeStriped, writeStriped } from '../striping/striped-value.js';
import { wrongArgumentCount } from './arguments.js';
import { type CommandAction, isPersistKey, onEachKey, onKey, persistedKey, persistRefusal } from './on-key.js';
import { persistedValue } from './persisted.js';
import { andThen, readPart, replyCopied } from './values.js';

/** Keys of one MGET that are read from slow tiers at the same time. */
const readsAtOnce = 32;

function getMany(context: CommandContext): void | Promise<void> {
  if (!allInDram(context)) return collectMany(context);
  const { args, job, reply } = context;
  reply.array(args.count - 1);
  for (let index = 1; index < args.count; index++) {
    const key = job.scratchKey.set(args.buffer, args.start(index), args.end(index));
    const object = job.find(key, context.nowMs);
    if (object === undefined || object instanceof Collection) reply.nil();
    else {
      const { readsLeft } = object;
      replyCopied(context, object, 0, object.valueLength);
      if (readsLeft > 0) job.countRead(key, readsLeft, context.nowMs);
    }
  }
}

/** Whether every key is missing or in dram and free, so that the reply can be written at once. Throws `lost` or `failed`. */
function allInDram(context: CommandContext): boolean {
  const { args, job } = context;
  if (job.gate.size > 0) return false;
  for (let index = 1; index < args.count; index++) {
    if (isPersistKey(args, index)) return false;
    const key = job.scratchKey.set(args.buffer, args.start(index), args.end(index));
    const object = job.lookupAny(key, context.nowMs);
    if (object !== undefined && (object.tier !== 'dram' || object.manifest)) return false;
  }
  return true;
}

async function collectMany(context: CommandContext): Promise<void> {
  const count = context.args.count - 1;
  const values: MaybeStriped[] = new Array(count);
  for (let from = 0; from < count; from += readsAtOnce) {
    const reads: Promise<void>[] = [];
    for (let index = from; index < Math.min(count, from + readsAtOnce); index++) reads.push(collect(context, index, values));
    // All have settled before the first failure is told: none goes on with a context that is no longer its own.
    const failure = (await Promise.allSettled(reads)).find((result) => result.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
  }
  const { job, reply } = context;
  const found = await allAssembled(context, values);
  reply.array(count);
  for (const value of found) {
    if (value === undefined) reply.nil();
    else if (!Buffer.isBuffer(value)) writeStriped(reply, value);
    else {
      job.usage.bytesOut += value.length;
      reply.bulk(value);
    }
  }
}

async function collect(context: CommandContext, index: number, values: MaybeStriped[]): Promise<void> {
  if (isPersistKey(context.args, index + 1)) {
    values[index] = await persistedValue(context.job, persistedKey(context.args, index + 1));
    return;
  }
  await onKey(context, index + 1, 'read', ({ job }, key, nowMs, mode: GateMode) => {
    const object = job.lookupAny(key, nowMs);
    if (object === undefined || object instanceof Collection) return;
    const { readsLeft } = object;
    if (object.manifest) {
      const ofStripe = key.copy().buffer;
      return andThen(stripeOf(object), (stripe) => {
        values[index] = wholeStriped(ofStripe, stripe);
      });
    }
    if (readsLeft > 0 && mode === 'read') return 'exclusive';
    const own = key.copy();
    return andThen(readPart(object, 0, object.valueLength), (value) => {
      values[index] = value;
      job.countRead(own, readsLeft, job.clock.now());
    });
  });
}

/**
 * Stores several values, each for itself: a reader of two keys may see one of them new and one old when objects wait for a device,
 * and an error (say, of the quota) leaves others stored.
 */
function setMany(context: CommandContext): void | Promise<void> {
  const { args, reply } = context;
  if (args.count % 2 === 0) throw wrongArgumentCount('mset');
  for (let index = 1; index < args.count; index += 2) {
    if (isPersistKey(args, index)) throw persistRefusal();
    if (args.end(index + 1) - args.start(index + 1) > limits.valueBytes) {
      throw new SatchelError('too-large', `value ${(index + 1) / 2} exceeds the limit of ${limits.valueBytes} bytes`);
    }
  }
  const stored = onEachKey(context, 2, setOne);
  if (stored !== undefined) return stored.then(() => reply.ok());
  reply.ok();
}

function setOne(context: CommandContext, index: number): void | Promise<void> {
  const { args, job } = context;
  const key = job.scratchKey.set(args.buffer, args.start(index), args.end(index));
  const put: CommandAction = (_, own, nowMs) => {
    const { args: now } = context;
    const [start, end] = [now.start(index + 1), now.end(index + 1)];
    return andThen(job.put(own, now.buffer, start, end, plainMetadata(nowMs), nowMs), () => {
      job.usage.bytesIn += end - start;
    });
  };
  return inTurn(job, context, key, 'write', context.nowMs, put);
}

/** Several values at once. */
export const manyCommands: readonly Command[] = [
  {
    name: 'mget',
    arity: -2,
    scope: 'keys',
    keys: { first: 1, last: -1, step: 1 },
    merge: 'array',
    verb: 'read',
    flags: ['fast'],
    run: getMany,
  },
  {
    name: 'mset',
    arity: -3,
    scope: 'keys',
    keys: { first: 1, last: -1, step: 2 },
    merge: 'ok',
    verb: 'write',
    flags: ['denyoom'],
    run: setMany,
  },
];
