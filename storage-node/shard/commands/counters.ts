import { SatchelError } from '@satchel/proto/core';
import type { ReplyWriter } from '@satchel/proto/resp';
import type { Key } from '../../store/key.js';
import { plainMetadata } from '../../store/tier-store.js';
import type { Command, CommandContext } from '../command.js';
import { int64Argument, isInt64, notAnInteger, parseInt64 } from './arguments.js';
import { type CommandAction, onKey } from './on-key.js';
import { andThen, metadataOf, readPart } from './values.js';

/** No 64-bit integer is longer. */
const longestInteger = 20;

/** Adds to the integer that a key holds; one that is missing counts as 0. */
function add(context: CommandContext, delta: bigint): void | Promise<void> {
  const action: CommandAction = (_, key, nowMs) => {
    const object = context.job.lookup(key, nowMs);
    if (object === undefined) return store(context, key, delta, plainMetadata(nowMs), nowMs);
    if (object.valueLength > longestInteger) throw notAnInteger();
    const metadata = metadataOf(object);
    const { tier } = object;
    const own = key.copy();
    return andThen(readPart(object, 0, object.valueLength), (value) => {
      const before = parseInt64(value.toString('latin1'));
      if (before === undefined) throw notAnInteger();
      if (!isInt64(before + delta)) throw overflow();
      return store(context, own, before + delta, metadata, nowMs, tier);
    });
  };
  return onKey(context, 1, 'write', action);
}

function store(
  context: CommandContext,
  key: Key,
  sum: bigint,
  metadata: ReturnType<typeof metadataOf>,
  nowMs: number,
  tier?: 'dram' | 'ssd' | 'object',
): void | Promise<void> {
  const { job } = context;
  const value = Buffer.from(String(sum), 'latin1');
  return andThen(job.put(key, value, 0, value.length, metadata, nowMs, tier), () => {
    job.usage.bytesIn += value.length;
    replyInt64(context.reply, sum);
  });
}

/** An integer reply that is exact beyond 2^53. */
function replyInt64(reply: ReplyWriter, value: bigint): void {
  const number = Number(value);
  if (Number.isSafeInteger(number)) reply.integer(number);
  else reply.raw(Buffer.from(`:${value}\r\n`, 'latin1'));
}

function overflow(): SatchelError {
  return new SatchelError('invalid-argument', 'increment or decrement would overflow');
}

function decrement(context: CommandContext): void | Promise<void> {
  const delta = int64Argument(context.args, 2);
  if (!isInt64(-delta)) throw new SatchelError('invalid-argument', 'decrement would overflow');
  return add(context, -delta);
}

function counter(name: string, arity: number, run: Command['run']): Command {
  const keys = { first: 1, last: 1, step: 1 };
  return { name, arity, scope: 'key', keys, verb: 'write', flags: ['denyoom', 'fast'], run };
}

/** Adding to integers. */
export const counterCommands: readonly Command[] = [
  counter('incr', 2, (context) => add(context, 1n)),
  counter('decr', 2, (context) => add(context, -1n)),
  counter('incrby', 3, (context) => add(context, int64Argument(context.args, 2))),
  counter('decrby', 3, decrement),
];
