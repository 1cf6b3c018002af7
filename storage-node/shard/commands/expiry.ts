import { SatchelError } from '@satchel/proto/core';
import type { Command, CommandContext } from '../command.js';
import { assertMayRead, optionArgument, syntaxError } from './arguments.js';
import { expiryArgument, isTimeUnit, positiveExpiryArgument, type TimeUnit } from './expiry-argument.js';
import { type CommandAction, onAnyKey, onKey } from './on-key.js';
import { persistedExpiry } from './persisted.js';
import { andThen, readPart, replyWhole } from './values.js';

const oneKey = { first: 1, last: 1, step: 1 };

/** Whether EXPIRE's conditions let it replace one expiry (0: never) by another. */
export function expiryAllowed(conditions: ReadonlySet<string>, beforeMs: number, afterMs: number): boolean {
  if (conditions.has('NX') && beforeMs !== 0) return false;
  if (conditions.has('XX') && beforeMs === 0) return false;
  if (conditions.has('GT') && (beforeMs === 0 || afterMs <= beforeMs)) return false;
  return !(conditions.has('LT') && beforeMs !== 0 && afterMs >= beforeMs);
}

function conditionArguments({ args }: CommandContext): ReadonlySet<string> {
  const conditions = new Set<string>();
  for (let index = 3; index < args.count; index++) {
    const option = optionArgument(args, index);
    if (!['NX', 'XX', 'GT', 'LT'].includes(option)) {
      throw new SatchelError('invalid-argument', `Unsupported option ${args.text(index)}`);
    }
    conditions.add(option);
  }
  if (conditions.has('NX') && conditions.size > 1) {
    throw new SatchelError('invalid-argument', 'NX and XX, GT or LT options at the same time are not compatible');
  }
  if (conditions.has('GT') && conditions.has('LT')) {
    throw new SatchelError('invalid-argument', 'GT and LT options at the same time are not compatible');
  }
  return conditions;
}

function expireCommand(name: string, unit: TimeUnit): Command {
  const run = (context: CommandContext) => {
    const conditions = conditionArguments(context);
    const atMs = expiryArgument(context.args, 2, unit, context.nowMs, name);
    return onKey(context, 1, 'write', ({ job, reply }, key, nowMs) => {
      const object = job.lookupAny(key, nowMs);
      const changes = object !== undefined && expiryAllowed(conditions, object.expiresAtMs, atMs);
      if (changes && atMs <= nowMs) job.delete(key, nowMs);
      else if (changes) job.expire(key, object, atMs, nowMs);
      reply.integer(changes ? 1 : 0);
    });
  };
  return { name, arity: -3, scope: 'key', keys: oneKey, verb: 'write', flags: ['fast'], run };
}

/** Shows when something expires: `expiresAtMs` 0 is never. */
type ShowExpiry = (expiresAtMs: number, nowMs: number) => number;

function expiryQuery(name: string, show: ShowExpiry): Command {
  const answer = (expiresAtMs: number | undefined, nowMs: number) => {
    if (expiresAtMs === undefined) return -2;
    return expiresAtMs === 0 ? -1 : show(expiresAtMs, nowMs);
  };
  const action: CommandAction = ({ job, reply }, key, nowMs) => {
    reply.integer(answer(job.lookupAny(key, nowMs)?.expiresAtMs, nowMs));
  };
  const run = (context: CommandContext) =>
    onAnyKey(context, 1, 'read', action, async ({ job, reply, nowMs }, key) => {
      reply.integer(answer(await persistedExpiry(job, key), nowMs));
    });
  return { name, arity: 2, scope: 'key', keys: oneKey, verb: 'read', flags: ['fast'], run };
}

const removeExpiry: CommandAction = ({ job, reply }, key, nowMs) => {
  const object = job.lookupAny(key, nowMs);
  const changes = object !== undefined && object.expiresAtMs !== 0;
  if (changes) job.expire(key, object, 0, nowMs);
  reply.integer(changes ? 1 : 0);
};

function getAndExpire(context: CommandContext): void | Promise<void> {
  assertMayRead(context, 'GETEX');
  assertGetExOptions(context);
  return context.args.count === 2 ? onKey(context, 1, 'read', getPlainly) : onKey(context, 1, 'write', getExpiring);
}

const getExpiring: CommandAction = (context, key, nowMs) => {
  const { job, reply } = context;
  const object = job.lookup(key, nowMs);
  if (object === undefined) {
    reply.nil();
    return;
  }
  const expiresAtMs = getExExpiry(context);
  const own = key.copy();
  const { readsLeft } = object;
  return andThen(readPart(object, 0, object.valueLength), (value) => {
    const still = job.find(own, nowMs);
    if (still !== undefined) job.expire(own, still, expiresAtMs, nowMs);
    job.countRead(own, readsLeft, nowMs);
    job.usage.bytesOut += value.length;
    reply.bulk(value);
  });
};

const getPlainly: CommandAction = (context, key, nowMs, mode) => {
  const object = context.job.lookup(key, nowMs);
  if (object !== undefined) return replyWhole(context, key, object, nowMs, mode);
  context.reply.nil();
};

function assertGetExOptions({ args }: CommandContext): void {
  if (args.count === 2) return;
  const option = optionArgument(args, 2);
  if (option === 'PERSIST' ? args.count !== 3 : !isTimeUnit(option) || args.count !== 4) throw syntaxError();
}

/** What GETEX with an option changes the expiry to; 0: never. As in Redis the time is only looked at if there is an object. */
function getExExpiry({ args, nowMs }: CommandContext): number {
  const option = optionArgument(args, 2);
  return isTimeUnit(option) ? positiveExpiryArgument(args, 3, option, nowMs, 'getex') : 0;
}

const toSeconds = (ms: number): number => Math.floor((ms + 500) / 1000);

/** When objects expire. */
export const expiryCommands: readonly Command[] = [
  expireCommand('expire', 'EX'),
  expireCommand('pexpire', 'PX'),
  expireCommand('expireat', 'EXAT'),
  expireCommand('pexpireat', 'PXAT'),
  expiryQuery('ttl', (expiresAtMs, nowMs) => toSeconds(expiresAtMs - nowMs)),
  expiryQuery('pttl', (expiresAtMs, nowMs) => expiresAtMs - nowMs),
  expiryQuery('expiretime', (expiresAtMs) => toSeconds(expiresAtMs)),
  expiryQuery('pexpiretime', (expiresAtMs) => expiresAtMs),
  {
    name: 'persist',
    arity: 2,
    scope: 'key',
    keys: oneKey,
    verb: 'write',
    flags: ['fast'],
    run: (context) => onKey(context, 1, 'write', removeExpiry),
  },
  {
    name: 'getex',
    arity: -2,
    scope: 'key',
    keys: oneKey,
    verb: 'write',
    flags: ['fast'],
    run: getAndExpire,
  },
];
