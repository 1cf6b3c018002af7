import { SatchelError } from '@satchel/proto/core';
import { Key } from '../../store/key.js';
import { plainMetadata } from '../../store/tier-store.js';
import { Collection } from '../collections/collection.js';
import type { Command, CommandContext } from '../command.js';
import { inTurnOfAll } from '../in-turn-of-all.js';
import type { ShardJob } from '../job.js';
import { wrongArgumentCount } from './arguments.js';
import { isPersistKey, persistRefusal } from './on-key.js';
import { andThen, metadataOf, readPart } from './values.js';

/** RENAME and RENAMENX: the object with its time to live and all it is, in place of what was there. */
function rename(onlyIfMissing: boolean): Command['run'] {
  return (context) => {
    const { job, nowMs, reply } = context;
    const from = keyArgument(context, 1);
    const to = keyArgument(context, 2);
    const renamed = inTurnOfAll(job, [from, to], nowMs, (now) => {
      const there = job.lookupAny(from, now) !== undefined;
      if (!there) throw new SatchelError('invalid-argument', 'no such key');
      const same = from.toString() === to.toString();
      if (onlyIfMissing && (same || job.lookupToWrite(to, now) !== undefined)) {
        reply.integer(0);
        return;
      }
      return andThen(same ? undefined : move(job, from, to, now), () => (onlyIfMissing ? reply.integer(1) : reply.ok()));
    });
    return andThen(renamed, () => job.pops.serve(to));
  };
}

function move(job: ShardJob, from: Key, to: Key, nowMs: number): void | Promise<void> {
  const object = job.lookupAny(from, nowMs);
  if (object === undefined) return;
  if (object instanceof Collection) {
    return andThen(job.collections.takeBytes(to.length - from.length), () => {
      job.delete(to, nowMs);
      job.collections.rename(object, to, nowMs);
    });
  }
  if (object.manifest)
    throw new SatchelError('invalid-argument', 'a striped object keeps its key; copy it, and delete the old one');
  const metadata = { ...metadataOf(object), persist: false };
  const { tier } = object;
  // The old name goes only once the new one is there.
  return andThen(readPart(object, 0, object.valueLength), (value) =>
    andThen(job.put(to, value, 0, value.length, metadata, nowMs, tier), () => {
      job.delete(from, nowMs);
    }),
  );
}

/** MSETNX: all or, if one of the keys is there, none. */
function setManyIfMissing(context: CommandContext): void | Promise<void> {
  const { args, job, nowMs, reply } = context;
  if (args.count % 2 === 0) throw wrongArgumentCount('msetnx');
  const keys = Array.from({ length: (args.count - 1) / 2 }, (_, pair) => keyArgument(context, 1 + 2 * pair));
  return inTurnOfAll(job, keys, nowMs, (now) => {
    if (keys.some((key) => job.lookupToWrite(key, now) !== undefined)) {
      reply.integer(0);
      return;
    }
    const values = keys.map((_, pair) => context.args.bytes(2 + 2 * pair));
    return andThen(putAll(job, keys, values, now), () => {
      for (const { length } of values) job.usage.bytesIn += length;
      reply.integer(1);
    });
  });
}

/** Puts values under keys that are missing; an error leaves none of them. */
function putAll(job: ShardJob, keys: readonly Key[], values: readonly Buffer[], nowMs: number): void | Promise<void> {
  const undo = (error: unknown): never => {
    for (const key of keys) job.delete(key, nowMs);
    throw error;
  };
  const putFrom = (first: number): void | Promise<void> => {
    for (let index = first; index < keys.length; index++) {
      const value = values[index] as Buffer;
      const putting = job.put(keys[index] as Key, value, 0, value.length, plainMetadata(nowMs), nowMs);
      if (putting !== undefined) return putting.then(() => putFrom(index + 1));
    }
  };
  try {
    return putFrom(0)?.catch(undo);
  } catch (error) {
    return undo(error);
  }
}

function keyArgument({ args }: CommandContext, index: number): Key {
  if (isPersistKey(args, index)) throw persistRefusal();
  return Key.of(args.bytes(index));
}

const twoKeys = { first: 1, last: 2, step: 1 };

/** Commands that change several keys as one: on a job of several shards all must lie on the same. */
export const renameCommands: readonly Command[] = [
  { name: 'rename', arity: 3, scope: 'keys', together: true, keys: twoKeys, verb: 'write', run: rename(false) },
  { name: 'renamenx', arity: 3, scope: 'keys', together: true, keys: twoKeys, verb: 'write', flags: ['fast'], run: rename(true) },
  {
    name: 'msetnx',
    arity: -3,
    scope: 'keys',
    together: true,
    keys: { first: 1, last: -1, step: 2 },
    verb: 'write',
    flags: ['denyoom'],
    run: setManyIfMissing,
  },
];
