import { SatchelError } from '@satchel/proto/core';
import type { Key } from '../../store/key.js';
import { type End, elementCharge, ListValue } from '../collections/list-value.js';
import type { Command } from '../command.js';
import { assertMayRead, integerArgument } from './arguments.js';
import { argumentsFrom, bytesOf, elementArgument, inSteps, positiveCount, replyElement } from './elements.js';
import { type CommandAction, onKey } from './on-key.js';
import { andThen } from './values.js';

const oneKey = { first: 1, last: 1, step: 1 };

/** LPUSH and its like: the list as long as it is before anybody who waits for it takes of it. */
function push(end: End, onlyIfThere: boolean): Command['run'] {
  return (context) => {
    const elements = argumentsFrom(context.args, 2, elementArgument);
    let served: Key | undefined;
    const pushed = onKey(context, 1, 'write', (_, key, nowMs) => {
      const { job, reply } = context;
      const list = job.collections.list(key, nowMs);
      if (list === undefined && onlyIfThere) {
        reply.integer(0);
        return;
      }
      const own = key.copy();
      served = own;
      const bytes = elements.reduce((sum, element) => sum + elementCharge(element), 0);
      return andThen(job.collections.take(own, list?.size, elements.length, bytes), () => {
        const target = list ?? job.collections.add(new ListValue(own, nowMs), nowMs);
        for (const element of elements) target.push(element, end);
        job.collections.grown(target, bytes, nowMs);
        job.usage.bytesIn += bytesOf(elements);
        reply.integer(target.size);
      });
    });
    return andThen(pushed, () => {
      if (served !== undefined) context.job.pops.serve(served);
    });
  };
}

/** LPOP and RPOP, with a count or without. */
function pop(name: string, end: End): Command['run'] {
  return (context) => {
    assertMayRead(context, name);
    const count = context.args.count > 2 ? positiveCount(context.args, 2) : undefined;
    if (context.args.count > 3) throw new SatchelError('invalid-argument', `wrong number of arguments for '${name}' command`);
    return onKey(context, 1, 'write', ({ job, reply }, key, nowMs) => {
      const list = job.collections.list(key, nowMs);
      if (list === undefined) {
        if (count === undefined) reply.nil();
        else reply.nilArray();
        return;
      }
      const taken = Math.min(count ?? 1, list.size);
      if (count !== undefined) reply.array(taken);
      let bytes = 0;
      return andThen(
        inSteps(taken, () => {
          const element = list.pop(end) ?? '';
          bytes += elementCharge(element);
          job.usage.bytesOut += element.length;
          replyElement(reply, element);
        }),
        () => job.collections.shrunk(list, bytes, nowMs),
      );
    });
  };
}

const length: CommandAction = ({ job, reply }, key, nowMs) => reply.integer(job.collections.list(key, nowMs)?.size ?? 0);

const range: CommandAction = ({ args, job, reply }, key, nowMs) => {
  const first = integerArgument(args, 2);
  const last = integerArgument(args, 3);
  const list = job.collections.list(key, nowMs);
  const { from, to } = placesOf(first, last, list?.size ?? 0);
  reply.array(to - from);
  if (list === undefined) return;
  return inSteps(to - from, (index) => {
    const element = list.elements.at(from + index);
    job.usage.bytesOut += element.length;
    replyElement(reply, element);
  });
};

const elementAt: CommandAction = ({ args, job, reply }, key, nowMs) => {
  const list = job.collections.list(key, nowMs);
  if (list === undefined) {
    reply.nil();
    return;
  }
  const place = placeOf(integerArgument(args, 2), list.size);
  if (place === undefined) {
    reply.nil();
    return;
  }
  const element = list.elements.at(place);
  job.usage.bytesOut += element.length;
  replyElement(reply, element);
};

/** What inclusive places, from the end if negative, mean for a list: those of [from, to). */
export function placesOf(first: number, last: number, size: number): { from: number; to: number } {
  const from = Math.max(0, first < 0 ? first + size : first);
  const to = Math.min(size, (last < 0 ? last + size : last) + 1);
  return from < to ? { from, to } : { from: 0, to: 0 };
}

/** A place counted from the end if it is negative; undefined: there is none. */
export function placeOf(index: number, size: number): number | undefined {
  const place = index < 0 ? index + size : index;
  return place >= 0 && place < size ? place : undefined;
}

function command(name: string, arity: number, verb: 'read' | 'write', run: Command['run'], ...flags: string[]): Command {
  return { name, arity, scope: 'key', keys: oneKey, verb, flags, run };
}

function reading(name: string, arity: number, action: CommandAction, ...flags: string[]): Command {
  return command(name, arity, 'read', (context) => onKey(context, 1, 'read', action), ...flags);
}

/** Queues: what is put at one end and taken from the other. */
export const listCommands: readonly Command[] = [
  command('lpush', -3, 'write', push('left', false), 'denyoom', 'fast'),
  command('rpush', -3, 'write', push('right', false), 'denyoom', 'fast'),
  command('lpushx', -3, 'write', push('left', true), 'denyoom', 'fast'),
  command('rpushx', -3, 'write', push('right', true), 'denyoom', 'fast'),
  command('lpop', -2, 'write', pop('lpop', 'left'), 'fast'),
  command('rpop', -2, 'write', pop('rpop', 'right'), 'fast'),
  reading('llen', 2, length, 'fast'),
  reading('lrange', 4, range),
  reading('lindex', 3, elementAt),
];
