import type { Key } from '../../store/key.js';
import { plainMetadata } from '../../store/tier-store.js';
import type { Command, CommandContext } from '../command.js';
import { assertMayRead, optionArgument, syntaxError, valueIndex } from './arguments.js';
import { isTimeUnit, positiveExpiryArgument } from './expiry-argument.js';
import { type CommandAction, onKey } from './on-key.js';
import { andThen, putArgument, readPart } from './values.js';

const oneKey = { first: 1, last: 1, step: 1 };

/** What SET was asked for besides the value. */
interface SetOptions {
  expiresAtMs: number;
  keepTtl: boolean;
  /** NX: only if it is missing; XX: only if it is there. */
  condition: 'NX' | 'XX' | undefined;
  /** Reply with the old value. */
  get: boolean;
}

const setPlain: CommandAction = (context, key, nowMs) => {
  const { args, job, reply } = context;
  const bytes = args.lengthOf(2);
  const storing = putArgument(context, key, 2, job.plainMetadata(nowMs), nowMs);
  if (storing !== undefined) return storing.then(() => finishSet(context, bytes));
  job.usage.bytesIn += bytes;
  reply.ok();
};

function finishSet(context: CommandContext, bytes: number): void {
  context.job.usage.bytesIn += bytes;
  context.reply.ok();
}

function set(context: CommandContext): void | Promise<void> {
  if (context.args.count === 3) return onKey(context, 1, 'write', setPlain);
  const options = setOptions(context);
  if (options.get) assertMayRead(context, 'SET with GET');
  return onKey(context, 1, 'write', (_, key, nowMs) => setAs(context, key, nowMs, 2, options));
}

function setOptions(context: CommandContext): SetOptions {
  const { args, nowMs } = context;
  const options: SetOptions = { expiresAtMs: 0, keepTtl: false, condition: undefined, get: false };
  let time: number | undefined;
  for (let index = 3; index < args.count; index++) {
    const option = optionArgument(args, index);
    if ((option === 'NX' || option === 'XX') && (options.condition ?? option) === option) options.condition = option;
    else if (option === 'GET') options.get = true;
    else if (option === 'KEEPTTL' && time === undefined) options.keepTtl = true;
    else if (isTimeUnit(option) && time === undefined && !options.keepTtl) time = index++;
    else throw syntaxError();
  }
  if (time === undefined) return options;
  const unit = optionArgument(args, time);
  if (isTimeUnit(unit)) options.expiresAtMs = positiveExpiryArgument(args, valueIndex(args, time), unit, nowMs, 'set');
  return options;
}

/** Sets a key to argument `valueAt` under conditions; replies as SET does. */
function setAs(context: CommandContext, key: Key, nowMs: number, valueAt: number, options: SetOptions): void | Promise<void> {
  const { job, reply } = context;
  const own = key.copy();
  const object = present(context, key, nowMs, options);
  const there = object !== undefined;
  const expiresAtMs = options.keepTtl ? (object?.expiresAtMs ?? 0) : options.expiresAtMs;
  const reading = options.get && object !== undefined ? readPart(object, 0, object.valueLength) : undefined;
  return andThen(reading, (old) => {
    const answer = () => {
      if (old !== undefined) job.usage.bytesOut += old.length;
      if (old === undefined) reply.nil();
      else reply.bulk(old);
    };
    if (options.condition !== undefined && (options.condition === 'XX') !== there) return answer();
    return store(context, own, nowMs, valueAt, expiresAtMs, () => (options.get ? answer() : reply.ok()));
  });
}

function present(context: CommandContext, key: Key, nowMs: number, options: SetOptions) {
  if (options.get) return context.job.lookup(key, nowMs);
  if (options.condition !== undefined) return context.job.lookupToWrite(key, nowMs);
  return context.job.find(key, nowMs);
}

/** Stores argument `valueAt` with plain metadata, then calls `done`. */
function store(
  context: CommandContext,
  key: Key,
  nowMs: number,
  valueAt: number,
  expiresAtMs: number,
  done: () => void,
): void | Promise<void> {
  const { args, job } = context;
  const bytes = args.lengthOf(valueAt);
  const metadata = { ...plainMetadata(nowMs), expiresAtMs };
  return andThen(putArgument(context, key, valueAt, metadata, nowMs), () => {
    job.usage.bytesIn += bytes;
    done();
  });
}

const setIfMissing: CommandAction = (context, key, nowMs) => {
  const { job, reply } = context;
  if (job.lookupToWrite(key, nowMs) !== undefined) {
    reply.integer(0);
    return;
  }
  return store(context, key, nowMs, 2, 0, () => reply.integer(1));
};

function setForTime(unit: 'EX' | 'PX', name: string): Command['run'] {
  return (context) => {
    const expiresAtMs = positiveExpiryArgument(context.args, 2, unit, context.nowMs, name);
    return onKey(context, 1, 'write', (_, key, nowMs) => {
      return store(context, key, nowMs, 3, expiresAtMs, () => context.reply.ok());
    });
  };
}

function getAndSet(context: CommandContext): void | Promise<void> {
  assertMayRead(context, 'GETSET');
  const options: SetOptions = { expiresAtMs: 0, keepTtl: false, condition: undefined, get: true };
  return onKey(context, 1, 'write', (_, key, nowMs) => setAs(context, key, nowMs, 2, options));
}

function writing(name: string, arity: number, run: Command['run'], value = 2): Command {
  const flow = { argument: value, last: false };
  return { name, arity, scope: 'key', keys: oneKey, flow, verb: 'write', flags: ['denyoom'], run };
}

/** Setting one value. */
export const setCommands: readonly Command[] = [
  writing('set', -3, set),
  writing('setnx', 3, (context) => onKey(context, 1, 'write', setIfMissing)),
  writing('setex', 4, setForTime('EX', 'setex'), 3),
  writing('psetex', 4, setForTime('PX', 'psetex'), 3),
  writing('getset', 3, getAndSet),
];
