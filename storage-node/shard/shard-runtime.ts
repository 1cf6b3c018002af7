import { rmSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { systemClock } from '@satchel/proto/core';
import type { Logger } from 'pino';
import { JobTable } from '../host/job-table.js';
import { dataCommands } from './commands/data-commands.js';
import { Demoter, type DemotionCounts } from './demotion/demoter.js';
import { HeldPorts } from './held-ports.js';
import { JobRegistry } from './job-registry.js';
import type { HostMessage, ShardMembership, ShardMessage, ShardOptions, ShardStatistics } from './messages.js';
import { countCollections, Pauses } from './pauses.js';
import { Server } from './server.js';
import { ShardStores } from './shard-stores.js';
import { UsagePages } from './usage-pages.js';

const statisticsMs = 1000;
const delayResolutionMs = 20;

/** Everything that runs in one shard process. */
export class ShardRuntime {
  private readonly options: ShardOptions;
  private readonly send: (message: ShardMessage) => void;
  private readonly log: Logger;
  private readonly table: JobTable;
  private readonly stores: ShardStores;
  private readonly registry: JobRegistry;
  private readonly demoters: readonly Demoter[];
  private readonly eventLoopDelay = monitorEventLoopDelay({ resolution: delayResolutionMs });
  private readonly eventLoopDelays = new Pauses();
  private readonly gcPauses = countCollections();
  private server: Server | undefined;
  private held: HeldPorts | undefined;
  private statisticsTimer: NodeJS.Timeout | undefined;

  private constructor(options: ShardOptions, stores: ShardStores, send: (message: ShardMessage) => void, log: Logger) {
    this.options = options;
    this.send = send;
    this.log = log;
    this.stores = stores;
    this.table = JobTable.openForReading(options.jobTable);
    this.registry = new JobRegistry({
      node: options.node,
      table: this.table,
      stores,
      pages: UsagePages.open(options.arena),
      downSinceMs: options.downSinceMs,
      send,
      clock: systemClock,
      log,
    });
    const { registry } = this;
    this.demoters = (['dram', 'ssd'] as const).map(
      (tier) =>
        new Demoter({
          tier,
          missingBytes: () => stores.missingBytes(tier),
          jobs: () => registry.storingJobs(),
          shareOf: (job) => stores.shareOf(tier, job),
          log,
        }),
    );
  }

  /** Takes the shard's ports and, if its number in the fleet is known already, serves; else it serves from `membership` on. */
  static async start(
    message: Extract<HostMessage, { kind: 'start' }>,
    send: (message: ShardMessage) => void,
    log: Logger,
  ): Promise<ShardRuntime> {
    const { options, membership, directory } = message;
    const stores = await ShardStores.open(options, log);
    const runtime = new ShardRuntime(options, stores, send, log);
    runtime.held = await HeldPorts.take(options.listen, [options.endpointPort, options.directPort]);
    runtime.registry.setDirectory(directory);
    if (membership) await runtime.join(membership);
    send({ kind: 'listening' });
    if (membership) send({ kind: 'serving' });
    runtime.eventLoopDelay.enable();
    runtime.statisticsTimer = setInterval(() => runtime.report(), statisticsMs);
    stores.resume();
    return runtime;
  }

  /** Does what the host says. */
  async received(message: HostMessage): Promise<void> {
    const { registry } = this;
    switch (message.kind) {
      case 'membership':
        await this.join(message.membership);
        if (this.held === undefined) this.send({ kind: 'serving' });
        return;
      case 'directory':
        registry.setDirectory(message.shards);
        return;
      case 'jobs-changed':
        registry.jobsChanged(message.jobs);
        this.reviewReservations();
        return;
      case 'jobs-ended':
        registry.jobsEnded(message.jobs);
        return;
      case 'grant-reclaim':
        registry.reclaim(message.job);
        return;
      case 'reserved':
        this.stores.setReserved(message);
        this.reviewReservations();
        return;
      case 'controller':
        registry.setControllerReachable(message.reachable);
        return;
      case 'leave':
        // It takes its time, in which other messages come.
        void (this.server?.leave() ?? Promise.resolve()).then(() => this.send({ kind: 'left' }));
        return;
      case 'start':
      case 'stop':
        return;
    }
  }

  /** Stops serving at once; leaves no socket behind. */
  stopServing(): void {
    for (const demoter of this.demoters) demoter.stop();
    clearInterval(this.statisticsTimer);
    this.server?.close();
    rmSync(this.options.socket, { force: true });
  }

  /** Stops serving and closes what is on disk, so that the next process finds all of it. */
  async stop(): Promise<void> {
    this.report();
    this.stopServing();
    await this.stores.close();
    await this.table.close();
  }

  private async join(membership: ShardMembership): Promise<void> {
    const { options, registry } = this;
    registry.setMembership(membership);
    if (this.server) return;
    const { listen, endpointPort, directPort, socket, spinMs } = options;
    const server = new Server({ environment: registry, commands: dataCommands, spinMs, socket });
    this.server = server;
    registry.calls = server.calls;
    registry.jobChanged = (job) => server.jobChanged(job);
    await this.held?.release();
    this.held = undefined;
    await server.listen({ host: listen, endpointPort, directPort, socket });
    registry.openLeftJobs().catch((error: unknown) => this.log.error({ err: error }, 'jobs of the last run could not be opened'));
  }

  private reviewReservations(): void {
    for (const demoter of this.demoters) demoter.review();
  }

  private demoted(what: keyof DemotionCounts): number {
    return this.demoters.reduce((sum, { counts }) => sum + counts[what], 0);
  }

  private report(): void {
    this.reviewReservations();
    this.send({ kind: 'statistics', shard: this.statistics(), jobs: this.registry.statistics() });
  }

  private statistics(): ShardStatistics {
    const { stores, server, eventLoopDelay } = this;
    const cpu = process.cpuUsage();
    const eventLoopDelayMs = Math.max(0, eventLoopDelay.max / 1e6 - delayResolutionMs);
    this.eventLoopDelays.recordDelays(eventLoopDelay, delayResolutionMs);
    eventLoopDelay.reset();
    return {
      connections: server?.statistics.connections ?? 0,
      connectionsTotal: server?.statistics.connectionsTotal ?? 0,
      connectionsRefused: server?.statistics.connectionsRefused ?? 0,
      rings: server?.statistics.rings ?? 0,
      bytesIn: server?.statistics.bytesIn ?? 0,
      bytesOut: server?.statistics.bytesOut ?? 0,
      forwarded: server?.statistics.forwarded ?? 0,
      errors: server?.statistics.errors ?? 0,
      commands: server?.commandCounts ?? {},
      jobsLoaded: this.registry.jobsLoaded,
      spills: stores.spills,
      demotedObjects: this.demoted('objects'),
      demotedBytes: this.demoted('bytes'),
      droppedToYield: this.demoted('dropped'),
      dram: stores.statistics('dram'),
      ssd: stores.statistics('ssd'),
      object: stores.statistics('object'),
      cpuSeconds: (cpu.user + cpu.system) / 1e6,
      residentBytes: process.memoryUsage.rss(),
      eventLoopDelayMs,
      eventLoopDelays: this.eventLoopDelays.snapshot(),
      gcPauses: this.gcPauses.snapshot(),
    };
  }
}
