import { formatJobUrl, type Hints, SatchelError, shardsOf, type UsageTotals } from '@satchel/proto/core';
import type * as wire from '@satchel/proto/gen';
import { usageMessage } from '@satchel/proto/rpc';
import { stateOf } from './fleet/node-life.js';
import type { Jobs } from './jobs.js';
import { type Allocation, finishedMs, type JobRecord } from './model.js';
import type { Fleet, NodeView } from './nodes.js';
import type { ReservedCapacity } from './placement.js';
import { receiptDollars, type UnitPrices } from './prices.js';
import { jobSources } from './sources.js';

/** Usage as clients get it, with its price. */
export function usageToWire(usage: UsageTotals, prices: UnitPrices): wire.Usage {
  return { ...usageMessage(usage), dollars: receiptDollars(usage, prices) };
}

/** A job's slot map with the address of every shard in it. */
export function slotMapToWire(record: JobRecord, fleet: Fleet): wire.SlotMap {
  const shards = shardsOf(record.ranges).flatMap((shard) => fleet.shard(shard) ?? []);
  return { job: record.job, epoch: record.epoch, ranges: [...record.ranges], shards };
}

export function allocationToWire(allocation: Allocation): wire.Allocation {
  const shares = allocation.shares.map(({ shard, node, slots, dramBytes }) => ({ shard, node, slots, dramBytes }));
  return { ...allocation, tiers: [...allocation.tiers], shares };
}

function hintsToWire(hints: Hints): wire.Hints {
  const { capacity, throughput, functions, latencySensitive, evict, replicas, requests, valueSize, lifetimeSeconds } = hints;
  return {
    ...(capacity !== undefined && { capacityBytes: capacity }),
    ...(throughput !== undefined && { throughputBytesPerSecond: throughput }),
    ...(functions !== undefined && { functions }),
    ...(latencySensitive !== undefined && { latencySensitive }),
    ...(evict !== undefined && { evict }),
    ...(replicas !== undefined && { replicas }),
    ...(requests !== undefined && { requestsPerSecond: requests }),
    ...(valueSize !== undefined && { valueBytes: valueSize }),
    ...(lifetimeSeconds !== undefined && { lifetimeSeconds }),
  };
}

/** A job with everything known of it, and where each number comes from. */
export function jobToWire(record: JobRecord, jobs: Jobs, fleet: Fleet): wire.Job {
  const { previous, revision, deficit } = record;
  const slotMap = slotMapToWire(record, fleet);
  const used = { usage: jobs.usage.total(record.job), reclaimed: jobs.usage.reclaimed(record.job), prices: jobs.planner.prices };
  return {
    ...jobInList(record, jobs),
    reasons: jobSources(record, used),
    slotMap,
    previous: [...previous],
    revision,
    deficit: deficit ?? null,
  };
}

/** A job as lists show it: without reasons and slot map. */
export function jobInList(record: JobRecord, jobs: Jobs): wire.Job {
  const { state } = record;
  return {
    job: record.job,
    name: record.name,
    namespace: record.namespace,
    state: state.kind,
    endReason: state.kind === 'active' ? '' : state.reason,
    hints: hintsToWire(record.hints),
    allocation: allocationToWire(record.allocation),
    leaseSeconds: record.leaseMs / 1000,
    createdAtMs: record.createdMs,
    expiresAtMs: jobs.leases.expiresMs(record.job) ?? 0,
    endedAtMs: finishedMs(record),
    usage: usageToWire(jobs.usage.total(record.job), jobs.planner.unitPrices),
    reclaimed: state.kind === 'active' ? null : jobs.usage.reclaimed(record.job),
  };
}

/** The URL of a job: the endpoint of one of its shards, a different one for different jobs, one that is up if any is. */
export function jobUrl(record: JobRecord, token: string, fleet: Fleet): string {
  const named = record.endpoint && fleet.shard(record.endpoint.shard);
  const chosen = named?.state === 'up' ? named : otherEndpoint(record, named, fleet);
  if (chosen === undefined) throw new SatchelError('unavailable', `the shards of job '${record.job}' are not known any more`);
  return formatJobUrl({ job: record.job, token, host: chosen.host ?? '', port: chosen.endpointPort ?? 0, tls: false });
}

/** The first shard that is up, or else the one that the URL names. */
function otherEndpoint({ ranges }: JobRecord, named: wire.Shard | undefined, fleet: Fleet): wire.Shard | undefined {
  const shards = shardsOf(ranges).flatMap((shard) => fleet.shard(shard) ?? []);
  return shards.find(({ state }) => state === 'up') ?? named ?? shards[0];
}

export function nodeToWire({ record, connection, lastHeardMs, usage }: NodeView, jobs: Jobs, fleet: Fleet): wire.Node {
  const { node, host, dramBytes, ssdBytes, http, version } = record;
  const shards = record.shards.filter(({ endpointPort }) => endpointPort > 0).flatMap(({ shard }) => fleet.shard(shard) ?? []);
  const state = stateOf(connection, record.draining);
  return {
    ...{ node, host, state, shards, dramBytes, ssdBytes, http, version },
    usage: usage ?? null,
    lastHeartbeatMs: lastHeardMs,
    jobs: jobs.table.countOf(node),
    dramAllocatedBytes: reservedOn(record.shards, jobs.reserved),
  };
}

function reservedOn(shards: readonly { shard: number }[], reserved: ReservedCapacity): number {
  return shards.reduce((sum, { shard }) => sum + reserved.of(shard).dramBytes, 0);
}
