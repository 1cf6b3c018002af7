import { SatchelError } from '@satchel/proto/core';
import { type CommandArguments, ReplyBuffer } from '@satchel/proto/resp';
import { type Connection, hold } from './connection.js';
import { CountWatch } from './count-watch.js';
import type { ReplySink } from './link.js';
import type { Peers } from './peers.js';
import { replyTo } from './reply-to.js';
import { appendReply, isError } from './reply-version.js';
import type { SessionIdentity } from './session.js';

/** Waits of endpoint connections for what happens on other shards, or on several. They end with their connection. */
export class SpanningWaits {
  readonly #peers: Peers;
  /** By connection, the watches that were started with an id of the client's. */
  readonly #watches = new WeakMap<Connection, Map<string, () => void>>();

  constructor(peers: Peers) {
    this.#peers = peers;
  }

  /** `SATCHEL.WAIT key timeout-ms` or `SATCHEL.AWAIT id key timeout-ms` for a key of another shard. */
  onKey(connection: Connection, name: string, args: CommandArguments, identity: SessionIdentity, shard: number): void {
    if (name === 'satchel.wait') {
      const finish = this.#blocking(connection);
      const failed: ReplySink = (bytes, start, end) => isError(bytes, start) && finish.sink(bytes, start, end);
      finish.cancel = this.#peers.watch(shard, identity, 'SATCHEL.AWAIT', [args.bytes(1), args.bytes(2)], failed, finish.sink);
      return;
    }
    const id = args.bytes(1);
    const reply = replyTo(connection);
    const rest = [args.bytes(2), args.bytes(3)];
    const cancel = this.#peers.watch(shard, identity, 'SATCHEL.AWAIT', rest, reply, this.#pusher(connection, id));
    this.#register(connection, id, cancel);
  }

  /** `SATCHEL.WAITCOUNT prefix n timeout-ms` or `SATCHEL.AWAITCOUNT id prefix n timeout-ms` over all shards of the job. */
  onCount(
    connection: Connection,
    name: string,
    args: CommandArguments,
    identity: SessionIdentity,
    shards: readonly number[],
  ): void {
    const first = name === 'satchel.waitcount' ? 1 : 2;
    const [prefix, count, timeoutMs] = [args.bytes(first), numberAt(args, first + 1), numberAt(args, first + 2)];
    const start = (sink: ReplySink): (() => void) => {
      const watch = new CountWatch(shards.length, count, sink);
      watch.start(timeoutMs, (part, counted, pushed) =>
        this.#peers.watch(shards[part] as number, identity, 'SATCHEL.WATCHCOUNT', [prefix], counted, pushed),
      );
      return () => watch.cancel();
    };
    if (first === 1) {
      const finish = this.#blocking(connection);
      finish.cancel = start(finish.sink);
      return;
    }
    const id = args.bytes(1);
    const ok = connection.target();
    ok.ok();
    this.#register(connection, id, start(this.#pusher(connection, id)));
  }

  /** `SATCHEL.UNWATCH id`: true, with the reply written, if the watch was one of these. */
  unwatch(connection: Connection, args: CommandArguments): boolean {
    const watches = this.#watches.get(connection);
    const id = args.bytes(1).toString('latin1');
    const cancel = watches?.get(id);
    if (cancel === undefined) return false;
    watches?.delete(id);
    cancel();
    connection.target().ok();
    return true;
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

  /** A sink that pushes what it gets as the outcome of the client's wait `id`. */
  #pusher(connection: Connection, id: Buffer): ReplySink {
    return (bytes, start, end) => {
      this.#watches.get(connection)?.delete(id.toString('latin1'));
      const value = new ReplyBuffer(end - start + 16);
      value.version = connection.version;
      appendReply(value, bytes, start, end);
      connection.push((push) => {
        push.push(3);
        push.text('satchel.wait');
        push.bulk(id);
        push.raw(value.bytes);
      });
    };
  }

  #register(connection: Connection, id: Buffer, cancel: () => void): void {
    let watches = this.#watches.get(connection);
    if (watches === undefined) {
      watches = new Map();
      this.#watches.set(connection, watches);
      const all = watches;
      connection.onClose(() => {
        for (const end of all.values()) end();
        all.clear();
      });
    }
    watches.get(id.toString('latin1'))?.();
    watches.set(id.toString('latin1'), cancel);
  }
}

function numberAt(args: CommandArguments, index: number): number {
  const value = Number(args.text(index));
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new SatchelError('invalid-argument', 'value is not an integer or out of range');
  }
  return value;
}
