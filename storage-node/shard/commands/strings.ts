import { limits, SatchelError } from '@satchel/proto/core';
import type { Key } from '../../store/key.js';
import { plainMetadata, type StoredObject } from '../../store/tier-store.js';
import type { Command, CommandContext } from '../command.js';
import { replyStriped } from '../striping/reply-striped.js';
import { stripeOf } from '../striping/striped-value.js';
import { assertMayRead, integerArgument } from './arguments.js';
import { type CommandAction, onAnyKey, onKey } from './on-key.js';
import { persistedGet, persistedGetRange, persistedLength } from './persisted.js';
import { rangeOf } from './ranges.js';
import { andThen, metadataOf, readPart, replyAtOnce, replyWhole, stripedRefusal } from './values.js';

const oneKey = { first: 1, last: 1, step: 1 };

const get: CommandAction = (context, key, nowMs, mode) => {
  const object = context.job.lookup(key, nowMs);
  if (object !== undefined) return replyWhole(context, key, object, nowMs, mode);
  context.reply.nil();
};

const getDelete: CommandAction = (context, key, nowMs) => {
  const { job, reply } = context;
  const object = job.lookup(key, nowMs);
  if (object === undefined) {
    reply.nil();
    return;
  }
  const own = key.copy();
  return andThen(readPart(object, 0, object.valueLength), (value) => {
    job.delete(own, nowMs);
    job.usage.bytesOut += value.length;
    reply.bulk(value);
  });
};

const length: CommandAction = (context, key, nowMs) => {
  const object = context.job.lookup(key, nowMs);
  if (object?.manifest) return andThen(stripeOf(object), ({ size }) => context.reply.integer(size));
  context.reply.integer(object?.valueLength ?? 0);
};

/** GETRANGE of an object, or what a reader needs who knows stripes. */
export const getRange: CommandAction = (context, key, nowMs) => {
  const { args, job, reply } = context;
  const first = integerArgument(args, 2);
  const last = integerArgument(args, 3);
  const object = job.lookup(key, nowMs);
  if (object !== undefined && object.readsLeft > 0) throw partOfCountedReads();
  if (object?.manifest) return replyStriped(context, key, object, (size) => rangeOf(first, last, size));
  const range = rangeOf(first, last, object?.valueLength ?? 0);
  if (object === undefined || range === undefined) {
    reply.bulk(Buffer.alloc(0));
    return;
  }
  if (object.tier === 'dram') return replyAtOnce(context, object, range.from, range.to);
  return andThen(readPart(object, range.from, range.to), (value) => {
    job.usage.bytesOut += value.length;
    reply.bulk(value);
  });
};

const append: CommandAction = (context, key, nowMs) => {
  const { args, job, reply } = context;
  const added = args.end(2) - args.start(2);
  return rewrite(context, key, nowMs, job.lookup(key, nowMs), (old) => {
    const value = Buffer.allocUnsafe(checkedLength(old + added));
    args.buffer.copy(value, old, args.start(2), args.end(2));
    return { value, reply: () => reply.integer(value.length), bytesIn: added };
  });
};

const setRange: CommandAction = (context, key, nowMs) => {
  const { args, job, reply } = context;
  const offset = integerArgument(args, 2);
  if (offset < 0) throw new SatchelError('invalid-argument', 'offset is out of range');
  const object = job.lookup(key, nowMs);
  const added = args.end(3) - args.start(3);
  if (added === 0 && !object?.manifest) {
    reply.integer(object?.valueLength ?? 0);
    return;
  }
  return rewrite(context, key, nowMs, object, (old) => {
    const value = Buffer.alloc(checkedLength(Math.max(old, offset + added)));
    const patch = () => args.buffer.copy(value, offset, args.start(3), args.end(3));
    return { value, patch, reply: () => reply.integer(value.length), bytesIn: added };
  });
};

/** The new value of an object: `value` with room for the old one at its start, and what to do once that is there. */
interface Rewriting {
  readonly value: Buffer;
  readonly patch?: () => void;
  readonly reply: () => void;
  readonly bytesIn: number;
}

/** Replaces a value by one that begins with it; metadata stays as it is, and the tier if it has room. */
function rewrite(
  context: CommandContext,
  key: Key,
  nowMs: number,
  object: StoredObject | undefined,
  plan: (oldLength: number) => Rewriting,
): void | Promise<void> {
  const { job } = context;
  if (object?.manifest) throw stripedRefusal();
  const oldLength = object?.valueLength ?? 0;
  const { value, patch, reply, bytesIn } = plan(oldLength);
  const metadata = object === undefined ? plainMetadata(nowMs) : metadataOf(object);
  const tier = object?.tier;
  const own = key.copy();
  const put = () => {
    patch?.();
    return andThen(job.put(own, value, 0, value.length, metadata, nowMs, tier), () => {
      job.usage.bytesIn += bytesIn;
      reply();
    });
  };
  return andThen(object?.read(0, oldLength, value, 0), put);
}

function checkedLength(bytes: number): number {
  if (bytes <= limits.valueBytes) return bytes;
  throw new SatchelError('too-large', `the value would have ${bytes} bytes, the limit is ${limits.valueBytes}`);
}

function partOfCountedReads(): SatchelError {
  return new SatchelError('invalid-argument', 'the object is stored with READS, which counts whole reads: use GET');
}

/** Reading and changing one value. */
export const stringCommands: readonly Command[] = [
  {
    name: 'get',
    arity: 2,
    scope: 'key',
    keys: oneKey,
    verb: 'read',
    flags: ['fast'],
    run: (context) => onAnyKey(context, 1, 'read', get, persistedGet),
  },
  {
    name: 'getdel',
    arity: 2,
    scope: 'key',
    keys: oneKey,
    verb: 'write',
    flags: ['fast'],
    run(context) {
      assertMayRead(context, 'GETDEL');
      return onKey(context, 1, 'write', getDelete);
    },
  },
  {
    name: 'strlen',
    arity: 2,
    scope: 'key',
    keys: oneKey,
    verb: 'read',
    flags: ['fast'],
    run: (context) => onAnyKey(context, 1, 'read', length, persistedLength),
  },
  ...['getrange', 'substr'].map(
    (name): Command => ({
      name,
      arity: 4,
      scope: 'key',
      keys: oneKey,
      verb: 'read',
      run: (context) => onAnyKey(context, 1, 'read', getRange, persistedGetRange),
    }),
  ),
  {
    name: 'append',
    arity: 3,
    scope: 'key',
    keys: oneKey,
    verb: 'write',
    flags: ['denyoom', 'fast'],
    run: (context) => onKey(context, 1, 'write', append),
  },
  {
    name: 'setrange',
    arity: 4,
    scope: 'key',
    keys: oneKey,
    verb: 'write',
    flags: ['denyoom'],
    run: (context) => onKey(context, 1, 'write', setRange),
  },
];
