import { SatchelError } from '@satchel/proto/core';
import type { CommandArguments } from '@satchel/proto/resp';
import type { Key } from '../../store/key.js';
import { Deque } from '../collections/deque.js';
import { elementCharge, type ListValue } from '../collections/list-value.js';
import type { Command, CommandContext } from '../command.js';
import type { ShardJob } from '../job.js';
import { integerArgument, latin1Argument, optionArgument, parseInt64, syntaxError, valueIndex } from './arguments.js';
import { elementArgument, inSteps } from './elements.js';
import { placeOf, placesOf } from './lists.js';
import { type CommandAction, onKey } from './on-key.js';
import { andThen } from './values.js';

const oneKey = { first: 1, last: 1, step: 1 };

const set: CommandAction = (context, key, nowMs) => {
  const { args, job, reply } = context;
  const list = job.collections.list(key, nowMs);
  if (list === undefined) throw new SatchelError('invalid-argument', 'no such key');
  const place = placeOf(integerArgument(args, 2), list.size);
  if (place === undefined) throw new SatchelError('invalid-argument', 'index out of range');
  const element = elementArgument(args, 3);
  const growth = element.length - list.elements.at(place).length;
  return andThen(job.collections.takeBytes(growth), () => {
    list.elements.set(place, element);
    account(job, list, growth, nowMs);
    job.usage.bytesIn += element.length;
    reply.ok();
  });
};

function account(job: ShardJob, list: ListValue, growth: number, nowMs: number): void {
  if (growth >= 0) job.collections.grown(list, growth, nowMs);
  else job.collections.shrunk(list, -growth, nowMs);
}

/** Keeps what `keep` says of each element, in slices; returns the charge of what goes. */
function filter(job: ShardJob, list: ListValue, nowMs: number, keep: (element: string, index: number) => boolean) {
  const kept = new Deque();
  let bytes = 0;
  return andThen(
    inSteps(list.size, (index) => {
      const element = list.elements.at(index);
      if (keep(element, index)) kept.pushRight(element);
      else bytes += elementCharge(element);
    }),
    () => {
      list.elements = kept;
      job.collections.shrunk(list, bytes, nowMs);
    },
  );
}

const trim: CommandAction = ({ args, job, reply }, key, nowMs) => {
  const first = integerArgument(args, 2);
  const last = integerArgument(args, 3);
  const list = job.collections.list(key, nowMs);
  if (list === undefined) {
    reply.ok();
    return;
  }
  const { from, to } = placesOf(first, last, list.size);
  const left = from;
  const right = list.size - to;
  let bytes = 0;
  const trimmed = inSteps(left + right, (index) => {
    bytes += elementCharge(list.pop(index < left ? 'left' : 'right') ?? '');
  });
  return andThen(trimmed, () => {
    job.collections.shrunk(list, bytes, nowMs);
    reply.ok();
  });
};

const remove: CommandAction = ({ args, job, reply }, key, nowMs) => {
  const count = integerArgument(args, 2);
  const wanted = latin1Argument(args, 3);
  const list = job.collections.list(key, nowMs);
  if (list === undefined) {
    reply.integer(0);
    return;
  }
  const most = count === 0 ? Number.POSITIVE_INFINITY : Math.abs(count);
  const found = new Set<number>();
  const { elements, size } = list;
  const searched = inSteps(size, (step) => {
    const index = count < 0 ? size - 1 - step : step;
    if (found.size < most && elements.at(index) === wanted) found.add(index);
  });
  return andThen(searched, () => {
    const answer = () => reply.integer(found.size);
    return found.size === 0
      ? answer()
      : andThen(
          filter(job, list, nowMs, (_, index) => !found.has(index)),
          answer,
        );
  });
};

function insert(context: CommandContext): void | Promise<void> {
  const side = optionArgument(context.args, 2);
  if (side !== 'BEFORE' && side !== 'AFTER') throw syntaxError();
  return onKey(context, 1, 'write', ({ args, job, reply }, key, nowMs) => {
    const list = job.collections.list(key, nowMs);
    if (list === undefined) {
      reply.integer(0);
      return;
    }
    const pivot = latin1Argument(args, 3);
    const element = elementArgument(args, 4);
    const own = key.copy();
    return andThen(placeOfPivot(list, pivot), (place) => {
      if (place < 0) {
        reply.integer(-1);
        return;
      }
      return andThen(job.collections.take(own, list.size, 1, elementCharge(element)), () =>
        andThen(inserted(list, side === 'BEFORE' ? place : place + 1, element), (elements) => {
          list.elements = elements;
          job.collections.grown(list, elementCharge(element), nowMs);
          job.usage.bytesIn += element.length;
          reply.integer(list.size);
        }),
      );
    });
  });
}

function placeOfPivot({ elements, size }: ListValue, pivot: string): number | Promise<number> {
  let place = -1;
  const searched = inSteps(size, (index) => {
    if (place < 0 && elements.at(index) === pivot) place = index;
  });
  return andThen(searched, () => place);
}

function inserted({ elements, size }: ListValue, place: number, element: string): Deque | Promise<Deque> {
  const changed = new Deque();
  const copied = inSteps(size + 1, (index) => {
    changed.pushRight(index === place ? element : elements.at(index < place ? index : index - 1));
  });
  return andThen(copied, () => changed);
}

interface PlaceOptions {
  rank: number;
  /** Undefined: one place, not an array. */
  count: number | undefined;
  longest: number;
}

function places(context: CommandContext): void | Promise<void> {
  const options = placeOptions(context);
  return onKey(context, 1, 'read', ({ args, job, reply }, key: Key, nowMs) => {
    const list = job.collections.list(key, nowMs);
    const found: number[] = [];
    const answer = () => {
      if (options.count === undefined) {
        if (found[0] === undefined) reply.nil();
        else reply.integer(found[0]);
        return;
      }
      reply.array(found.length);
      for (const place of found) reply.integer(place);
    };
    if (list === undefined) return answer();
    const wanted = latin1Argument(args, 2);
    const { elements, size } = list;
    const most = options.count === 0 ? Number.POSITIVE_INFINITY : (options.count ?? 1);
    let skip = Math.abs(options.rank) - 1;
    const searched = inSteps(options.longest === 0 ? size : Math.min(size, options.longest), (step) => {
      const index = options.rank < 0 ? size - 1 - step : step;
      if (found.length >= most || elements.at(index) !== wanted) return;
      if (skip-- <= 0) found.push(index);
    });
    return andThen(searched, answer);
  });
}

function placeOptions({ args }: CommandContext): PlaceOptions {
  const options: PlaceOptions = { rank: 1, count: undefined, longest: 0 };
  for (let index = 3; index < args.count; index += 2) {
    const option = optionArgument(args, index);
    const value = valueIndex(args, index);
    if (option === 'RANK') {
      options.rank = integerArgument(args, value);
      if (options.rank === 0) throw new SatchelError('invalid-argument', rankIsZero);
    } else if (option === 'COUNT') options.count = notNegative(args, value, option);
    else if (option === 'MAXLEN') options.longest = notNegative(args, value, option);
    else throw syntaxError();
  }
  return options;
}

const rankIsZero =
  "RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list";

function notNegative(args: CommandArguments, index: number, option: string): number {
  const value = args.end(index) - args.start(index) > 20 ? undefined : parseInt64(args.text(index));
  if (value !== undefined && value >= 0n) return Number(value);
  throw new SatchelError('invalid-argument', `${option} can't be negative`);
}

function writing(name: string, arity: number, run: Command['run'], ...flags: string[]): Command {
  return { name, arity, scope: 'key', keys: oneKey, verb: 'write', flags, run };
}

const action =
  (change: CommandAction): Command['run'] =>
  (context) =>
    onKey(context, 1, 'write', change);

/** Changes inside a list; they take time by its length, in slices. */
export const listChangeCommands: readonly Command[] = [
  writing('lset', 4, action(set), 'denyoom'),
  writing('ltrim', 4, action(trim)),
  writing('lrem', 4, action(remove)),
  writing('linsert', 5, insert, 'denyoom'),
  { name: 'lpos', arity: -3, scope: 'key', keys: oneKey, verb: 'read', run: places },
];
