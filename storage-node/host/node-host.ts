import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '@satchel/proto/core';
import type { Listening } from '@satchel/proto/rpc';
import { makeSpinFolder, removeSpinFolderIfLast } from '@satchel/proto/shared-memory';
import type { Logger } from 'pino';
import type { NodeOptions } from '../config.js';
import type { HostMessage, ShardMessage } from '../shard/messages.js';
import { readUsagePages } from '../shard/usage-pages.js';
import { ArenaFolders } from './arena-folders.js';
import { contentsOf } from './contents.js';
import { Departure } from './departure.js';
import { serveHttp } from './http.js';
import { JobTable } from './job-table.js';
import { nodeMetrics } from './metrics.js';
import { NodeControl } from './node-control.js';
import { NodeFile } from './node-file.js';
import { NodeLock } from './node-lock.js';
import { NodeStatistics } from './node-statistics.js';
import { nodeVersion } from './node-version.js';
import { assignPorts, probeOn, type ShardPorts } from './ports.js';
import { type ShardOwner, ShardProcess } from './shard-process.js';

/** What is printed once the node is ready. */
export interface NodeReady {
  readonly id: string;
  /** Endpoint of the first shard as others reach it. */
  readonly address: string;
  readonly socket: string;
  readonly http: string;
}

/** A node that was in the fleet before serves without the controller if it cannot be reached for this long. */
const joinWaitMs = 2000;
/** Attempts to find ports for a shard while other programs take them at the same time. */
const portAttempts = 20;
const sweepMs = 3_600_000;

/** A storage node's host process: owns the node's folder, keeps its shards running and speaks with the controller. */
export class NodeHost implements ShardOwner {
  private readonly options: NodeOptions;
  private readonly log: Logger;
  private readonly clock: Clock;
  private readonly lock: NodeLock;
  private readonly file: NodeFile;
  private readonly table: JobTable;
  private readonly statistics = new NodeStatistics();
  private readonly shards: ShardProcess[];
  private readonly control: NodeControl;
  private readonly departure: Departure;
  private readonly arenas: ArenaFolders;
  private ports: ShardPorts[] = [];
  private http: Listening | undefined;
  private stopping: Promise<void> | undefined;

  private constructor(options: NodeOptions, lock: NodeLock, log: Logger, clock: Clock) {
    this.options = options;
    this.log = log;
    this.clock = clock;
    this.lock = lock;
    this.file = NodeFile.open(options.dir, options.id, options.basePort);
    mkdirSync(options.socketDir, { recursive: true });
    this.arenas = new ArenaFolders(options);
    if (options.spinMs > 0) makeSpinFolder(options.socketDir, availableParallelism());
    this.table = JobTable.openForWriting(this.tablePath);
    this.shards = Array.from({ length: options.shards }, (_, index) => new ShardProcess(index, this, clock, log));
    this.departure = new Departure(() => this.remains(), clock, log);
    this.control = new NodeControl({
      options,
      file: this.file,
      table: this.table,
      shards: this.shards,
      statistics: this.statistics,
      listening: () => this.ports.map((ports, index) => this.listening(index, ports)),
      http: () => this.httpAddress,
      dismissed: () => this.departure.begin(),
      clock,
      log,
    });
  }

  /** Starts a node; resolves once it serves and has joined. Throws if the folder is taken, no port is free or it is rejected. */
  static async start(options: NodeOptions, log: Logger, clock: Clock = systemClock): Promise<NodeHost> {
    const lock = NodeLock.acquire(options.dir);
    await lock.awaitLeftovers();
    const host = new NodeHost(options, lock, log, clock);
    try {
      await host.begin();
      return host;
    } catch (error) {
      await host.stop();
      throw error;
    }
  }

  get ready(): NodeReady {
    const endpointPort = this.ports[0]?.endpointPort ?? 0;
    return {
      id: this.file.facts.id,
      address: `${this.options.advertise}:${endpointPort}`,
      socket: this.socket(0),
      http: this.httpAddress,
    };
  }

  /** Resolves once the node was drained, its last job has ended and everything is stopped; never if it is stopped otherwise. */
  async whenLeft(): Promise<void> {
    await this.departure.due;
    await Promise.all(this.shards.map((shard) => shard.leave()));
    // The goodbye comes last: a node that is killed before it has said it is still draining when it comes back.
    await Promise.all(this.shards.map((shard) => shard.stop()));
    this.control.sayLeft();
    await this.stop();
  }

  /** Stops shards and everything else, and leaves no socket behind. Idempotent. */
  stop(): Promise<void> {
    this.stopping ??= this.end();
    return this.stopping;
  }

  startMessage(index: number): HostMessage {
    const { options, file } = this;
    const ports = this.ports[index] ?? { endpointPort: 0, directPort: 0 };
    const membership = this.control.membershipOf(index);
    return {
      kind: 'start',
      options: {
        index,
        node: file.facts.id,
        dir: this.shardDir(index),
        jobTable: this.tablePath,
        listen: options.listen,
        ...ports,
        socket: this.socket(index),
        ...this.arenas.of(ports.endpointPort),
        dramBytes: Math.floor(options.dramBytes / options.shards),
        ssdBytes: Math.floor(options.ssdBytes / options.shards),
        object: options.object,
        spinMs: options.spinMs,
        downSinceMs: this.control.downSinceMs(index),
      },
      ...(membership ? { membership } : {}),
      directory: file.facts.directory.shards,
    };
  }

  received(index: number, message: ShardMessage): void {
    this.control.fromShard(index, message);
  }

  up(index: number, again: boolean): void {
    this.control.shardUp(index, again);
  }

  down(index: number): void {
    const { arena } = { arena: undefined, ...this.arenas.of(this.ports[index]?.endpointPort ?? 0) };
    this.control.shardDown(index, arena === undefined ? [] : readUsagePages(arena, this.clock.now()));
    this.processesChanged();
  }

  processesChanged(): void {
    this.lock.setShards(this.shards.flatMap(({ pid }) => pid ?? []));
  }

  private get tablePath(): string {
    return join(this.options.dir, 'jobs.lmdb');
  }

  private get httpAddress(): string {
    return `${this.options.advertise}:${this.http?.port ?? 0}`;
  }

  private shardDir(index: number): string {
    return join(this.options.dir, `shard-${index}`);
  }

  private listening(index: number, ports: ShardPorts) {
    return { index, ...ports, socket: this.socket(index), contents: contentsOf(this.shardDir(index)) };
  }

  private socket(index: number): string {
    return join(this.options.socketDir, `${this.ports[index]?.endpointPort ?? 0}.sock`);
  }

  private async begin(): Promise<void> {
    const { options, file } = this;
    await this.table.sweep(this.clock.now());
    this.control.resumePurges();
    for (const index of this.shards.keys()) this.control.noteLeftJobs(namesIn(join(this.shardDir(index), 'jobs')));
    this.ports = await assignPorts(options.basePort, options.shards, file.facts.ports, probeOn(options.listen));
    await Promise.all(this.shards.map((shard) => this.startShard(shard)));
    file.save({ ports: this.ports });
    const metrics = nodeMetrics({
      shards: () => this.statistics.entries(),
      restarts: () => this.shards.map(({ restarts }) => restarts),
      joined: () => this.control.joined,
    });
    this.http = await serveHttp(options.listen, options.httpPort, metrics, () => this.health());
    this.sweepLater();
    await this.control.join(file.facts.membership === undefined ? undefined : joinWaitMs);
    await Promise.all(this.shards.map((shard) => shard.whenServing()));
  }

  /** Another program may take a port between its choice and its use: then the shard gets others. */
  private async startShard(shard: ShardProcess): Promise<void> {
    const taken = new Set<number>();
    for (let attempt = 1; ; attempt++) {
      try {
        return await shard.start();
      } catch (error) {
        const port = this.control.takenPort(shard.index);
        if (port === undefined || attempt === portAttempts) throw error;
        taken.add(port);
        const others = this.ports.filter((_, index) => index !== shard.index);
        for (const ports of others) taken.add(ports.endpointPort).add(ports.directPort);
        const probe = probeOn(this.options.listen);
        const free = (wanted: number) => (taken.has(wanted) ? Promise.resolve(undefined) : probe(wanted));
        const [ports] = await assignPorts(this.options.basePort, 1, [], free);
        if (ports) this.ports[shard.index] = ports;
      }
    }
  }

  private health() {
    const down = this.shards.filter((shard) => !shard.listening).map(({ index }) => index);
    return {
      healthy: down.length === 0,
      ready: down.length === 0 && !this.departure.isDue && this.file.facts.membership !== undefined,
      node: this.file.facts.id,
      version: nodeVersion(),
      shards: this.shards.length,
      shardsDown: down,
      controllerConnected: this.control.joined,
    };
  }

  private sweepLater(): void {
    this.clock.after(sweepMs, () => {
      if (this.stopping) return;
      this.table.sweep(this.clock.now()).catch((error: unknown) => this.log.error({ err: error }, 'the job table was not swept'));
      this.sweepLater();
    });
  }

  private remains() {
    const trash = [...this.shards.keys()].map((index) => namesIn(join(this.shardDir(index), 'trash')).length);
    return { purging: this.control.purging, discarded: trash.reduce((sum, folders) => sum + folders, 0) };
  }

  private async end(): Promise<void> {
    this.departure.close();
    await Promise.all([this.control.close(), ...this.shards.map((shard) => shard.stop()), this.http?.close()]);
    for (const index of this.shards.keys()) rmSync(this.socket(index), { force: true });
    this.arenas.remove();
    removeSpinFolderIfLast(this.options.socketDir);
    await this.table.close();
    this.lock.release();
  }
}

/** What is in a folder; nothing if there is none. */
function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
