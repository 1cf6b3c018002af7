import type { Socket } from 'node:net';
import { type Clock, limits, systemClock } from '@satchel/proto/core';
import { InputBudget } from '@satchel/proto/resp';
import type { Command } from './command.js';
import { CommandRunner } from './command-runner.js';
import { CommandTable } from './command-table.js';
import { clusterCommands } from './commands/cluster.js';
import { connectionCommands } from './commands/connection.js';
import { informationCommands } from './commands/information.js';
import { linkCommands } from './commands/link.js';
import { ringCommand } from './commands/ring.js';
import { steeringCommands } from './commands/steering.js';
import { Connection } from './connection.js';
import type { ConnectionServices } from './connection-services.js';
import { Dispatcher } from './dispatch.js';
import { Following } from './following.js';
import type { ShardJob } from './job.js';
import { JobRoutings } from './job-routing.js';
import { LinkPool } from './link-pool.js';
import { Listener, type ReadInput } from './listener.js';
import { OutputPool } from './output-pool.js';
import { Peers } from './peers.js';
import { Rings } from './ring/rings.js';
import { Router } from './router.js';
import { seeOff } from './see-off.js';
import type { SessionMode } from './session.js';
import { emptyStatistics, type ServerStatistics, type ShardEnvironment } from './shard-environment.js';
import { SpanningPops } from './spanning-pops.js';
import { SpanningWaits } from './spanning-waits.js';
import { PeerCalls } from './striping/peer-calls.js';
import type { ShardCalls } from './striping/shard-calls.js';
import { Turn } from './turn.js';
import { uncommittedLine } from './uncommitted.js';
import { WholeJob } from './whole-job.js';

/** Size of the buffer that sockets read into: what one read of a pipelining client brings at most. */
const readBytes = 64 * 1024;

export interface ServerOptions {
  readonly environment: ShardEnvironment;
  /** The commands on keys; those of connections, cluster and links are the server's own. */
  readonly commands: readonly Command[];
  /** Connections taken at a time; default limits.shardConnections. */
  readonly connectionLimit?: number;
  /** Clients of this host may use rings, which are polled for so long after their last use; default 0: not. */
  readonly spinMs?: number;
  /** Path of the Unix socket, see ListenAddresses. */
  readonly socket?: string;
}

/** Where a server is to listen. */
export interface ListenAddresses {
  readonly host: string;
  /** 0 picks a free port. */
  readonly endpointPort: number;
  readonly directPort: number;
  /** Path of the Unix socket that serves the endpoint too; none if absent. */
  readonly socket?: string;
}

/** The ports a server listens on. */
export interface ListeningPorts {
  readonly endpointPort: number;
  readonly directPort: number;
}

/** A shard's face to the network: listeners, connections, commands, links to other shards. */
export class Server {
  readonly statistics: ServerStatistics = emptyStatistics();
  /** How the jobs of this shard reach their other shards. */
  readonly calls: ShardCalls;
  readonly #environment: ShardEnvironment;
  readonly #table: CommandTable;
  readonly #turn = new Turn((job, error) => this.#flushFailed(job, error));
  readonly #services: ConnectionServices;
  readonly #links: LinkPool;
  readonly #rings: Rings;
  readonly #readBuffer = Buffer.allocUnsafeSlow(readBytes);
  readonly #connections = new Map<number, Connection>();
  readonly #listeners: Listener[] = [];
  readonly #connectionLimit: number;
  #lastId = 0;

  constructor({ environment, commands, connectionLimit = limits.shardConnections, spinMs = 0, socket }: ServerOptions) {
    this.#environment = environment;
    this.#connectionLimit = connectionLimit;
    const { log, shard } = environment;
    const pool = new OutputPool();
    const runner = new CommandRunner(this.#turn, this.statistics, log);
    const own = {
      environment,
      statistics: this.statistics,
      connections: () => this.#connections.values(),
      table: () => this.#table,
    };
    this.#table = new CommandTable([
      ...connectionCommands(own),
      ...informationCommands(own),
      ...clusterCommands(environment),
      ...linkCommands(environment),
      ringCommand,
      ...steeringCommands(() => this.#table),
      ...commands,
    ]);
    this.#links = new LinkPool({
      addressOf: (other) => environment.addressOf(other),
      token: () => environment.linkToken,
      log,
      readBuffer: this.#readBuffer,
    });
    const peers = new Peers(shard, this.#links, runner, this.#table, pool);
    this.calls = new PeerCalls(peers, this.#table, (other) => environment.addressOf(other));
    const whole = new WholeJob(peers);
    const following = new Following(shard, peers);
    const waits = new SpanningWaits(peers, whole);
    const router = new Router(shard, peers, whole, waits, new SpanningPops(peers), following, this.statistics);
    const routings = new JobRoutings(shard);
    const { statistics } = this;
    const dispatcher = new Dispatcher({ environment, table: this.#table, runner, routings, statistics, router, following });
    const inputBudget = new InputBudget(limits.shardInputBytes);
    this.#rings = new Rings({ spinMs, socket, readBuffer: this.#readBuffer, statistics: this.statistics });
    this.#services = { log, turn: this.#turn, pool, inputBudget, statistics: this.statistics, rings: this.#rings, dispatcher };
  }

  /** Calls of each command that was called. */
  get commandCounts(): Record<string, number> {
    return this.#table.counts();
  }

  /** Listens on all doors; rejects with `unavailable`, naming the address, if one is taken, and then listens on none. */
  async listen(addresses: ListenAddresses): Promise<ListeningPorts> {
    try {
      const endpointPort = await this.#listener('endpoint').listenTcp(addresses.host, addresses.endpointPort);
      const directPort = await this.#listener('direct').listenTcp(addresses.host, addresses.directPort);
      if (addresses.socket !== undefined) await this.#listener('endpoint').listenUnix(addresses.socket);
      return { endpointPort, directPort };
    } catch (error) {
      this.#closeListeners();
      throw error;
    }
  }

  /** To be called when a job changes outside of a command, so that it is flushed; see JobOptions.onDirty. */
  jobChanged(job: ShardJob): void {
    this.#turn.jobChanged(job);
  }

  /** Takes no more clients, and lets those that are connected go; see {@link seeOff}. To be followed by `close`. */
  leave(clock: Clock = systemClock): Promise<void> {
    this.#closeListeners();
    return seeOff(() => [...this.#connections.values()].filter(({ mode }) => mode !== 'link'), clock);
  }

  /** Ends listeners, connections and links at once. Idempotent. */
  close(): void {
    this.#closeListeners();
    this.#links.close();
    this.#rings.close();
    for (const connection of this.#connections.values()) connection.destroy();
  }

  #flushFailed(job: ShardJob, error: unknown): void {
    this.statistics.errors++;
    this.#environment.log.error({ err: error, job: job.configuration.job }, 'changes of a job could not be committed');
    for (const connection of this.#connections.values()) connection.retract(job, uncommittedLine(error));
  }

  #closeListeners(): void {
    for (const listener of this.#listeners.splice(0)) listener.close();
  }

  #listener(mode: SessionMode): Listener {
    const listener = new Listener({ readBuffer: this.#readBuffer, accept: (socket) => this.#accept(socket, mode) });
    this.#listeners.push(listener);
    return listener;
  }

  #accept(socket: Socket, mode: SessionMode): ReadInput {
    this.statistics.connectionsTotal++;
    socket.on('error', (error) => this.#environment.log.debug({ err: error }, 'a connection failed'));
    if (this.#connections.size >= this.#connectionLimit) {
      this.statistics.connectionsRefused++;
      socket.end(`-ERR max number of clients reached; shard ${this.#environment.shard} takes ${this.#connectionLimit}\r\n`);
      socket.setTimeout(limits.lingerMs, () => socket.destroy());
      return () => true;
    }
    const peer = socket.remoteAddress === undefined ? 'unix' : `${socket.remoteAddress}:${socket.remotePort}`;
    const connection = new Connection(++this.#lastId, mode, peer, socket, this.#services);
    this.#connections.set(connection.id, connection);
    this.statistics.connections++;
    socket.once('close', () => {
      this.#connections.delete(connection.id);
      this.statistics.connections--;
      connection.released();
    });
    return (buffer, length) => connection.input(buffer, length);
  }
}
