import { SatchelError } from '@satchel/proto/core';
import type { StoredObject } from '../../store/tier-store.js';
import { typeOf } from '../collections/collection.js';
import type { Command, CommandContext } from '../command.js';
import { parseInt64 } from './arguments.js';
import { type CommandAction, onKey } from './on-key.js';
import { subcommands } from './subcommands.js';
import { andThen, readPart } from './values.js';

/** Digits of the longest 64-bit integer. */
const longestInteger = 20;
/** Strings up to this are `embstr` in Redis. */
const embeddedBytes = 44;

function encoding(object: StoredObject): string | Promise<string> {
  const type = typeOf(object);
  if (type !== 'string') return type === 'list' ? 'quicklist' : 'hashtable';
  if (object.valueLength > embeddedBytes) return 'raw';
  if (object.valueLength > longestInteger) return 'embstr';
  return andThen(readPart(object, 0, object.valueLength), (value) =>
    parseInt64(value.toString('latin1')) === undefined ? 'embstr' : 'int',
  );
}

/** Answers about the object that argument 2 names; nil if there is none. */
function about(answer: (context: CommandContext, object: StoredObject, nowMs: number) => void | Promise<void>) {
  const action: CommandAction = (context, key, nowMs) => {
    const object = context.job.lookupAny(key, nowMs);
    if (object !== undefined) return answer(context, object, nowMs);
    context.reply.nil();
  };
  return { arity: 3, run: (context: CommandContext) => onKey(context, 2, 'read', action) };
}

const object = subcommands('object', {
  encoding: about(({ reply }, found) => andThen(encoding(found), (name) => reply.text(name))),
  idletime: about(({ reply }, found, nowMs) => reply.integer(Math.max(0, Math.floor((nowMs - found.createdMs) / 1000)))),
  refcount: about(({ reply }) => reply.integer(1)),
  freq: about(() => {
    throw new SatchelError(
      'invalid-argument',
      'An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.',
    );
  }),
});

/** What is known of one object. */
export const objectCommands: readonly Command[] = [
  { name: 'object', arity: -3, scope: 'key', keys: { first: 2, last: 2, step: 1 }, verb: 'read', run: object },
];
