import { limits, SatchelError, shardOfSlot, slotOf } from '@satchel/proto/core';
import { type CommandArguments, ReplyBuffer } from '@satchel/proto/resp';
import { countArgument } from './commands/arguments.js';
import type { Connection } from './connection.js';
import { hold } from './hold.js';
import type { ReplySink } from './link.js';
import type { Peers } from './peers.js';
import { replyTo } from './reply-to.js';
import { appendReply, isError, isMoved } from './reply-version.js';
import type { SessionIdentity } from './session.js';
import { SpanningCount } from './spanning-count.js';
import { assemblingOne } from './striping/endpoint.js';
import type { WholeJob } from './whole-job.js';

/** How long after a key has moved it is looked for anew. */
const retryMs = 5;

/** Waits of endpoint connections for what happens on other shards, or on several. They end with their connection. */
export class SpanningWaits {
  readonly #peers: Peers;
  readonly #whole: WholeJob;
  /** By connection, the watches that were started with an id of the client's. */
  readonly #watches = new WeakMap<Connection, Map<string, SpanningWatch>>();

  constructor(peers: Peers, whole: WholeJob) {
    this.#peers = peers;
    this.#whole = whole;
  }

  /** `SATCHEL.WAIT key timeout-ms` or `SATCHEL.AWAIT id key timeout-ms` for a key of another shard. */
  onKey(connection: Connection, name: string, args: CommandArguments, identity: SessionIdentity): void {
    if (name === 'satchel.wait') {
      const timeoutMs = countArgument(args, 2, 'the time-out');
      const finish = this.#blocking(connection);
      finish.cancel = this.follow(args.bytes(1), timeoutMs, identity, finish.sink);
      return;
    }
    const timeoutMs = countArgument(args, 3, 'the time-out');
    const watch = this.#newWatch(connection, args);
    const reply = replyTo(connection);
    const pushed = args.count > 4 ? watch.sink : assemblingOne(identity.shardJob, watch.sink);
    const begun: ReplySink = (bytes, start, end) => {
      if (isError(bytes, start)) watch.ended();
      reply(bytes, start, end);
    };
    watch.cancel = this.#follow(args.bytes(2), timeoutMs, identity, begun, pushed);
  }

  /** Waits for a key on the shard that has it, whichever that is meanwhile; `sink` gets its value, nil or an error. Returns what ends the wait. */
  follow(key: Buffer, timeoutMs: number, identity: SessionIdentity, sink: ReplySink): () => void {
    const failed: ReplySink = (bytes, start, end) => isError(bytes, start) && sink(bytes, start, end);
    return this.#follow(key, timeoutMs, identity, failed, assemblingOne(identity.shardJob, sink));
  }

  #follow(key: Buffer, timeoutMs: number, identity: SessionIdentity, begun: ReplySink, done: ReplySink): () => void {
    const untilMs = Date.now() + timeoutMs;
    let hasBegun = false;
    let cancelled = false;
    let cancel = () => {};
    const begin = () => {
      if (cancelled) return;
      const left = timeoutMs === 0 ? 0 : Math.max(1, untilMs - Date.now());
      const shard = shardOfSlot(identity.shardJob.configuration, slotOf(key));
      const elseAgain =
        (sink: ReplySink): ReplySink =>
        (bytes, start, end) => {
          if (isMoved(bytes, start, end)) setTimeout(begin, retryMs).unref();
          else sink(bytes, start, end);
        };
      const first = elseAgain((bytes, start, end) => {
        if (!hasBegun) begun(bytes, start, end);
        else if (isError(bytes, start)) done(bytes, start, end);
        hasBegun = true;
      });
      cancel = this.#peers.watch(shard, identity, 'SATCHEL.AWAIT', [key, String(left)], first, elseAgain(done));
    };
    begin();
    return () => {
      cancelled = true;
      cancel();
    };
  }

  /** `SATCHEL.WAITCOUNT prefix n timeout-ms` or `SATCHEL.AWAITCOUNT id prefix n timeout-ms` over all shards of the job. */
  onCount(connection: Connection, name: string, args: CommandArguments, identity: SessionIdentity): void {
    const first = name === 'satchel.waitcount' ? 1 : 2;
    const prefix = args.bytes(first);
    const count = countArgument(args, first + 1, 'the count');
    const timeoutMs = countArgument(args, first + 2, 'the time-out');
    const start = (sink: ReplySink): (() => void) => {
      const watch = new SpanningCount(this.#peers, this.#whole, identity, prefix, count, sink);
      watch.start(timeoutMs);
      return () => watch.cancel();
    };
    if (first === 1) {
      const finish = this.#blocking(connection);
      finish.cancel = start(finish.sink);
      return;
    }
    const watch = this.#newWatch(connection, args);
    connection.target().ok();
    watch.cancel = start(watch.sink);
  }

  /** `SATCHEL.UNWATCH id`: true, with the reply written, if the watch was one of these. */
  unwatch(connection: Connection, args: CommandArguments): boolean {
    const watch = this.#watches.get(connection)?.get(args.bytes(1).toString('latin1'));
    if (watch === undefined) return false;
    watch.ended();
    watch.cancel();
    connection.target().integer(1);
    return true;
  }

  /** A watch under the id that argument 1 gives; throws if that is in use or pushes cannot be sent. */
  #newWatch(connection: Connection, args: CommandArguments): SpanningWatch {
    if (connection.version !== 3) {
      throw new SatchelError('invalid-argument', 'watching needs RESP3 for its pushes: send HELLO 3 first, or use SATCHEL.WAIT');
    }
    const watches = this.#watchesOf(connection);
    const id = args.bytes(1).toString('latin1');
    if (id.length > limits.nameCharacters) {
      throw new SatchelError('invalid-argument', `the id has ${id.length} bytes, the limit is ${limits.nameCharacters}`);
    }
    if (watches.has(id)) {
      throw new SatchelError('invalid-argument', `this connection already waits under the id '${id}'; choose another`);
    }
    const watch = new SpanningWatch(connection, id, () => watches.delete(id));
    watches.set(id, watch);
    return watch;
  }

  #watchesOf(connection: Connection): Map<string, SpanningWatch> {
    const known = this.#watches.get(connection);
    if (known !== undefined) return known;
    const watches = new Map<string, SpanningWatch>();
    this.#watches.set(connection, watches);
    connection.onClose(() => {
      for (const watch of watches.values()) watch.cancel();
      watches.clear();
    });
    return watches;
  }

  /** Holds the connection back until the sink gets the reply; the end of the connection cancels. */
  #blocking(connection: Connection): { readonly sink: ReplySink; cancel: () => void } {
    const reply = replyTo(connection);
    connection.hold(hold.command);
    const wait = {
      cancel: () => {},
      sink: (bytes: Buffer, start: number, end: number) => {
        unregister();
        reply(bytes, start, end);
        connection.release(hold.command);
      },
    };
    const unregister = connection.onClose(() => wait.cancel());
    return wait;
  }
}

/** A watch with an id of the client's. Its sink pushes the outcome. */
class SpanningWatch {
  /** Ends it on the shards that watch. */
  cancel: () => void = () => {};
  /** Frees the id. */
  readonly ended: () => void;
  readonly sink: ReplySink;

  constructor(connection: Connection, id: string, ended: () => void) {
    this.ended = ended;
    this.sink = (bytes, start, end) => {
      ended();
      const value = new ReplyBuffer(end - start + 16);
      value.version = connection.version;
      appendReply(value, bytes, start, end);
      connection.push((push) => {
        push.push(3);
        push.text('satchel.wait');
        push.bulk(Buffer.from(id, 'latin1'));
        push.raw(value.bytes);
      });
    };
  }
}
