import { limits, SatchelError, shardsOf } from '@satchel/proto/core';
import { type CommandArguments, decodeReply, ReplyBuffer, ReplyError } from '@satchel/proto/resp';
import { hashOfBytes } from '../store/key.js';
import { scanEnd } from '../store/tier-store.js';
import type { Merge } from './command.js';
import { scanOptions } from './commands/scan.js';
import { FanOut } from './fan-out.js';
import { fail, type ReplySink } from './link.js';
import type { Peers } from './peers.js';
import { isError } from './reply-version.js';
import type { SessionIdentity } from './session.js';

/** How long after shards did not agree about whose slots are whose they are asked again. */
const retryMs = 5;
const gone = '-GONE ';

/**
 * Commands on all objects of a job, each shard answering for its own slots. All answer by the same epoch, so that a slot that moves meanwhile is
 * looked at once; if they cannot, they are asked again.
 */
export class WholeJob {
  readonly #peers: Peers;

  constructor(peers: Peers) {
    this.#peers = peers;
  }

  /** Whether a command is one of these. */
  concerns(name: string): boolean {
    return ['dbsize', 'flushall', 'flushdb', 'keys', 'randomkey', 'scan', 'satchel.count', 'satchel.delprefix'].includes(name);
  }

  /** Carries a command out on all shards; `sink` gets one reply. The arguments are its own. */
  run(name: string, merge: Merge, args: CommandArguments, identity: SessionIdentity, sink: ReplySink): void {
    const running = merge === 'scan' ? this.#scan(args, identity) : this.#merged(name, merge, args, identity);
    void running.then(
      (reply) => sink(reply, 0, reply.length),
      (error: unknown) => fail(sink, SatchelError.from(error).toRespLine()),
    );
  }

  /** Objects under a prefix. */
  async count(prefix: Buffer, identity: SessionIdentity): Promise<number> {
    const reply = decodeReply(merged(await this.#ask(['SATCHEL.COUNT', prefix], identity), 'sum'));
    if (typeof reply === 'number') return reply;
    throw reply instanceof ReplyError
      ? SatchelError.fromRespLine(reply.line)
      : new SatchelError('internal', 'a count is no number');
  }

  async #merged(name: string, merge: Merge, args: CommandArguments, identity: SessionIdentity): Promise<Buffer> {
    const words = Array.from({ length: args.count - 1 }, (_, index) => args.bytes(index + 1));
    return merged(await this.#ask([name, ...words], identity), merge);
  }

  /** A page: what each shard has of as much of the order of hashes as all of them have looked at. */
  async #scan(args: CommandArguments, identity: SessionIdentity): Promise<Buffer> {
    const { position, count } = scanOptions({ args });
    const words = Array.from({ length: args.count }, (_, index) => args.bytes(index));
    const options = words.slice(2).filter((_, index, all) => !isCount(all[index - (index % 2)]));
    const shards = shardsOf(identity.shardJob.configuration.ranges).length;
    const each = String(Math.ceil(count / shards));
    const replies = await this.#ask(['SCAN', String(position), ...options, 'COUNT', each], identity);
    const failure = replies.find((reply) => isError(reply, 0));
    if (failure !== undefined) return failure;
    let next = scanEnd;
    const found: Buffer[] = [];
    for (const reply of replies) {
      const [cursor, keys] = decodeReply(reply) as [Buffer, Buffer[]];
      next = Math.min(next, Number(cursor.toString()) || scanEnd);
      found.push(...keys);
    }
    const within = found.filter((key) => hashOfBytes(key, 0, key.length) < next);
    const output = new ReplyBuffer(256);
    output.version = 3;
    output.array(2);
    output.text(String(next >= scanEnd ? 0 : next));
    output.array(within.length);
    for (const key of within) output.bulk(key);
    return output.bytes;
  }

  /** The replies of all shards, given by one epoch. */
  async #ask(words: readonly (Buffer | string)[], identity: SessionIdentity): Promise<Buffer[]> {
    const untilMs = Date.now() + limits.steeringWaitMs;
    for (;;) {
      const { epoch, ranges } = identity.shardJob.configuration;
      const shards = shardsOf(ranges).sort((left, right) => left - right);
      const replies = await Promise.all(
        shards.map((shard) => this.#askOne(shard, ['SATCHEL.AT', String(epoch), ...words], identity)),
      );
      const isAgreed = replies.every((reply) => reply.toString('latin1', 0, gone.length) !== gone);
      if (isAgreed || Date.now() > untilMs) return replies;
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }

  #askOne(shard: number, words: readonly (Buffer | string)[], identity: SessionIdentity): Promise<Buffer> {
    return new Promise((resolve) => {
      this.#peers.call(shard, identity, words, (bytes, start, end) => resolve(Buffer.from(bytes.subarray(start, end))));
    });
  }
}

function isCount(word: Buffer | undefined): boolean {
  return word !== undefined && word.length === 5 && word.toString('latin1').toUpperCase() === 'COUNT';
}

function merged(replies: readonly Buffer[], merge: Merge): Buffer {
  let whole: Buffer = Buffer.alloc(0);
  const fanOut = new FanOut(replies.length, merge, (bytes, start, end) => {
    whole = bytes.subarray(start, end);
  });
  for (const [part, reply] of replies.entries()) fanOut.sinkOf(part)(reply, 0, reply.length);
  return whole;
}
