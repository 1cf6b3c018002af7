import { persistPrefix, SatchelError } from '@satchel/proto/core';
import type { CommandArguments } from '@satchel/proto/resp';
import { Key } from '../../store/key.js';
import type { CommandContext } from '../command.js';
import { inTurn, type KeyAction } from '../in-turn.js';
import type { GateMode } from '../key-gate.js';

/** What a command does with one key; see {@link KeyAction}. Arguments are read from the context anew after each `await`. */
export type CommandAction = KeyAction<CommandContext>;

/** What a command does with a `@persist/` key; the key is without that prefix and owns its bytes. */
export type PersistedAction = (context: CommandContext, key: Key) => Promise<void>;

/** Runs `action` on the key that is argument `index` when its turn has come. `@persist/` keys are refused. */
export function onKey(context: CommandContext, index: number, mode: GateMode, action: CommandAction): void | Promise<void> {
  const { args, job } = context;
  if (isPersistKey(args, index)) throw persistRefusal();
  const key = job.scratchKey.set(args.buffer, args.start(index), args.end(index));
  return inTurn(job, context, key, mode, context.nowMs, action);
}

/** As {@link onKey}; a `@persist/` key goes to `persisted`. */
export function onAnyKey(
  context: CommandContext,
  index: number,
  mode: GateMode,
  action: CommandAction,
  persisted: PersistedAction,
): void | Promise<void> {
  if (isPersistKey(context.args, index)) return persisted(context, persistedKey(context.args, index));
  return onKey(context, index, mode, action);
}

/**
 * Calls `visit` for the keys from argument 1 on, every `step`-th, without waiting in between: so each key has its turn before commands
 * that come later. Without a promise if none of the calls returns one. A visit that throws is the last; the first failure is told
 * when all have settled.
 */
export function onEachKey(
  context: CommandContext,
  step: number,
  visit: (context: CommandContext, index: number) => void | Promise<void>,
): void | Promise<void> {
  const count = context.args.count;
  const underWay: Promise<void>[] = [];
  for (let index = 1; index < count; index += step) {
    try {
      const pending = visit(context, index);
      if (pending !== undefined) underWay.push(pending);
    } catch (error) {
      if (underWay.length === 0) throw error;
      underWay.push(Promise.reject(error));
      break;
    }
  }
  if (underWay.length > 0) return allOf(underWay);
}

async function allOf(underWay: readonly Promise<void>[]): Promise<void> {
  const failure = (await Promise.allSettled(underWay)).find((result) => result.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}

const at = persistPrefix.charCodeAt(0);

/** Whether an argument is a key of the namespace's persisted objects. */
export function isPersistKey(args: CommandArguments, index: number): boolean {
  const start = args.start(index);
  if (args.buffer[start] !== at || args.end(index) - start < persistPrefix.length) return false;
  return args.buffer.toString('latin1', start, start + persistPrefix.length) === persistPrefix;
}

/** The argument's key without `@persist/`, with bytes of its own. */
export function persistedKey(args: CommandArguments, index: number): Key {
  return Key.of(args.bytes(index).subarray(persistPrefix.length));
}

/** The error of writing a `@persist/` key directly. */
export function persistRefusal(): SatchelError {
  return new SatchelError(
    'invalid-argument',
    `keys that begin with ${persistPrefix} are the namespace's persisted objects: they can be read, listed and deleted, and are written by SATCHEL.PUT key value PERSIST`,
  );
}
