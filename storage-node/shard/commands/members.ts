import { randomInt } from 'node:crypto';
import { limits, SatchelError } from '@satchel/proto/core';
import { memberCharge, SetValue } from '../collections/set-value.js';
import type { Command, CommandContext } from '../command.js';
import { assertMayRead, integerArgument, latin1Argument, syntaxError } from './arguments.js';
import { argumentsFrom, bytesOf, inSteps, memberArgument, positiveCount, replyElement } from './elements.js';
import { type CommandAction, onKey } from './on-key.js';
import { andThen } from './values.js';

const oneKey = { first: 1, last: 1, step: 1 };

const add: CommandAction = ({ args, job, reply }, key, nowMs) => {
  const members = argumentsFrom(args, 2, memberArgument);
  const set = job.collections.set(key, nowMs);
  const fresh = [...new Set(members)].filter((member) => set === undefined || !set.has(member));
  if (fresh.length === 0) {
    reply.integer(0);
    return;
  }
  const own = key.copy();
  const bytes = fresh.reduce((sum, member) => sum + memberCharge(member), 0);
  return andThen(job.collections.take(own, set?.size, fresh.length, bytes), () => {
    const target = set ?? job.collections.add(new SetValue(own, nowMs), nowMs);
    for (const member of fresh) target.add(member);
    job.collections.grown(target, bytes, nowMs);
    job.usage.bytesIn += bytesOf(fresh);
    reply.integer(fresh.length);
  });
};

const remove: CommandAction = ({ args, job, reply }, key, nowMs) => {
  const set = job.collections.set(key, nowMs);
  let removed = 0;
  let bytes = 0;
  for (const member of set === undefined ? [] : argumentsFrom(args, 2, latin1Argument)) {
    if (!set?.delete(member)) continue;
    removed++;
    bytes += memberCharge(member);
  }
  if (set !== undefined && removed > 0) job.collections.shrunk(set, bytes, nowMs);
  reply.integer(removed);
};

const all: CommandAction = ({ job, reply }, key, nowMs) => {
  const set = job.collections.set(key, nowMs);
  reply.set(set?.size ?? 0);
  if (set === undefined) return;
  const members = set[Symbol.iterator]();
  return inSteps(set.size, () => {
    const member = members.next().value ?? '';
    job.usage.bytesOut += member.length;
    replyElement(reply, member);
  });
};

const isMember: CommandAction = ({ args, job, reply }, key, nowMs) => {
  reply.integer(job.collections.set(key, nowMs)?.has(latin1Argument(args, 2)) ? 1 : 0);
};

const areMembers: CommandAction = ({ args, job, reply }, key, nowMs) => {
  const set = job.collections.set(key, nowMs);
  reply.array(args.count - 2);
  for (const member of argumentsFrom(args, 2, latin1Argument)) reply.integer(set?.has(member) ? 1 : 0);
};

const count: CommandAction = ({ job, reply }, key, nowMs) => reply.integer(job.collections.set(key, nowMs)?.size ?? 0);

/** SPOP, with a count or without. */
function pop(context: CommandContext): void | Promise<void> {
  assertMayRead(context, 'SPOP');
  if (context.args.count > 3) throw syntaxError();
  const wanted = context.args.count === 3 ? positiveCount(context.args, 2) : undefined;
  return onKey(context, 1, 'write', ({ job, reply }, key, nowMs) => {
    const set = job.collections.set(key, nowMs);
    if (set === undefined) {
      if (wanted === undefined) reply.nil();
      else reply.set(0);
      return;
    }
    const taken = Math.min(wanted ?? 1, set.size);
    if (wanted !== undefined) reply.set(taken);
    let bytes = 0;
    return andThen(choosing(set, taken, true), (choose) =>
      andThen(
        inSteps(taken, () => {
          const member = choose();
          set.delete(member);
          bytes += memberCharge(member);
          job.usage.bytesOut += member.length;
          replyElement(reply, member);
        }),
        () => job.collections.shrunk(set, bytes, nowMs),
      ),
    );
  });
}

/** SRANDMEMBER: one, `n` different ones, or, if `n` is negative, any `-n`. */
function random(context: CommandContext): void | Promise<void> {
  if (context.args.count > 3) throw syntaxError();
  const wanted = context.args.count === 3 ? integerArgument(context.args, 2) : undefined;
  if (wanted !== undefined && wanted < -mostRepeated) throw new SatchelError('invalid-argument', 'value is out of range');
  return onKey(context, 1, 'read', ({ job, reply }, key, nowMs) => {
    const set = job.collections.set(key, nowMs);
    if (set === undefined) {
      if (wanted === undefined) reply.nil();
      else reply.array(0);
      return;
    }
    const count = wanted === undefined ? 1 : wanted < 0 ? -wanted : Math.min(wanted, set.size);
    if (wanted !== undefined) reply.array(count);
    return andThen(choosing(set, count, wanted !== undefined && wanted > 1), (choose) =>
      inSteps(count, () => {
        const member = choose();
        job.usage.bytesOut += member.length;
        replyElement(reply, member);
      }),
    );
  });
}

/** Members that SRANDMEMBER repeats at most; a set has no more. */
const mostRepeated = limits.collectionElements;

/** Chooses members at random, `different` ones or any; if there are many to choose it begins by listing all. */
function choosing(set: SetValue, count: number, different: boolean): (() => string) | Promise<() => string> {
  if (count === 1) return () => set.memberAt(randomInt(set.size));
  return andThen(listed(set), (members) => {
    let chosen = 0;
    return () => {
      const place = randomInt(chosen, members.length);
      const member = members[place] as string;
      if (different) {
        members[place] = members[chosen] as string;
        members[chosen++] = member;
      }
      return member;
    };
  });
}

/** All members, collected in slices. */
function listed(set: SetValue): string[] | Promise<string[]> {
  const iterator = set[Symbol.iterator]();
  const members: string[] = [];
  return andThen(
    inSteps(set.size, () => members.push(iterator.next().value ?? '')),
    () => members,
  );
}

function command(name: string, arity: number, verb: 'read' | 'write', run: Command['run'], ...flags: string[]): Command {
  return { name, arity, scope: 'key', keys: oneKey, verb, flags, run };
}

const reading = (action: CommandAction): Command['run'] => {
  return (context) => onKey(context, 1, 'read', action);
};
const writing = (action: CommandAction): Command['run'] => {
  return (context) => onKey(context, 1, 'write', action);
};

/** Sets: who was there, each once. */
export const memberCommands: readonly Command[] = [
  command('sadd', -3, 'write', writing(add), 'denyoom', 'fast'),
  command('srem', -3, 'write', writing(remove), 'fast'),
  command('smembers', 2, 'read', reading(all)),
  command('sismember', 3, 'read', reading(isMember), 'fast'),
  command('smismember', -3, 'read', reading(areMembers), 'fast'),
  command('scard', 2, 'read', reading(count), 'fast'),
  command('spop', -2, 'write', pop, 'fast'),
  command('srandmember', -2, 'read', random),
];
