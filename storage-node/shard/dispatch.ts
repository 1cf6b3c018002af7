import { SatchelError } from '@satchel/proto/core';
import type { ArgumentSink, CommandArguments, ReplyBuffer } from '@satchel/proto/resp';
import type { Command } from './command.js';
import type { CommandRunner } from './command-runner.js';
import type { CommandTable, TableEntry } from './command-table.js';
import { isPersistKey } from './commands/on-key.js';
import type { Connection } from './connection.js';
import type { Following } from './following.js';
import { hold } from './hold.js';
import type { ShardJob } from './job.js';
import { type JobRouting, type JobRoutings, slotOfArgument } from './job-routing.js';
import { checkKey, checkKeys } from './key-checks.js';
import type { ReplySink } from './link.js';
import { LinkIdentities } from './link-identities.js';
import { checkOwner } from './owner-check.js';
import { argumentsOf } from './peers.js';
import type { PendingReply } from './reply-queue.js';
import { slotIsMoving } from './reply-to.js';
import { appendReply, isMoved } from './reply-version.js';
import type { SessionIdentity } from './session.js';
import type { ServerStatistics, ShardEnvironment } from './shard-environment.js';
import { assemblingSink } from './striping/endpoint.js';
import { unknownCommand } from './unknown-command.js';
import { Upload, Uploads } from './uploads.js';

/** What dispatch needs of the router; it is only asked on the endpoint. */
export interface EndpointRouter {
  /** Lets a command that waited here go on waiting where its slot is now; false: it is none that waits. */
  resume(
    connection: Connection,
    name: string,
    args: CommandArguments,
    identity: SessionIdentity,
    waitedMs: number,
    sink: ReplySink,
  ): boolean;
  /** False: the command is to run here. */
  route(
    connection: Connection,
    entry: TableEntry,
    args: CommandArguments,
    identity: SessionIdentity,
    routing: JobRouting,
  ): boolean;
}

export interface DispatcherOptions {
  readonly environment: ShardEnvironment;
  readonly table: CommandTable;
  readonly runner: CommandRunner;
  readonly routings: JobRoutings;
  readonly statistics: ServerStatistics;
  readonly router: EndpointRouter;
  readonly following: Following;
}

/** Decides for each command whether it may run and where. */
export class Dispatcher {
  readonly #environment: ShardEnvironment;
  readonly #table: CommandTable;
  readonly #runner: CommandRunner;
  readonly #routings: JobRoutings;
  readonly #statistics: ServerStatistics;
  readonly #router: EndpointRouter;
  readonly #following: Following;
  readonly #linkIdentities: LinkIdentities;
  readonly #uploads = new Uploads();
  #lastDeferredId = 0;

  constructor(options: DispatcherOptions) {
    this.#environment = options.environment;
    this.#table = options.table;
    this.#runner = options.runner;
    this.#routings = options.routings;
    this.#statistics = options.statistics;
    this.#router = options.router;
    this.#following = options.following;
    this.#linkIdentities = new LinkIdentities(options.environment);
  }

  /** Runs or forwards one command; its reply, now or later, goes to the connection. */
  execute(connection: Connection, args: CommandArguments): void {
    try {
      this.#execute(connection, args);
    } catch (error) {
      this.#statistics.errors++;
      connection.target().error(SatchelError.from(error).toRespLine());
    }
  }

  #execute(connection: Connection, args: CommandArguments): void {
    const entry = this.#find(args, 0, connection.lastEntry);
    entry.calls++;
    connection.lastEntry = entry;
    if (connection.mode === 'link') {
      this.#executeOnLink(connection, entry, args);
      return;
    }
    const { command } = entry;
    if (connection.subscriptions > 0 && connection.version === 2 && command.whileSubscribed !== true)
      throw subscribed(command.name);
    const identity = connection.identity;
    if (identity === undefined) {
      if (!command.unauthenticated) throw new SatchelError('unauthenticated', 'Authentication required.');
      this.#run(connection, command, args, undefined);
      return;
    }
    if ((entry.verbBit & ~connection.verbs) !== 0) {
      throw new SatchelError('permission-denied', `this token does not allow ${command.verb}, which '${command.name}' needs`);
    }
    if (!entry.routed) {
      this.#run(connection, command, args, identity.shardJob);
      return;
    }
    if (entry.keyIndex > 0) checkKey(command, args, entry.keyIndex);
    else if (command.keys !== undefined) checkKeys(command, command.keys, args);
    const job = identity.shardJob.ended ? this.#openAgain(connection, identity) : identity.shardJob;
    let routing = connection.routing;
    if (routing?.configuration !== job.configuration) {
      if (routing !== undefined && !connection.caughtUp) {
        this.#executeLater(connection, args.sink === undefined ? args : gathered(args, args.sink));
        return;
      }
      routing = this.#routings.of(job.configuration);
      connection.routing = routing;
    }
    if (args.sink !== undefined && !this.#isForUpload(args.sink, job, args, entry.keyIndex)) {
      this.#execute(connection, gathered(args, args.sink));
      return;
    }
    if (routing.allLocal && entry.keyIndex > 0) {
      this.#run(connection, command, args, job);
      return;
    }
    if (connection.mode === 'direct' && command.everywhere !== true) checkOwner(this.#environment, command, args, routing, true);
    else if (!routing.allLocal || (entry.follows && connection.mode === 'endpoint')) {
      if (this.#router.route(connection, entry, args, identity, routing)) return;
    }
    this.#run(connection, command, args, job);
  }

  /** Slots have moved, and commands of the connection are under way to where they were: those that come now must not overtake them. */
  #executeLater(connection: Connection, args: CommandArguments): void {
    args.own();
    connection.surrenderArguments();
    connection.hold(hold.rerouting);
    connection.whenCaughtUp(() => {
      connection.inTurn(() => this.execute(connection, args));
      connection.release(hold.rerouting);
    });
  }

  /**
   * Lets argument `args.count` of the command under way, a large value, flow to dram if the command would be carried out here and can do with
   * that. Undefined: the value is to be gathered, and the command will say what is wrong, if anything is.
   */
  beginUpload(
    connection: Connection,
    args: CommandArguments,
    length: number,
    argumentsLeft: number,
    stalled: () => void,
  ): Upload | undefined {
    const entry = this.#table.find(args);
    const flow = entry?.command.flow;
    const { identity, mode } = connection;
    if (entry === undefined || flow === undefined || identity === undefined || mode === 'link') return undefined;
    if (args.count !== flow.argument || (flow.last && argumentsLeft > 1) || (entry.verbBit & ~connection.verbs) !== 0)
      return undefined;
    const { shardJob } = identity;
    try {
      checkKey(entry.command, args, entry.keyIndex);
      if (shardJob.ended || isPersistKey(args, entry.keyIndex) || !this.#isHere(shardJob, args, entry.keyIndex)) return undefined;
      const key = shardJob.scratchKey.set(args.buffer, args.start(entry.keyIndex), args.end(entry.keyIndex));
      return this.#uploads.begin(shardJob, key, length, Date.now(), stalled);
    } catch {
      return undefined;
    }
  }

  #isHere(job: ShardJob, args: CommandArguments, keyIndex: number): boolean {
    const routing = this.#routings.of(job.configuration);
    return routing.allLocal || routing.shardOf(slotOfArgument(args, keyIndex)) === this.#environment.shard;
  }

  /** Whether a value is where it is to be: meanwhile the job may have been opened anew, or the slot have moved. */
  #isForUpload(upload: ArgumentSink, job: ShardJob, args: CommandArguments, keyIndex: number): boolean {
    return upload instanceof Upload && upload.job === job && this.#isHere(job, args, keyIndex);
  }

  /** The entry of a command with a sound number of arguments. */
  #find(args: CommandArguments, index = 0, guess?: TableEntry): TableEntry {
    const entry = this.#table.find(args, index, guess);
    if (entry === undefined) throw unknownCommand(args, index);
    const { arity, name } = entry.command;
    const count = args.count - index;
    if (arity > 0 ? count !== arity : count < -arity) {
      throw new SatchelError('invalid-argument', `wrong number of arguments for '${name}' command`);
    }
    return entry;
  }

  /** The job was closed here and, if it has not ended, is opened anew. Throws `no-job`. */
  #openAgain(connection: Connection, identity: SessionIdentity): ShardJob {
    const job = this.#environment.jobOf(identity.job);
    if (job === undefined) throw new SatchelError('no-job', `job ${identity.job} has ended`);
    connection.identity = { ...identity, shardJob: job };
    return job;
  }

  /** Another shard's command: `SATCHEL.ON job command…`, or one of the link itself. */
  #executeOnLink(connection: Connection, entry: TableEntry, args: CommandArguments): void {
    if (entry.command.name !== 'satchel.on') {
      this.#run(connection, entry.command, args, undefined);
      return;
    }
    const identity = this.#linkIdentities.of(args.text(1));
    const { shardJob } = identity;
    connection.identity = identity;
    dropFirst(args, 2);
    const inner = this.#find(args);
    const reply = connection.target();
    const mark = reply.length;
    try {
      if (inner.routed) checkOwner(this.#environment, inner.command, args, this.#routings.of(shardJob.configuration), false);
    } catch (error) {
      const { code, message } = SatchelError.from(error);
      if (code !== 'moved' || !this.#following.concerns(inner, args, identity)) throw error;
      args.own();
      reply.error(`MOVED ${message}`);
      this.#setAside(connection, inner, args, identity, reply, mark, Promise.resolve());
      return;
    }
    const underWay = this.#runner.run(inner.command, args, reply, connection, shardJob);
    if (underWay !== undefined) this.#setAside(connection, inner, args, identity, reply, mark, underWay);
  }

  /** The reply of another shard's command comes later; if it is refused because its slots have left, from the shard that has them. */
  #setAside(
    connection: Connection,
    entry: TableEntry,
    args: CommandArguments,
    identity: SessionIdentity,
    reply: ReplyBuffer,
    mark: number,
    underWay: Promise<void>,
  ): void {
    const id = ++this.#lastDeferredId;
    connection.surrenderArguments();
    connection.setAside(reply, mark, id);
    void underWay.then(() => {
      if (!isMoved(reply.buffer, mark, reply.length) || !this.#following.concerns(entry, args, identity)) {
        connection.pushReply(reply, mark, id);
        return;
      }
      reply.truncate(mark);
      this.#following.follow(entry, args, identity, (bytes, start, end) => {
        appendReply(reply, bytes, start, end);
        connection.pushReply(reply, mark, id);
      });
    });
  }

  #run(connection: Connection, command: Command, args: CommandArguments, job: ShardJob | undefined): void {
    const reply = connection.target();
    const mark = reply.length;
    const underWay = this.#runner.run(command, args, reply, connection, job);
    if (underWay === undefined) return;
    connection.surrenderArguments();
    const pending = connection.defer(reply, mark);
    connection.hold(hold.command);
    const begunMs = Date.now();
    void underWay.then(() => {
      if (connection.mode === 'endpoint' && isMoved(reply.buffer, pending.from, reply.length)) {
        this.#resume(connection, command, args, reply, pending, Date.now() - begunMs);
        return;
      }
      connection.settleHandler(pending);
      connection.release(hold.command);
    });
  }

  /** A slot has left this shard while a command of a client that does not follow slots was under way: it goes on elsewhere. */
  #resume(
    connection: Connection,
    { name }: Command,
    args: CommandArguments,
    reply: ReplyBuffer,
    pending: PendingReply,
    waitedMs: number,
  ): void {
    const moved = Buffer.from(reply.buffer.subarray(pending.from, reply.length));
    reply.truncate(pending.from);
    const finish: ReplySink = (bytes, start, end) => {
      if (isMoved(bytes, start, end)) reply.raw(slotIsMoving(bytes.toString('latin1', start, end)));
      else appendReply(reply, bytes, start, end);
      connection.settleHandler(pending);
      connection.release(hold.command);
    };
    const { identity } = connection;
    const entry = this.#table.named(name);
    if (identity !== undefined && this.#router.resume(connection, name, args, identity, waitedMs, finish)) return;
    if (identity === undefined || entry === undefined) finish(moved, 0, moved.length);
    else {
      const sink = assemblingSink(name, identity.shardJob, finish);
      this.#following.elseFollow(entry, args, identity, sink)(moved, 0, moved.length);
    }
  }
}

function subscribed(name: string): SatchelError {
  return new SatchelError(
    'invalid-argument',
    `Can't execute '${name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context`,
  );
}

/** The command as if its value had not flowed to where it is. */
function gathered(args: CommandArguments, upload: ArgumentSink): CommandArguments {
  if (!(upload instanceof Upload)) throw new SatchelError('internal', 'a value went nobody knows where');
  const words = Array.from({ length: args.count }, (_, index) => (index === args.sinkIndex ? upload.take() : args.bytes(index)));
  return argumentsOf(words);
}

/** Removes the first arguments. */
function dropFirst(args: CommandArguments, count: number): void {
  args.starts.copyWithin(0, count, args.count);
  args.ends.copyWithin(0, count, args.count);
  args.count -= count;
}
