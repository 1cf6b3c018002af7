import { isTier, limits, persistPrefix, SatchelError, type Tier } from '@satchel/proto/core';
import type { ReplyWriter } from '@satchel/proto/resp';
import type { Key } from '../../store/key.js';
import { type ObjectMetadata, objectCharge, type StoredObject } from '../../store/tier-store.js';
import type { Command, CommandContext } from '../command.js';
import { integerArgument, latin1Argument, optionArgument, syntaxError, valueIndex } from './arguments.js';
import { positiveExpiryArgument } from './expiry-argument.js';
import { type CommandAction, onAnyKey, onKey } from './on-key.js';
import { deletePersisted, persistedKeys, persistedStat } from './persisted.js';
import { andThen } from './values.js';

const oneKey = { first: 1, last: 1, step: 1 };
const largestNumber = 2 ** 31 - 1;

/** What SATCHEL.PUT was asked for besides the value. */
interface PutOptions {
  expiresAtMs: number;
  onlyIfMissing: boolean;
  tier: Tier | undefined;
  persist: boolean;
  /** 0: any number. */
  reads: number;
  /** -1: none. */
  attempt: number;
}

function putOptions({ args, nowMs }: CommandContext): PutOptions {
  const options: PutOptions = {
    expiresAtMs: 0,
    onlyIfMissing: false,
    tier: undefined,
    persist: false,
    reads: 0,
    attempt: -1,
  };
  for (let index = 3; index < args.count; index++) {
    const option = optionArgument(args, index);
    if (option === 'NX') options.onlyIfMissing = true;
    else if (option === 'PERSIST') options.persist = true;
    else {
      const value = valueIndex(args, index++);
      if ((option === 'EX' || option === 'PX') && options.expiresAtMs === 0) {
        options.expiresAtMs = positiveExpiryArgument(args, value, option, nowMs, 'satchel.put');
      } else if (option === 'TIER') options.tier = tierArgument(args.text(value));
      else if (option === 'READS') options.reads = numberFrom(1, integerArgument(args, value), option);
      else if (option === 'ATTEMPT') options.attempt = numberFrom(0, integerArgument(args, value), option);
      else throw syntaxError();
    }
  }
  return options;
}

function tierArgument(word: string): Tier {
  const tier = word.toLowerCase();
  if (isTier(tier)) return tier;
  throw new SatchelError('invalid-argument', `TIER is '${word.slice(0, 32)}'; it must be dram, ssd or object`);
}

function numberFrom(least: number, value: number, option: string): number {
  if (value >= least && value <= largestNumber) return value;
  throw new SatchelError(
    'invalid-argument',
    `${option} is ${value}; it must be a whole number from ${least} to ${largestNumber}`,
  );
}

function put(context: CommandContext): void | Promise<void> {
  const options = putOptions(context);
  return onKey(context, 1, 'write', (_, key, nowMs) => {
    const { reply } = context;
    const object = options.onlyIfMissing || options.attempt >= 0 ? context.job.lookupToWrite(key, nowMs) : undefined;
    if (object !== undefined && options.attempt >= 0 && object.attempt !== options.attempt) throw fenced(object, options.attempt);
    if (object !== undefined && options.onlyIfMissing) {
      reply.nil();
      return;
    }
    const own = key.copy();
    return andThen(options.persist ? persist(context, own, options, nowMs) : undefined, () =>
      store(context, own, options, nowMs),
    );
  });
}

/** Brings the object to the object tier under the namespace before it is stored here, so that the acknowledgement covers both. */
async function persist(context: CommandContext, key: Key, options: PutOptions, nowMs: number): Promise<void> {
  const { args, job } = context;
  const bytes = args.end(2) - args.start(2);
  await job.persisted.put(key, args.buffer, args.start(2), args.end(2), metadataFor(options, nowMs));
  job.usage.persistedBytes += objectCharge(key.length, bytes);
}

function store(context: CommandContext, key: Key, options: PutOptions, nowMs: number): void | Promise<void> {
  const { args, job, reply } = context;
  const bytes = args.end(2) - args.start(2);
  const metadata = metadataFor(options, nowMs);
  return andThen(job.put(key, args.buffer, args.start(2), args.end(2), metadata, nowMs, options.tier), () => {
    job.usage.bytesIn += bytes;
    reply.ok();
  });
}

function metadataFor(options: PutOptions, nowMs: number): ObjectMetadata {
  const { expiresAtMs, reads, attempt, persist: kept } = options;
  return { createdMs: nowMs, expiresAtMs, readsLeft: reads, attempt, persist: kept, manifest: false };
}

function fenced(object: StoredObject, attempt: number): SatchelError {
  const stored = object.attempt < 0 ? 'without an attempt' : `by attempt ${object.attempt}`;
  return new SatchelError(
    'fenced',
    `the key was written ${stored}, so attempt ${attempt} may not write it; delete it to start over`,
  );
}

function fail(context: CommandContext): void | Promise<void> {
  const { args } = context;
  const bytes = args.end(2) - args.start(2);
  if (bytes > limits.failReasonBytes) {
    throw new SatchelError('too-large', `the reason has ${bytes} bytes, the limit is ${limits.failReasonBytes}`);
  }
  const reason = args.text(2);
  return onKey(context, 1, 'write', ({ job, reply }, key, nowMs) => {
    const failing = job.fail(key, reason, nowMs);
    if (failing !== undefined) return failing.then(() => reply.ok());
    reply.ok();
  });
}

type Stat = Pick<StoredObject, 'valueLength' | 'tier' | 'expiresAtMs' | 'persist' | 'readsLeft' | 'attempt' | 'createdMs'>;

/** `ttl` is in milliseconds, -1: none; `reads` 0: any number; `attempt` -1: none. */
function replyStat(reply: ReplyWriter, stat: Stat | undefined, nowMs: number): void {
  if (stat === undefined) {
    reply.nil();
    return;
  }
  reply.map(7);
  reply.text('size');
  reply.integer(stat.valueLength);
  reply.text('tier');
  reply.text(stat.tier);
  reply.text('ttl');
  reply.integer(stat.expiresAtMs === 0 ? -1 : stat.expiresAtMs - nowMs);
  reply.text('persist');
  reply.integer(stat.persist ? 1 : 0);
  reply.text('reads');
  reply.integer(stat.readsLeft);
  reply.text('attempt');
  reply.integer(stat.attempt);
  reply.text('created');
  reply.integer(stat.createdMs);
}

const stat: CommandAction = ({ job, reply }, key, nowMs) => {
  replyStat(reply, job.lookup(key, nowMs), nowMs);
};

async function statPersisted({ job, reply, nowMs }: CommandContext, key: Key): Promise<void> {
  replyStat(reply, await persistedStat(job, key), nowMs);
}

function count(context: CommandContext): void | Promise<void> {
  const { args, job, reply } = context;
  const prefix = latin1Argument(args, 1);
  if (prefix.startsWith(persistPrefix)) {
    return persistedKeys(job, prefix).then((keys) => reply.integer(keys.length));
  }
  job.assertListable(prefix);
  const counter = job.counters.open(prefix);
  const finish = () => {
    reply.integer(counter.count);
    job.counters.close(counter);
  };
  if (counter.ready === undefined) return finish();
  return counter.ready.then(finish, (error: unknown) => {
    job.counters.close(counter);
    throw error;
  });
}

async function deletePrefix(context: CommandContext): Promise<void> {
  const { args, job, reply } = context;
  const prefix = latin1Argument(args, 1);
  const deleted = prefix.startsWith(persistPrefix) ? deletePersisted(job, prefix) : job.deletePrefix(prefix);
  reply.integer(await deleted);
}

/** Satchel's own commands for objects; those that wait are in waits.ts. */
export const satchelCommands: readonly Command[] = [
  { name: 'satchel.put', arity: -3, scope: 'key', keys: oneKey, verb: 'write', flags: ['denyoom'], run: put },
  { name: 'satchel.fail', arity: 3, scope: 'key', keys: oneKey, verb: 'write', run: fail },
  {
    name: 'satchel.stat',
    arity: 2,
    scope: 'key',
    keys: oneKey,
    verb: 'read',
    flags: ['fast'],
    run: (context) => onAnyKey(context, 1, 'read', stat, statPersisted),
  },
  { name: 'satchel.count', arity: 2, scope: 'job', merge: 'sum', verb: 'read', run: count },
  { name: 'satchel.delprefix', arity: 2, scope: 'job', merge: 'sum', verb: 'write', run: deletePrefix },
];
