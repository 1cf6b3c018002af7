import { randomInt } from 'node:crypto';
import { ReplyBuffer } from '@satchel/proto/resp';
import type { Merge } from './command.js';
import type { ReplySink } from './link.js';
import { mergePubSub } from './merge-pubsub.js';
import { endOfReply, firstElement, isError, lengthAt } from './reply-version.js';

const underscore = 0x5f;
const others = Buffer.from('; the parts of this command for other shards were carried out\r\n');

/** Collects the replies of several shards to parts of one command and merges them once all are there. */
export class FanOut {
  readonly #merge: Merge;
  readonly #sink: ReplySink;
  readonly #replies: (Buffer | undefined)[];
  /** For arrays in key order: which part has the key, one entry per key. */
  readonly #partOfKey: readonly number[] | undefined;
  #outstanding: number;

  constructor(parts: number, merge: Merge, sink: ReplySink, partOfKey?: readonly number[]) {
    this.#replies = Array.from({ length: parts }, () => undefined);
    this.#outstanding = parts;
    this.#merge = merge;
    this.#sink = sink;
    this.#partOfKey = partOfKey;
  }

  /** Where the reply of a part goes. */
  sinkOf(part: number): ReplySink {
    return (bytes, start, end) => {
      this.#replies[part] = Buffer.from(bytes.subarray(start, end));
      if (--this.#outstanding === 0) this.#finish();
    };
  }

  #finish(): void {
    const replies = this.#replies.filter((reply) => reply !== undefined);
    const failure = replies.find((reply) => isError(reply, 0));
    const merged = failure === undefined ? this.#merged(replies) : this.#failed(failure, replies);
    this.#sink(merged, 0, merged.length);
  }

  /** The first error; of a write also that it was not refused as a whole. */
  #failed(failure: Buffer, replies: readonly Buffer[]): Buffer {
    if (this.#merge !== 'ok' || replies.every((reply) => isError(reply, 0))) return failure;
    return Buffer.concat([failure.subarray(0, failure.length - 2), others]);
  }

  #merged(replies: readonly Buffer[]): Buffer {
    const output = new ReplyBuffer(256);
    output.version = 3;
    if (this.#merge === 'sum') output.integer(replies.reduce((sum, reply) => sum + lengthAt(reply, 0), 0));
    else if (this.#merge === 'any') output.raw(anyOf(replies));
    else if (this.#merge === 'pubsub') mergePubSub(output, replies);
    else if (this.#merge !== 'array') output.ok();
    else if (this.#partOfKey !== undefined) interleave(output, replies, this.#partOfKey);
    else concatenate(output, replies);
    return output.bytes;
  }
}

/** Elements in the order of the keys, each taken from the reply of its part. */
function interleave(output: ReplyBuffer, replies: readonly Buffer[], partOfKey: readonly number[]): void {
  const at = replies.map((reply) => firstElement(reply, 0));
  output.array(partOfKey.length);
  for (const part of partOfKey) {
    const reply = replies[part] as Buffer;
    const start = at[part] as number;
    const end = endOfReply(reply, start);
    output.raw(reply.subarray(start, end));
    at[part] = end;
  }
}

/** One of the replies that are not nil, if there is one. */
function anyOf(replies: readonly Buffer[]): Buffer {
  const found = replies.filter((reply) => reply[0] !== underscore);
  return (found[randomInt(Math.max(1, found.length))] ?? replies[0]) as Buffer;
}

function concatenate(output: ReplyBuffer, replies: readonly Buffer[]): void {
  output.array(replies.reduce((sum, reply) => sum + lengthAt(reply, 0), 0));
  for (const reply of replies) output.raw(reply.subarray(firstElement(reply, 0)));
}
