import { limits, persistPrefix, SatchelError } from '@satchel/proto/core';
import { decodeReply, ReplyBuffer } from '@satchel/proto/resp';
import { hashOfBytes } from '../../store/key.js';
import { scanEnd } from '../../store/tier-store.js';
import type { CommandContext } from '../command.js';
import { latin1Argument } from '../commands/arguments.js';
import { Glob } from '../commands/glob.js';
import { scanOptions } from '../commands/scan.js';
import type { ShardJob } from '../job.js';
import { firstElement, lengthAt } from '../reply-version.js';
import { callShard, type ShardCalls } from '../striping/shard-calls.js';
import type { Batch } from './under-way.js';

/** Keys asked for at a time. */
const pageKeys = 1000;

interface Page {
  readonly next: number;
  readonly keys: readonly { readonly key: Buffer; readonly hash: number; readonly type: string }[];
}

type Run = (reply: ReplyBuffer) => void | Promise<void>;

/**
 * Commands on all objects of a shard's slots: those that are still where the slots were before belong to them. Meanwhile no object is taken
 * over, so that each is found in one place.
 */
export class JobWide {
  readonly #job: ShardJob;
  readonly #calls: () => ShardCalls;

  constructor(job: ShardJob, calls: () => ShardCalls) {
    this.#job = job;
    this.#calls = calls;
  }

  /** Whether the command of this name has to look elsewhere too. */
  concerns(name: string): boolean {
    return this.#commands.has(name);
  }

  /** Carries out a command here, by `run`, and elsewhere; writes one reply. */
  async execute(name: string, context: CommandContext, reply: ReplyBuffer, run: Run): Promise<void> {
    const { steering } = this.#job;
    const { lanes, predecessors } = steering;
    let batch: Batch | undefined;
    let isClosed = true;
    await lanes.closeAll();
    const open = () => {
      if (isClosed) lanes.openAll();
      isClosed = false;
    };
    try {
      await predecessors.allReady();
      await steering.takeOver.settleOwed();
      batch = steering.underWay.started();
      const command = this.#commands.get(name);
      if (command === undefined || predecessors.shards.length === 0) await run(reply);
      else await command(context, reply, run, open);
    } finally {
      if (batch) steering.underWay.finished(batch);
      open();
    }
  }

  /** Objects under a prefix, here and elsewhere; exact at some moment of the call. */
  async countAll(prefix: string, here: () => number): Promise<number> {
    const { lanes, predecessors, takeOver } = this.#job.steering;
    await lanes.closeAll();
    try {
      await predecessors.allReady();
      await takeOver.settleOwed();
      const elsewhere = await this.#sum('COUNT', prefix);
      return elsewhere + here();
    } finally {
      lanes.openAll();
    }
  }

  readonly #commands = new Map<
    string,
    (context: CommandContext, reply: ReplyBuffer, run: Run, open: () => void) => Promise<void>
  >([
    ['dbsize', (_, reply, run) => this.#count('', reply, run)],
    ['satchel.count', ({ args }, reply, run) => this.#count(latin1Argument(args, 1), reply, run)],
    ['satchel.delprefix', ({ args }, reply, run, open) => this.#deletePrefix(latin1Argument(args, 1), reply, run, open)],
    ['flushall', (_, reply, run) => this.#flush(reply, run)],
    ['flushdb', (_, reply, run) => this.#flush(reply, run)],
    ['keys', ({ args }, reply, run) => this.#keys(new Glob(latin1Argument(args, 1)), reply, run)],
    ['randomkey', (_, reply, run) => this.#randomKey(reply, run)],
    ['scan', (context, reply, run) => this.#scan(context, reply, run)],
  ]);

  async #count(prefix: string, reply: ReplyBuffer, run: Run): Promise<void> {
    if (prefix.startsWith(persistPrefix)) return run(reply);
    const elsewhere = await this.#sum('COUNT', prefix);
    reply.integer(elsewhere + lengthAt((await this.#here(run)).buffer, 0));
  }

  async #deletePrefix(prefix: string, reply: ReplyBuffer, run: Run, open: () => void): Promise<void> {
    if (prefix.startsWith(persistPrefix)) return run(reply);
    const elsewhere = await this.#sum('DELPREFIX', prefix);
    // Nothing under the prefix can be taken over any more, and what was is here.
    open();
    reply.integer(elsewhere + lengthAt((await this.#here(run)).buffer, 0));
  }

  async #flush(reply: ReplyBuffer, run: Run): Promise<void> {
    const { predecessors } = this.#job.steering;
    await Promise.all(predecessors.shards.map((shard) => this.#ask(shard, 'CLEAR', '')));
    predecessors.cleared();
    await run(reply);
  }

  async #keys(glob: Glob, reply: ReplyBuffer, run: Run): Promise<void> {
    if (glob.prefix.startsWith(persistPrefix)) return run(reply);
    const found: Buffer[] = [];
    for (const shard of this.#listed(glob.prefix)) {
      for (let position = 0; position < scanEnd; ) {
        const page = await this.#page(shard, position, pageKeys);
        for (const { key } of page.keys) if (glob.matches(key.toString('latin1'))) found.push(key);
        position = page.next;
      }
    }
    const here = await this.#here(run);
    const count = lengthAt(here.buffer, 0);
    if (count + found.length > limits.listedKeys)
      throw new SatchelError('too-large', `more than ${limits.listedKeys} keys match; use SCAN`);
    reply.array(count + found.length);
    reply.raw(here.buffer.subarray(firstElement(here.buffer, 0), here.length));
    for (const key of found) reply.bulk(key);
  }

  async #randomKey(reply: ReplyBuffer, run: Run): Promise<void> {
    const here = decodeReply((await this.#here(run)).bytes);
    if (Buffer.isBuffer(here)) return reply.bulk(here);
    for (const shard of this.#job.steering.predecessors.shards) {
      for (let position = 0; position < scanEnd; ) {
        const page = await this.#page(shard, position, pageKeys);
        const [first] = page.keys;
        if (first !== undefined) return reply.bulk(first.key);
        position = page.next;
      }
    }
    reply.nil();
  }

  /** A page reaches as far as the shortest of those that make it up. */
  async #scan(context: CommandContext, reply: ReplyBuffer, run: Run): Promise<void> {
    const { position, count, glob, type } = scanOptions(context);
    if (glob?.prefix.startsWith(persistPrefix)) return run(reply);
    const here = decodeReply((await this.#here(run)).bytes);
    const [cursor, keysHere] = Array.isArray(here) ? here : [];
    let next = Number(String(cursor)) || scanEnd;
    const found: { readonly key: Buffer; readonly hash: number }[] = [];
    for (const key of Array.isArray(keysHere) ? keysHere : []) {
      if (Buffer.isBuffer(key)) found.push({ key, hash: hashOfBytes(key, 0, key.length) });
    }
    for (const shard of this.#listed(glob?.prefix ?? '')) {
      const page = await this.#page(shard, position, count);
      next = Math.min(next, page.next);
      for (const { key, hash, type: ofKey } of page.keys) {
        if ((type === undefined || type === ofKey) && (glob === undefined || glob.matches(key.toString('latin1'))))
          found.push({ key, hash });
      }
    }
    const within = found.filter(({ hash }) => hash < next);
    reply.array(2);
    reply.text(String(next >= scanEnd ? 0 : next));
    reply.array(within.length);
    for (const { key } of within) reply.bulk(key);
  }

  /** The command's own reply. Throws what it throws. */
  async #here(run: Run): Promise<ReplyBuffer> {
    const reply = new ReplyBuffer(1024);
    reply.version = 3;
    await run(reply);
    return reply;
  }

  async #sum(what: string, prefix: string): Promise<number> {
    const replies = await Promise.all(this.#listed(prefix).map((shard) => this.#ask(shard, what, prefix)));
    return replies.reduce((sum, reply) => sum + lengthAt(reply, 0), 0);
  }

  /** The shards that may hold objects under a prefix: none once all of them were deleted. */
  #listed(prefix: string): readonly number[] {
    return this.#job.losses?.isPrefixGone(prefix) ? [] : this.#job.steering.predecessors.shards;
  }

  async #page(shard: number, position: number, count: number): Promise<Page> {
    const reply = decodeReply(await this.#ask(shard, 'SCAN', String(position), String(count)));
    if (!Array.isArray(reply)) throw new SatchelError('internal', 'a page of keys was no array');
    const [next, ...rest] = reply;
    const keys: { key: Buffer; hash: number; type: string }[] = [];
    for (let index = 0; index + 1 < rest.length; index += 2) {
      const key = rest[index];
      if (Buffer.isBuffer(key)) keys.push({ key, hash: hashOfBytes(key, 0, key.length), type: String(rest[index + 1]) });
    }
    return { next: Number(next), keys };
  }

  #ask(shard: number, what: string, ...rest: string[]): Promise<Buffer> {
    const { configuration, shard: own } = this.#job;
    const words = [
      'SATCHEL.REST',
      String(own),
      String(configuration.epoch),
      what,
      ...rest.map((word) => Buffer.from(word, 'latin1')),
    ];
    return callShard(this.#calls(), this.#job, shard, words);
  }
}
