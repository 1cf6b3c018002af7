import { tiers } from '@satchel/proto/core';
import { Counter, Gauge, Registry } from 'prom-client';
import type { ShardStatistics } from '../shard/messages.js';
import { PauseMetric } from './pause-metric.js';

/** What the metrics are read from, at each scrape. */
export interface MetricsSource {
  shards(): Iterable<[number, ShardStatistics]>;
  /** By shard index. */
  restarts(): readonly number[];
  joined(): boolean;
}

type Read = (statistics: ShardStatistics) => number;

const gauges: readonly [name: string, help: string, read: Read][] = [
  ['satchel_connections', 'Connections open', (s) => s.connections],
  ['satchel_rings', 'Connections whose bytes go through shared memory', (s) => s.rings],
  ['satchel_jobs_loaded', 'Jobs that a shard keeps in memory', (s) => s.jobsLoaded],
  ['satchel_event_loop_delay_seconds', 'Longest delay of the event loop in the last second', (s) => s.eventLoopDelayMs / 1000],
  ['satchel_resident_bytes', 'Resident memory of the shard process', (s) => s.residentBytes],
];

const counters: readonly [name: string, help: string, read: Read][] = [
  ['satchel_received_bytes_total', 'Bytes received from clients', (s) => s.bytesIn],
  ['satchel_sent_bytes_total', 'Bytes sent to clients', (s) => s.bytesOut],
  ['satchel_connections_total', 'Connections accepted', (s) => s.connectionsTotal],
  ['satchel_connections_refused_total', 'Connections refused', (s) => s.connectionsRefused],
  ['satchel_forwarded_commands_total', 'Commands passed on to other shards', (s) => s.forwarded],
  ['satchel_command_errors_total', 'Commands answered with an error', (s) => s.errors],
  ['satchel_spills_total', 'Objects put in a slower tier than the first of their job', (s) => s.spills],
  ['satchel_demoted_objects_total', 'Objects moved out of DRAM or off SSD that others had reserved', (s) => s.demotedObjects],
  ['satchel_demoted_bytes_total', 'Bytes charged for those', (s) => s.demotedBytes],
  ['satchel_yielded_objects_total', 'Objects that caches dropped from DRAM that others had reserved', (s) => s.droppedToYield],
  ['satchel_cpu_seconds_total', 'Processor time of the shard process', (s) => s.cpuSeconds],
];

/** The node's metrics. No label names a job or key, so the number of series is bounded. */
export function nodeMetrics(source: MetricsSource): Registry {
  const registry = new Registry();
  const registers = [registry];
  for (const [name, help, read] of gauges) {
    new Gauge({
      name,
      help,
      registers,
      labelNames: ['shard'],
      collect() {
        this.reset();
        for (const [shard, statistics] of source.shards()) this.set({ shard }, read(statistics));
      },
    });
  }
  for (const [name, help, read] of counters) {
    new Counter({
      name,
      help,
      registers,
      labelNames: ['shard'],
      collect() {
        this.reset();
        for (const [shard, statistics] of source.shards()) this.inc({ shard }, read(statistics));
      },
    });
  }
  addPauses(registry, source);
  addTiers(registry, source);
  addCommands(registry, source);
  addNode(registry, source);
  return registry;
}

function addPauses(registry: Registry, source: MetricsSource): void {
  const kinds = [
    ['satchel_gc_pause_seconds', 'Pauses of the garbage collector', 'gcPauses'],
    ['satchel_event_loop_delays_seconds', 'How long the event loop was late, sampled every 20 ms', 'eventLoopDelays'],
  ] as const;
  for (const [name, help, field] of kinds) {
    new PauseMetric(name, help, registry, () => Array.from(source.shards(), ([shard, statistics]) => [shard, statistics[field]]));
  }
}

function addTiers(registry: Registry, source: MetricsSource): void {
  const kinds = [
    ['used', 'Bytes charged for live objects', 'usedBytes'],
    ['reserved', 'Memory or disk held, slack included', 'reservedBytes'],
    ['budget', 'Bytes the shard may use; 0: no limit', 'budgetBytes'],
  ] as const;
  for (const [kind, help, field] of kinds) {
    new Gauge({
      name: `satchel_tier_${kind}_bytes`,
      help,
      registers: [registry],
      labelNames: ['shard', 'tier'],
      collect() {
        this.reset();
        for (const [shard, statistics] of source.shards()) {
          for (const tier of tiers) this.set({ shard, tier }, statistics[tier][field]);
        }
      },
    });
  }
}

function addCommands(registry: Registry, source: MetricsSource): void {
  new Counter({
    name: 'satchel_commands_total',
    help: 'Commands run, by name',
    registers: [registry],
    labelNames: ['shard', 'command'],
    collect() {
      this.reset();
      for (const [shard, { commands }] of source.shards()) {
        for (const [command, count] of Object.entries(commands)) this.inc({ shard, command }, count);
      }
    },
  });
}

function addNode(registry: Registry, source: MetricsSource): void {
  new Counter({
    name: 'satchel_shard_restarts_total',
    help: 'Restarts of shard processes that died',
    registers: [registry],
    labelNames: ['shard'],
    collect() {
      this.reset();
      for (const [shard, restarts] of source.restarts().entries()) this.inc({ shard }, restarts);
    },
  });
  new Gauge({
    name: 'satchel_controller_connected',
    help: '1 if the node has joined the controller',
    registers: [registry],
    collect() {
      this.set(source.joined() ? 1 : 0);
    },
  });
}
