import { SatchelError } from '@satchel/proto/core';
import type { CommandArguments } from '@satchel/proto/resp';
import { Key } from '../../store/key.js';
import type { PopAnswer, PopRequest } from '../collections/blocked-pops.js';
import { type End, elementCharge, ListValue } from '../collections/list-value.js';
import type { ShardJob } from '../job.js';
import { optionArgument, syntaxError } from './arguments.js';
import { replyElement } from './elements.js';
import { isPersistKey, persistRefusal } from './on-key.js';
import { andThen } from './values.js';

/** A pop of one of several lists: the key and the element. */
export class ListPop implements PopRequest {
  readonly keys: readonly Key[];
  readonly held: readonly Key[];
  readonly #end: End;

  constructor(keys: readonly Key[], end: End) {
    this.keys = keys;
    this.held = keys;
    this.#end = end;
  }

  attempt(job: ShardJob, key: Key, nowMs: number): PopAnswer | undefined {
    const list = job.collections.list(key, nowMs);
    const element = list?.pop(this.#end);
    if (list === undefined || element === undefined) return undefined;
    job.usage.bytesOut += element.length;
    job.collections.shrunk(list, elementCharge(element), nowMs);
    return (reply) => {
      reply.array(2);
      reply.bulk(key.buffer, key.start, key.end);
      replyElement(reply, element);
    };
  }
}

/** A move of an element from one list to another, or to the other end of the same. */
export class ListMove implements PopRequest {
  readonly keys: readonly Key[];
  readonly held: readonly Key[];
  readonly #to: Key;
  readonly #fromEnd: End;
  readonly #toEnd: End;

  constructor(from: Key, to: Key, fromEnd: End, toEnd: End) {
    this.keys = [from];
    this.held = [from, to];
    this.#to = to;
    this.#fromEnd = fromEnd;
    this.#toEnd = toEnd;
  }

  attempt(job: ShardJob, key: Key, nowMs: number): PopAnswer | undefined | Promise<PopAnswer | undefined> {
    const { collections } = job;
    const from = collections.list(key, nowMs);
    if (from === undefined) return undefined;
    const to = collections.list(this.#to, nowMs);
    const taking = from === to ? undefined : collections.take(this.#to, to?.size, 1, 0);
    return andThen(taking, () => {
      const target = to ?? collections.add(new ListValue(this.#to, nowMs), nowMs);
      const element = from.pop(this.#fromEnd) ?? '';
      target.push(element, this.#toEnd);
      collections.transferred(from, target, elementCharge(element), nowMs);
      job.usage.bytesOut += element.length;
      return (reply) => replyElement(reply, element);
    });
  }

  taken(job: ShardJob): void {
    job.pops.serve(this.#to);
  }
}

/** The request of a pop or move whose name is argument `at`, in lower case; without its time-out. */
export function popRequest(args: CommandArguments, at: number): PopRequest {
  const name = args.text(at).toLowerCase();
  const [first, second] = [at + 1, at + 2];
  switch (name) {
    case 'lmove':
    case 'blmove':
      return new ListMove(keyAt(args, first), keyAt(args, second), endArgument(args, at + 3), endArgument(args, at + 4));
    case 'rpoplpush':
    case 'brpoplpush':
      return new ListMove(keyAt(args, first), keyAt(args, second), 'right', 'left');
    default: {
      const keys = Array.from({ length: args.count - first - 1 }, (_, index) => keyAt(args, first + index));
      return new ListPop(keys, name === 'blpop' ? 'left' : 'right');
    }
  }
}

/** Milliseconds of a time-out in seconds, with fractions; 0: none. */
export function timeoutArgument(args: CommandArguments, index: number): number {
  const text = args.text(index);
  const seconds = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  const ms = Math.ceil(seconds * 1000);
  if (!Number.isSafeInteger(ms)) throw new SatchelError('invalid-argument', 'timeout is not a float or out of range');
  if (ms < 0) throw new SatchelError('invalid-argument', 'timeout is negative');
  return ms;
}

function keyAt(args: CommandArguments, index: number): Key {
  if (isPersistKey(args, index)) throw persistRefusal();
  return Key.of(args.bytes(index));
}

function endArgument(args: CommandArguments, index: number): End {
  const word = optionArgument(args, index);
  if (word === 'LEFT') return 'left';
  if (word === 'RIGHT') return 'right';
  throw syntaxError();
}
