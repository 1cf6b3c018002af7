import { SatchelError } from '@satchel/proto/core';
import type { CommandArguments } from '@satchel/proto/resp';
import type { Command, KeyPositions } from './command.js';
import type { TableEntry } from './command-table.js';
import { wrongArgumentCount } from './commands/arguments.js';
import type { Connection } from './connection.js';
import type { EndpointRouter } from './dispatch.js';
import { FanOut } from './fan-out.js';
import type { Following } from './following.js';
import { hold } from './hold.js';
import { type JobRouting, slotOfArgument } from './job-routing.js';
import type { ReplySink } from './link.js';
import { type Peers, pick } from './peers.js';
import { replyTo } from './reply-to.js';
import type { SessionIdentity } from './session.js';
import type { ServerStatistics } from './shard-environment.js';
import type { SpanningPops } from './spanning-pops.js';
import type { SpanningWaits } from './spanning-waits.js';
import { onSeveralShards, splitKeys } from './split-keys.js';
import { assemblingSink } from './striping/endpoint.js';
import type { WholeJob } from './whole-job.js';

/** Waits for a key: they wait here while another shard watches. */
const waitsForKey: ReadonlySet<string> = new Set(['satchel.wait', 'satchel.await']);

/** One command of an endpoint connection on its way through the router. */
interface Routed {
  readonly connection: Connection;
  readonly entry: TableEntry;
  readonly args: CommandArguments;
  readonly identity: SessionIdentity;
  readonly routing: JobRouting;
}

/** Serves a job of several shards on any of them: forwards, splits and merges. */
export class Router implements EndpointRouter {
  readonly #shard: number;
  readonly #peers: Peers;
  readonly #whole: WholeJob;
  readonly #waits: SpanningWaits;
  readonly #pops: SpanningPops;
  readonly #following: Following;
  readonly #statistics: ServerStatistics;

  constructor(
    shard: number,
    peers: Peers,
    whole: WholeJob,
    waits: SpanningWaits,
    pops: SpanningPops,
    following: Following,
    statistics: ServerStatistics,
  ) {
    this.#shard = shard;
    this.#whole = whole;
    this.#peers = peers;
    this.#waits = waits;
    this.#pops = pops;
    this.#following = following;
    this.#statistics = statistics;
  }

  route(
    connection: Connection,
    entry: TableEntry,
    args: CommandArguments,
    identity: SessionIdentity,
    routing: JobRouting,
  ): boolean {
    switch (entry.command.scope) {
      case 'key':
        return this.#oneKey({ connection, entry, args, identity, routing });
      case 'keys':
        return this.#manyKeys({ connection, entry, args, identity, routing });
      case 'job':
        return this.#wholeJob({ connection, entry, args, identity, routing });
      default:
        return this.#waits.unwatch(connection, args);
    }
  }

  resume(
    connection: Connection,
    name: string,
    args: CommandArguments,
    identity: SessionIdentity,
    waitedMs: number,
    sink: ReplySink,
  ): boolean {
    if (name !== 'satchel.wait' && !this.#pops.waits(name)) return false;
    let cancel = () => {};
    const forget = connection.onClose(() => cancel());
    const finish: ReplySink = (bytes, start, end) => {
      forget();
      sink(bytes, start, end);
    };
    if (name === 'satchel.wait') {
      const timeoutMs = Number(args.text(2));
      cancel = this.#waits.follow(args.bytes(1), timeoutMs === 0 ? 0 : Math.max(1, timeoutMs - waitedMs), identity, finish);
    } else cancel = this.#pops.follow(args, identity, waitedMs, finish);
    return true;
  }

  #oneKey(routed: Routed): boolean {
    const { connection, entry, args, identity, routing } = routed;
    const shard = routing.shardOf(slotOfArgument(args, keysOf(entry.command).first));
    if (shard === this.#shard) return false;
    this.#statistics.forwarded++;
    if (waitsForKey.has(entry.command.name)) this.#waits.onKey(connection, entry.command.name, args, identity);
    else {
      const sink = assemblingSink(entry.command.name, identity.shardJob, replyTo(connection));
      this.#peers.send(shard, identity, entry, args, sink);
    }
    return true;
  }

  #manyKeys(routed: Routed): boolean {
    const { connection, entry, args, identity, routing } = routed;
    const keys = keysOf(entry.command);
    // Before anything is sent: a part that looks complete would be carried out.
    if ((args.count - keys.first) % keys.step !== 0) throw wrongArgumentCount(entry.command.name);
    const { parts, partOfKey } = splitKeys(keys, args, routing);
    if (parts.size === 1 && parts.has(this.#shard)) return false;
    if (parts.size > 1 && entry.command.together) throw onSeveralShards(entry.command.name);
    if (this.#pops.waits(entry.command.name)) {
      this.#statistics.forwarded++;
      this.#pops.start(connection, entry.command.name, args, identity);
      return true;
    }
    if (parts.size === 1) {
      const sink = assemblingSink(entry.command.name, identity.shardJob, replyTo(connection));
      for (const shard of parts.keys()) this.#peers.send(shard, identity, entry, args, sink);
      this.#statistics.forwarded++;
      return true;
    }
    const { merge = 'ok' } = entry.command;
    const sink = assemblingSink(entry.command.name, identity.shardJob, replyTo(connection));
    const fanOut = new FanOut(parts.size, merge, sink, merge === 'array' ? partOfKey : undefined);
    for (const [shard, { number, indexes }] of parts) this.#sendPart(routed, fanOut, shard, number, pick(args, indexes));
    return true;
  }

  /** Later commands of the connection wait for its reply, as it waited for those of earlier ones: their keys may be any. */
  #wholeJob(routed: Routed): boolean {
    const { connection, entry, args, identity } = routed;
    if (entry.command.merge === 'wait') {
      this.#waits.onCount(connection, entry.command.name, args, identity);
      return true;
    }
    connection.hold(hold.command);
    if (connection.caughtUp) this.#onAllShards(routed);
    else {
      args.own();
      connection.surrenderArguments();
      connection.whenCaughtUp(() => this.#onAllShards(routed));
    }
    return true;
  }

  #onAllShards(routed: Routed): void {
    const { connection, entry, args, routing } = routed;
    const reply = replyTo(connection);
    const sink: ReplySink = (bytes, start, end) => {
      reply(bytes, start, end);
      connection.release(hold.command);
    };
    const { merge = 'ok' } = entry.command;
    if (this.#whole.concerns(entry.command.name)) {
      this.#statistics.forwarded += routing.shards.filter((shard) => shard !== this.#shard).length;
      this.#whole.run(entry.command.name, merge, args, routed.identity, sink);
      return;
    }
    const fanOut = new FanOut(routing.shards.length, merge, sink);
    const all = Array.from({ length: args.count }, (_, index) => index);
    for (const [part, shard] of routing.shards.entries()) this.#sendPart(routed, fanOut, shard, part, pick(args, all));
  }

  #sendPart({ entry, identity }: Routed, fanOut: FanOut, shard: number, part: number, args: CommandArguments): void {
    if (shard !== this.#shard) this.#statistics.forwarded++;
    const sink = fanOut.sinkOf(part);
    const mayLeave = shard === this.#shard && identity.shardJob.steering.steered;
    this.#peers.send(shard, identity, entry, args, mayLeave ? this.#following.elseFollow(entry, args, identity, sink) : sink);
  }
}

function keysOf(command: Command): KeyPositions {
  if (command.keys === undefined) throw new SatchelError('internal', `command '${command.name}' has no key positions`);
  return command.keys;
}
