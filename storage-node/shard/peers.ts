import { assert } from '@satchel/proto/core';
import { CommandArguments, ReplyBuffer, type ReplyWriter } from '@satchel/proto/resp';
import { CloseCallbacks } from './close-callbacks.js';
import type { CommandRunner } from './command-runner.js';
import type { CommandTable, TableEntry } from './command-table.js';
import { fail, type ReplySink, type WatchSink } from './link.js';
import type { LinkPool } from './link-pool.js';
import type { OutputPool } from './output-pool.js';
import { endOfReply, firstElement } from './reply-version.js';
import type { Session, SessionIdentity } from './session.js';

/** All shards of a job alike, this one included: replies come in RESP3 whichever shard runs the command. */
export class Peers {
  readonly #shard: number;
  readonly #links: LinkPool;
  readonly #runner: CommandRunner;
  readonly #table: CommandTable;
  readonly #pool: OutputPool;
  #lastSession = 0;

  constructor(shard: number, links: LinkPool, runner: CommandRunner, table: CommandTable, pool: OutputPool) {
    this.#shard = shard;
    this.#links = links;
    this.#runner = runner;
    this.#table = table;
    this.#pool = pool;
  }

  /** Runs a command on one shard. `args` are only borrowed. */
  send(shard: number, identity: SessionIdentity, entry: TableEntry, args: CommandArguments, sink: ReplySink): void {
    if (shard === this.#shard) this.#runHere(new InnerSession(--this.#lastSession, identity), entry, args, sink);
    else this.#links.to(shard).send(identity, args, entry.command.verb === 'write', sink);
  }

  /** Runs a command, given in words, on one shard. */
  call(shard: number, identity: SessionIdentity, words: readonly (Buffer | string)[], sink: ReplySink): void {
    const args = argumentsOf(words);
    const entry = this.#table.find(args);
    assert(entry, 'what shards call is a command');
    this.send(shard, identity, entry, args, sink);
  }

  /** Starts a watch on one shard: `NAME id …`; see {@link Link.watch}. */
  watch(
    shard: number,
    identity: SessionIdentity,
    name: string,
    rest: readonly (Buffer | string)[],
    sink: ReplySink,
    pushed: WatchSink,
  ): () => void {
    if (shard !== this.#shard) return this.#links.to(shard).watch(identity, name, rest, sink, pushed);
    const session = new InnerSession(--this.#lastSession, identity, pushed);
    const entry = this.#table.named(name.toLowerCase());
    assert(entry, `${name} is a command`);
    this.#runHere(session, entry, argumentsOf([name, '1', ...rest]), sink);
    return () => session.close();
  }

  #runHere(session: InnerSession, entry: TableEntry, args: CommandArguments, sink: ReplySink): void {
    const reply = this.#pool.take(3);
    const done = (): void => {
      // Whoever merges it with other replies may send it in a turn that knows nothing of this one's changes.
      this.#runner.commit(session.identity.shardJob, reply, 0);
      sink(reply.buffer, 0, reply.length);
      this.#pool.giveBack(reply);
    };
    if (session.identity.shardJob.ended) {
      this.#pool.giveBack(reply);
      fail(sink, `NOJOB job ${session.identity.job} has ended`);
      return;
    }
    const underWay = this.#runner.run(entry.command, args, reply, session, session.identity.shardJob);
    if (underWay === undefined) done();
    else void underWay.then(done);
  }
}

/** Stands for a client whose command is run in parts: replies and pushes go to whoever puts them together. */
class InnerSession implements Session {
  readonly id: number;
  readonly mode = 'link';
  readonly peer = '';
  readonly connectedMs = Date.now();
  readonly version = 3;
  readonly identity: SessionIdentity;
  name = '';
  readonly #pushed: WatchSink | undefined;
  readonly #onClose = new CloseCallbacks();

  constructor(id: number, identity: SessionIdentity, pushed?: WatchSink) {
    this.id = id;
    this.identity = identity;
    this.#pushed = pushed;
  }

  get closed(): boolean {
    return this.#onClose.closed;
  }

  push(write: (reply: ReplyWriter) => void): void {
    if (this.closed || this.#pushed === undefined) return;
    const reply = new ReplyBuffer(1024);
    reply.version = 3;
    write(reply);
    const idAt = endOfReply(reply.buffer, firstElement(reply.buffer, 0));
    const valueAt = endOfReply(reply.buffer, idAt);
    this.#pushed(reply.buffer, valueAt, reply.length);
  }

  onClose(callback: () => void): () => void {
    return this.#onClose.add(callback);
  }

  /** Ends what is registered under it. */
  close(): void {
    this.#onClose.close();
  }
}

/** Arguments that own their bytes. */
export function argumentsOf(words: readonly (Buffer | string)[]): CommandArguments {
  const args = new CommandArguments();
  const parts = words.map((word) => (typeof word === 'string' ? Buffer.from(word) : word));
  args.buffer = Buffer.concat(parts);
  args.borrowed = false;
  let at = 0;
  for (const part of parts) {
    args.add(at, at + part.length);
    at += part.length;
  }
  return args;
}

/** Some of a command's arguments, in the same input; `indexes` ascend. */
export function pick(args: CommandArguments, indexes: readonly number[]): CommandArguments {
  const picked = new CommandArguments();
  picked.buffer = args.buffer;
  picked.borrowed = args.borrowed;
  for (const index of indexes) picked.add(args.start(index), args.end(index));
  return picked;
}
