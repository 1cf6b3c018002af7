import { checkedStripe, parseChunkKey, SatchelError, type Stripe } from '@satchel/proto/core';
import type { Key } from '../../store/key.js';
import type { Command, CommandContext, KeyPositions } from '../command.js';
import { integerArgument, optionArgument, syntaxError, valueIndex } from '../commands/arguments.js';
import { type CommandAction, onAnyKey, onKey } from '../commands/on-key.js';
import { persistedGet, persistedGetRange } from '../commands/persisted.js';
import { metadataFor, type PutOptions, putOptions, refusalOf, tierArgument } from '../commands/put-options.js';
import { getRange } from '../commands/strings.js';
import { andThen, readPart, replyWhole } from '../commands/values.js';
import { encodeManifest, stripeOf } from './striped-value.js';

const oneKey: KeyPositions = { first: 1, last: 1, step: 1 };

/** SATCHEL.STRIPEPUT chunk-key value [TIER tier]: writes a chunk of a version that is not complete. */
function putChunk(context: CommandContext): void | Promise<void> {
  const { args } = context;
  const tier = args.count === 3 ? undefined : tierArgument(args.text(tierAt(context)));
  return onKey(context, 1, 'write', ({ args: now, job, reply }, key, nowMs) => {
    job.striping.parts.assertWritable(parseChunkKey(key.buffer, key.start, key.end));
    const bytes = now.end(2) - now.start(2);
    return andThen(job.put(key, now.buffer, now.start(2), now.end(2), job.plainMetadata(nowMs), nowMs, tier), () => {
      job.usage.bytesIn += bytes;
      reply.ok();
    });
  });
}

function tierAt({ args }: CommandContext): number {
  if (args.count !== 5 || optionArgument(args, 3) !== 'TIER') throw syntaxError();
  return valueIndex(args, 3);
}

/** SATCHEL.STRIPETOUCH chunk-key: the writer of the version is at work; 0 if nothing of it is here. */
function touch({ args, job, reply }: CommandContext): void {
  const { version } = parseChunkKey(args.buffer, args.start(1), args.end(1));
  reply.integer(job.striping.parts.touch(version) ? 1 : 0);
}

/** SATCHEL.STRIPEGET chunk-key [from to]: bytes [from, to) of a chunk, nil if it is not there. */
function getChunk(context: CommandContext): void | Promise<void> {
  const { args } = context;
  if (args.count !== 2 && args.count !== 4) throw syntaxError();
  return onKey(context, 1, 'read', (_, key, nowMs, mode) => {
    const { job, reply } = context;
    const object = job.lookup(key, nowMs);
    if (object === undefined) {
      reply.nil();
      return;
    }
    if (context.args.count === 2) return replyWhole(context, key, object, nowMs, mode);
    const from = Math.min(integerArgument(context.args, 2), object.valueLength);
    const to = Math.min(integerArgument(context.args, 3), object.valueLength);
    if (from < 0 || to < from) throw new SatchelError('invalid-argument', 'the range is none');
    job.usage.bytesOut += to - from;
    if (object.tier !== 'dram') return andThen(readPart(object, from, to), (value) => reply.bulk(value));
    const start = reply.reserveBulk(to - from);
    void object.read(from, to, reply.buffer, start);
  });
}

function stripeArguments({ args }: CommandContext, first: number): Stripe {
  const [size, chunkBytes] = [integerArgument(args, first + 1), integerArgument(args, first + 2)];
  return checkedStripe({ version: args.text(first), size, chunkBytes });
}

/**
 * SATCHEL.STRIPECOMMIT key version size chunk-bytes [EX s|PX ms] [NX] [TIER tier] [ATTEMPT n]: shows the object once all of its
 * chunks are there. May be repeated: a version that is the object's already is OK.
 */
async function commit(context: CommandContext): Promise<void> {
  const stripe = stripeArguments(context, 2);
  const options = putOptions(context, 5);
  if (options.persist) throw refused('PERSIST', 'a persisted object is one of the object store, of at most 512 MiB');
  if (options.reads > 0) throw refused('READS', 'the shards that hold the chunks do not count whole reads');
  const key = context.args.bytes(1);
  await context.job.striping.complete(key, stripe, async () => {
    let stored = false;
    await onKey(context, 1, 'write', (_, own, nowMs) =>
      storeManifest(context, own, stripe, options, nowMs, () => {
        stored = true;
      }),
    );
    return stored;
  });
}

function storeManifest(
  { job, reply }: CommandContext,
  key: Key,
  stripe: Stripe,
  options: PutOptions,
  nowMs: number,
  stored: () => void,
): void | Promise<void> {
  const own = key.copy();
  const finish = (): void => {
    stored();
    reply.ok();
  };
  const there = job.find(key, nowMs);
  return andThen(there?.manifest ? stripeOf(there) : undefined, (present) => {
    if (present?.version === stripe.version) return finish();
    const refusal = refusalOf(job, own, options, nowMs);
    if (refusal !== undefined) return reply.nil();
    const value = encodeManifest(stripe);
    const metadata = { ...metadataFor(options, nowMs), manifest: true };
    return andThen(job.put(own, value, 0, value.length, metadata, nowMs, options.tier), finish);
  });
}

function refused(option: string, why: string): SatchelError {
  return new SatchelError('invalid-argument', `${option} cannot be had for a striped object: ${why}`);
}

/** SATCHEL.STRIPEABORT key version: removes what was written of a version that was given up. */
async function abort({ args, job, reply }: CommandContext): Promise<void> {
  const version = args.text(2);
  await job.striping.abort(args.bytes(1), version);
  reply.ok();
}

/** SATCHEL.GET key [first last]: as GET or GETRANGE, but of a striped object what a reader needs to fetch the chunks itself. */
function get(context: CommandContext): void | Promise<void> {
  const { args } = context;
  if (args.count === 2) return onAnyKey(context, 1, 'read', getWhole, persistedGet);
  if (args.count !== 4) throw syntaxError();
  return onAnyKey(context, 1, 'read', getRange, persistedGetRange);
}

const getWhole: CommandAction = (context, key, nowMs, mode) => {
  const object = context.job.lookup(key, nowMs);
  if (object !== undefined) return replyWhole(context, key, object, nowMs, mode);
  context.reply.nil();
};

// ---- between shards ----

/** SATCHEL.STRIPEHOLD key version size chunk-bytes: chunks of a version here, and their bytes; they are kept from now on. */
function hold(context: CommandContext): void {
  assertLink(context);
  const { chunks, bytes } = context.job.striping.parts.hold(context.args.bytes(1), stripeArguments(context, 2));
  context.reply.array(2);
  context.reply.integer(chunks);
  context.reply.integer(bytes);
}

/** SATCHEL.STRIPECHECK key version: 1 if the version is the object's or is becoming it. */
async function check(context: CommandContext): Promise<void> {
  assertLink(context);
  const { args, job, reply } = context;
  const current = await job.striping.isCurrent(args.bytes(1), args.text(2));
  reply.integer(current ? 1 : 0);
}

/** SATCHEL.STRIPEDROP version: removes the chunks of a version here. */
async function drop(context: CommandContext): Promise<void> {
  assertLink(context);
  await context.job.striping.parts.drop(context.args.text(1));
  context.reply.ok();
}

/** SATCHEL.STRIPEBROKEN key version: a cache dropped a chunk of the version; the object goes. */
async function broken(context: CommandContext): Promise<void> {
  assertLink(context);
  await context.job.striping.removeBroken(context.args.bytes(1), context.args.text(2));
  context.reply.ok();
}

function assertLink({ session }: CommandContext): void {
  if (session.mode !== 'link') throw new SatchelError('permission-denied', 'this command is only for links between shards');
}

function ofChunk(name: string, arity: number, verb: 'read' | 'write', run: Command['run']): Command {
  return { name, arity, scope: 'key', keys: oneKey, chunks: true, verb, run };
}

function ofObject(name: string, arity: number, verb: 'read' | 'write', run: Command['run']): Command {
  return { name, arity, scope: 'key', keys: oneKey, verb, run };
}

function ofLink(name: string, arity: number, run: Command['run']): Command {
  return { name, arity, scope: 'connection', flags: ['admin'], run };
}

/** Striped objects: what the SDK needs to write and read them, and what shards tell one another of them. */
export const stripeCommands: readonly Command[] = [
  ofChunk('satchel.stripeput', -3, 'write', putChunk),
  ofChunk('satchel.stripetouch', 2, 'write', touch),
  ofChunk('satchel.stripeget', -2, 'read', getChunk),
  ofObject('satchel.stripecommit', -5, 'write', commit),
  ofObject('satchel.stripeabort', 3, 'write', abort),
  ofObject('satchel.get', -2, 'read', get),
  ofLink('satchel.stripehold', 5, hold),
  ofLink('satchel.stripecheck', 3, check),
  ofLink('satchel.stripedrop', 2, drop),
  ofLink('satchel.stripebroken', 3, broken),
];
