import { SatchelError } from '@satchel/proto/core';
import { ReplyBuffer } from '@satchel/proto/resp';
import type { ShardJob } from '../job.js';
import { fail, type ReplySink } from '../link.js';
import { appendReply, endOfReply, firstElement, isError, lengthAt } from '../reply-version.js';
import { assembled } from './assembly.js';
import { assertFit } from './many-striped.js';
import { readStriped } from './striped-value.js';

const asterisk = 0x2a;

/** Commands of one key that answer with a value. */
const oneValue: ReadonlySet<string> = new Set(['get', 'getrange', 'substr', 'getex']);

/** A sink for what other shards answer to a command: striped values in the answer are put together here, on the shard the client asked. */
export function assemblingSink(command: string, job: ShardJob, sink: ReplySink): ReplySink {
  if (oneValue.has(command)) return assemblingOne(job, sink);
  return command === 'mget' ? assemblingMany(job, sink) : sink;
}

/** As {@link assemblingSink}, for an answer that is a value. */
export function assemblingOne(job: ShardJob, sink: ReplySink): ReplySink {
  return (bytes, start, end) => {
    if (bytes[start] !== asterisk) return sink(bytes, start, end);
    void assembled(job, readStriped(bytes, start)).then(
      (value) => give(sink, value),
      (error: unknown) => fail(sink, SatchelError.from(error).toRespLine()),
    );
  };
}

function assemblingMany(job: ShardJob, sink: ReplySink): ReplySink {
  return (bytes, start, end) => {
    if (isError(bytes, start) || !hasStriped(bytes, start)) return sink(bytes, start, end);
    void assembleElements(job, Buffer.from(bytes.subarray(start, end))).then(
      (reply) => sink(reply.buffer, 0, reply.length),
      (error: unknown) => fail(sink, SatchelError.from(error).toRespLine()),
    );
  };
}

function give(sink: ReplySink, value: Buffer): void {
  const reply = new ReplyBuffer(value.length + 64);
  reply.bulk(value);
  sink(reply.buffer, 0, reply.length);
}

function* elementsOf(bytes: Buffer, start: number): Generator<{ readonly start: number; readonly end: number }> {
  let at = firstElement(bytes, start);
  for (let left = lengthAt(bytes, start); left > 0; left--) {
    const end = endOfReply(bytes, at);
    yield { start: at, end };
    at = end;
  }
}

function hasStriped(bytes: Buffer, start: number): boolean {
  for (const element of elementsOf(bytes, start)) if (bytes[element.start] === asterisk) return true;
  return false;
}

/** The array with each striped element put together, one after another. */
async function assembleElements(job: ShardJob, bytes: Buffer): Promise<ReplyBuffer> {
  const elements = [...elementsOf(bytes, 0)];
  const striped = elements.map(({ start }) => (bytes[start] === asterisk ? readStriped(bytes, start) : undefined));
  assertFit(striped);
  const reply = new ReplyBuffer();
  reply.version = 3;
  reply.array(elements.length);
  for (const [index, { start, end }] of elements.entries()) {
    const value = striped[index];
    if (value === undefined) appendReply(reply, bytes, start, end);
    else reply.bulk(await assembled(job, value));
  }
  return reply;
}
