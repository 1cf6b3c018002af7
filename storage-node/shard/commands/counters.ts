import { SatchelError, type Tier } from '@satchel/proto/core';
import type { ReplyWriter } from '@satchel/proto/resp';
import type { Key } from '../../store/key.js';
import { type ObjectMetadata, plainMetadata } from '../../store/tier-store.js';
import type { Command, CommandContext } from '../command.js';
import { int64Argument, isInt64, notAnInteger, parseInt64 } from './arguments.js';
import { type CommandAction, onKey } from './on-key.js';
import { metadataOf, readPart } from './values.js';

/** No 64-bit integer is longer. */
const longestInteger = 20;

/** Sums of numbers of so many digits are exact without bigints. */
const quickDigits = 15;

/** Adds to the integer that a key holds; one that is missing counts as 0. */
function add(context: CommandContext, delta: bigint): void | Promise<void> {
  return onKey(context, 1, 'write', (_, key, nowMs) => addTo(context, key, nowMs, delta));
}

const increment: CommandAction = (context, key, nowMs) => addTo(context, key, nowMs, 1n);
const decrementByOne: CommandAction = (context, key, nowMs) => addTo(context, key, nowMs, -1n);

function addTo(context: CommandContext, key: Key, nowMs: number, delta: bigint): void | Promise<void> {
  const object = context.job.lookup(key, nowMs);
  if (object === undefined) return store(context, key, delta, plainMetadata(nowMs), nowMs);
  if (object.valueLength > longestInteger) throw notAnInteger();
  const metadata = metadataOf(object);
  const { tier } = object;
  const reading = readPart(object, 0, object.valueLength);
  if (Buffer.isBuffer(reading)) return store(context, key, sumOf(reading, delta), metadata, nowMs, tier);
  const own = key.copy();
  return reading.then((value) => store(context, own, sumOf(value, delta), metadata, nowMs, tier));
}

/** The integer in `value` plus `delta`; throws Redis's errors. */
function sumOf(value: Buffer, delta: bigint): number | bigint {
  if (value.length <= quickDigits && delta >= -quickDelta && delta <= quickDelta) {
    const before = quickInteger(value);
    if (before !== undefined) return before + Number(delta);
  }
  const before = parseInt64(value.toString('latin1'));
  if (before === undefined) throw notAnInteger();
  if (!isInt64(before + delta)) throw overflow();
  return before + delta;
}

const quickDelta = 1_000_000n;
const minus = 0x2d;
const zero = 0x30;

/** A short integer without sign or leading zeros, or undefined. */
function quickInteger(value: Buffer): number | undefined {
  const first = value[0];
  if (first === undefined || (first === zero && value.length > 1) || first === minus) return undefined;
  let integer = 0;
  for (let at = 0; at < value.length; at++) {
    const digit = (value[at] as number) - zero;
    if (digit < 0 || digit > 9) return undefined;
    integer = integer * 10 + digit;
  }
  return integer;
}

function store(
  context: CommandContext,
  key: Key,
  sum: number | bigint,
  metadata: ObjectMetadata,
  nowMs: number,
  tier?: Tier,
): void | Promise<void> {
  const { job } = context;
  const value = Buffer.from(String(sum), 'latin1');
  const storing = job.put(key, value, 0, value.length, metadata, nowMs, tier);
  if (storing !== undefined) return storing.then(() => finish(context, value.length, sum));
  finish(context, value.length, sum);
}

function finish({ job, reply }: CommandContext, bytes: number, sum: number | bigint): void {
  job.usage.bytesIn += bytes;
  replyInt64(reply, sum);
}

/** An integer reply that is exact beyond 2^53. */
function replyInt64(reply: ReplyWriter, value: number | bigint): void {
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
  counter('incr', 2, (context) => onKey(context, 1, 'write', increment)),
  counter('decr', 2, (context) => onKey(context, 1, 'write', decrementByOne)),
  counter('incrby', 3, (context) => add(context, int64Argument(context.args, 2))),
  counter('decrby', 3, decrement),
];
