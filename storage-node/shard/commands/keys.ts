import { typeOf } from '../collections/collection.js';
import type { Command, CommandContext } from '../command.js';
import { optionArgument, syntaxError } from './arguments.js';
import { type CommandAction, isPersistKey, onAnyKey, onEachKey, onKey, persistedKey } from './on-key.js';
import { persistedExists, persistedType } from './persisted.js';
import { andThen } from './values.js';

const everyKey = { first: 1, last: -1, step: 1 };

/** Counts the keys of a command for which `there` says yes, in their turn. */
function countKeys(
  context: CommandContext,
  mode: 'read' | 'write',
  there: (context: CommandContext, key: Parameters<CommandAction>[1], nowMs: number) => boolean,
  persisted: (context: CommandContext, key: ReturnType<typeof persistedKey>) => Promise<boolean>,
): void | Promise<void> {
  let count = 0;
  const action: CommandAction = (_, key, nowMs) => {
    if (there(context, key, nowMs)) count++;
  };
  // One request to the object store at a time, however many keys.
  let asked = Promise.resolve();
  const counted = onEachKey(context, 1, (_, index) => {
    if (!isPersistKey(context.args, index)) return onKey(context, index, mode, action);
    asked = asked.then(async () => {
      if (await persisted(context, persistedKey(context.args, index))) count++;
    });
    return asked;
  });
  if (counted !== undefined) return counted.then(() => context.reply.integer(count));
  context.reply.integer(count);
}

function remove(context: CommandContext): void | Promise<void> {
  return countKeys(
    context,
    'write',
    ({ job }, key, nowMs) => job.delete(key, nowMs),
    ({ job }, key) => job.persisted.delete(key),
  );
}

function exists(context: CommandContext): void | Promise<void> {
  return countKeys(
    context,
    'read',
    ({ job }, key, nowMs) => job.lookupAny(key, nowMs) !== undefined,
    ({ job }, key) => persistedExists(job, key),
  );
}

const type: CommandAction = ({ job, reply }, key, nowMs) => {
  const object = job.lookupAny(key, nowMs);
  reply.simple(object === undefined ? 'none' : typeOf(object));
};

function databaseSize({ job, reply }: CommandContext): void | Promise<void> {
  job.assertListable('');
  return andThen(job.steering.surveyed, () => reply.integer(job.objectCount));
}

function flush(context: CommandContext): void | Promise<void> {
  const { args, job, reply } = context;
  if (args.count > 2) throw syntaxError();
  if (args.count === 2 && !['ASYNC', 'SYNC'].includes(optionArgument(args, 1))) throw syntaxError();
  const cleared = job.clear();
  if (cleared !== undefined) return cleared.then(() => reply.ok());
  reply.ok();
}

function keysCommand(name: string, verb: 'read' | 'write', run: Command['run']): Command {
  return { name, arity: -2, scope: 'keys', keys: everyKey, merge: 'sum', verb, flags: ['fast'], run };
}

/** Keys as such: removing, asking for them, all of them. */
export const keyCommands: readonly Command[] = [
  keysCommand('del', 'write', remove),
  keysCommand('unlink', 'write', remove),
  keysCommand('exists', 'read', exists),
  keysCommand('touch', 'read', exists),
  {
    name: 'type',
    arity: 2,
    scope: 'key',
    keys: { first: 1, last: 1, step: 1 },
    verb: 'read',
    flags: ['fast'],
    run: (context) => onAnyKey(context, 1, 'read', type, persistedType),
  },
  { name: 'dbsize', arity: 1, scope: 'job', merge: 'sum', verb: 'read', flags: ['fast'], run: databaseSize },
  { name: 'flushall', arity: -1, scope: 'job', merge: 'ok', verb: 'write', run: flush },
  { name: 'flushdb', arity: -1, scope: 'job', merge: 'ok', verb: 'write', run: flush },
];
