import { SatchelError, slotCount, slotOfBytes } from '@satchel/proto/core';
import type { ReplyBuffer } from '@satchel/proto/resp';
import { Key } from '../../store/key.js';
import type { StoredObject } from '../../store/tier-store.js';
import { Collection } from '../collections/collection.js';
import type { Command, CommandContext } from '../command.js';
import type { CommandTable } from '../command-table.js';
import { inTurn } from '../in-turn.js';
import { lostKeyError } from '../lost-keys.js';
import { writeCollection, writeFailure, writeString } from '../steering/objects-on-the-way.js';
import type { SlotSpan } from '../steering/slot-set.js';
import { integerArgument, latin1Argument } from './arguments.js';
import { metadataOf } from './values.js';

/** The new owner of slots, and the epoch by which it asks. */
interface Asker {
  readonly shard: number;
  readonly epoch: number;
}

function askerOf({ args, job, session }: CommandContext): Asker {
  if (session.mode !== 'link') throw new SatchelError('permission-denied', 'this command is only for links between shards');
  // The shard that asks counts the command of its client.
  job.usage.requests--;
  return { shard: integerArgument(args, 1), epoch: integerArgument(args, 2) };
}

/** SATCHEL.FENCE shard epoch start end [start end …]: these slots are that shard's from now on; the spans of them of which something is here. */
async function fence(context: CommandContext): Promise<void> {
  const { args, job, reply } = context;
  const { shard, epoch } = askerOf(context);
  const spans: SlotSpan[] = [];
  for (let index = 3; index + 1 < args.count; index += 2) {
    const span = { start: integerArgument(args, index), end: integerArgument(args, index + 1) };
    if (!(span.start >= 0 && span.start < span.end && span.end <= slotCount))
      throw new SatchelError('invalid-argument', 'the span is none');
    spans.push(span);
  }
  const holding = await job.steering.fence(shard, epoch, spans);
  reply.array(2 * holding.length);
  for (const { start, end } of holding) {
    reply.integer(start);
    reply.integer(end);
  }
}

/** The key that is argument `index`, of a slot that the asker has fenced. Throws `unavailable`. */
function keyFor({ args, job }: CommandContext, { shard, epoch }: Asker, index: number): Key {
  job.steering.assertFencedBy(slotOfBytes(args.buffer, args.start(index), args.end(index)), shard, epoch);
  return Key.of(args.bytes(index));
}

/**
 * SATCHEL.PASS shard epoch command…: in an array of one the answer to a command that reads one key; nil if the key is not here; 1 if it is one to be
 * taken over.
 */
function pass(context: CommandContext, table: CommandTable): void | Promise<void> {
  const { args, job, nowMs, reply } = context;
  const asker = askerOf(context);
  const entry = table.find(args, 3);
  const first = entry?.command.keys?.first;
  if (entry === undefined || first === undefined)
    throw new SatchelError('invalid-argument', 'only a command of one key is passed on');
  const key = keyFor(context, asker, 3 + first);
  const object = job.lookupAny(key, nowMs);
  if (object === undefined) return reply.nil();
  if (object.readsLeft > 0 || object.manifest) return reply.integer(1);
  dropFirst(args, 3);
  reply.array(1);
  return entry.command.run(context);
}

/**
 * SATCHEL.TAKE shard epoch key bytes: the object with all it is, which stays here until it is dropped; how many bytes it has if these are more; nil if
 * there is none.
 */
function take(context: CommandContext): void | Promise<void> {
  const key = keyFor(context, askerOf(context), 3);
  const { args, job, nowMs, reply } = context;
  const most = integerArgument(args, 4);
  return inTurn(job, context, key, 'read', nowMs, (_, own, now) => {
    const object = job.find(own, now);
    if (object !== undefined && object.valueLength > most) return reply.integer(object.valueLength);
    if (object !== undefined) return object instanceof Collection ? writeCollection(reply, object) : takeString(context, object);
    const failure = job.failures.errorOf(own);
    if (failure !== undefined) return writeFailure(reply, failure.message);
    if (job.losses?.has(own)) throw lostKeyError(own, job.shard, job.node);
    reply.nil();
  });
}

function takeString({ reply }: CommandContext, object: StoredObject): void | Promise<void> {
  const facts = { ...metadataOf(object), tier: object.tier };
  const value = Buffer.allocUnsafe(object.valueLength);
  const reading = object.read(0, value.length, value, 0);
  if (reading === undefined) return writeString(reply, facts, value);
  return reading.then(() => writeString(reply, facts, value));
}

/**
 * SATCHEL.DROP shard epoch key taken name: removes what is here of the key; 1 if something was, also if that is asked again by the same name. `taken`: the
 * asker has it, chunks stay.
 */
function drop(context: CommandContext): void | Promise<void> {
  const key = keyFor(context, askerOf(context), 3);
  const { args, job, nowMs, reply } = context;
  const isTaken = integerArgument(args, 4) === 1;
  const name = args.text(5);
  return inTurn(job, context, key, 'write', nowMs, (_, own, now) => {
    const was = (isTaken ? job.yield(own, now) : job.delete(own, now)) || job.steering.drops.has(name);
    if (was) job.steering.drops.set(name, true);
    reply.integer(was ? 1 : 0);
  });
}

/**
 * SATCHEL.REST shard epoch COUNT prefix | SCAN position count | DELPREFIX prefix | CLEAR: of all that is here of slots that the asker has fenced. SCAN
 * answers the position to go on from, then keys, each with its type.
 */
async function rest(context: CommandContext): Promise<void> {
  const { args, job, reply } = context;
  const { shard, epoch } = askerOf(context);
  const there = job.steering.restFor(shard, epoch);
  switch (args.text(3)) {
    case 'COUNT':
      return reply.integer(await there.count(latin1Argument(args, 4)));
    case 'DELPREFIX':
      return reply.integer(await there.deletePrefix(latin1Argument(args, 4)));
    case 'CLEAR':
      await there.clear();
      return reply.ok();
    case 'SCAN': {
      const { next, keys } = there.page(integerArgument(args, 4), integerArgument(args, 5));
      reply.array(1 + 2 * keys.length);
      reply.integer(next);
      for (const { key, type } of keys) {
        reply.bulk(key.buffer);
        reply.text(type);
      }
      return;
    }
    default:
      throw new SatchelError('invalid-argument', 'SATCHEL.REST knows COUNT, SCAN, DELPREFIX and CLEAR');
  }
}

/** SATCHEL.AT epoch command…: carries out a command on all objects of this shard's slots if the shard goes by that epoch, all the while. */
async function at(context: CommandContext, table: CommandTable): Promise<void> {
  const { args, job, reply, session } = context;
  if (session.mode !== 'link') throw new SatchelError('permission-denied', 'this command is only for shards among themselves');
  args.own();
  const epoch = integerArgument(args, 1);
  const entry = table.find(args, 2);
  if (entry?.command.scope !== 'job')
    throw new SatchelError('invalid-argument', 'only a command on all objects is carried out so');
  await job.steering.reached(epoch);
  dropFirst(args, 2);
  const inner = { args, job, reply, session, nowMs: job.clock.now(), counts: true };
  await job.steering.run(entry.command, inner, reply as ReplyBuffer);
  job.steering.assertAt(epoch);
}

/** Removes the first arguments. */
function dropFirst(args: CommandContext['args'], count: number): void {
  args.starts.copyWithin(0, count, args.count);
  args.ends.copyWithin(0, count, args.count);
  args.count -= count;
}

/** What new owners of slots say to the shards that had them before. */
export function steeringCommands(table: () => CommandTable): readonly Command[] {
  const ofLink = (name: string, arity: number, run: Command['run']): Command => ({
    name,
    arity,
    scope: 'connection',
    flags: ['admin'],
    run,
  });
  return [
    ofLink('satchel.fence', -5, fence),
    ofLink('satchel.pass', -5, (context) => pass(context, table())),
    ofLink('satchel.take', 5, take),
    ofLink('satchel.at', -3, (context) => at(context, table())),
    ofLink('satchel.rest', -5, rest),
    ofLink('satchel.drop', 6, drop),
  ];
}
