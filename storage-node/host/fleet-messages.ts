import { isTier, SatchelError } from '@satchel/proto/core';
import type {
  ConfigureJobs__Output,
  FleetDirectory__Output,
  GrantReturn,
  JobConfiguration__Output,
  JobUsage,
  Welcome__Output,
} from '@satchel/proto/gen';
import { usageMessage } from '@satchel/proto/rpc';
import type { ShardAddress } from '../job-configuration.js';
import type { ConfiguredJob, JobRecord } from './job-table.js';
import type { NodeMembership } from './node-file.js';
import type { UsageRow } from './usage-ledger.js';

/** Jobs of a ConfigureJobs message as the job table takes them. */
export function configuredJobs(message: ConfigureJobs__Output): ConfiguredJob[] {
  return message.jobs.map((job) => ({
    configuration: {
      job: job.job,
      namespace: job.namespace,
      epoch: job.epoch,
      ranges: job.ranges.map(({ start, shard }) => ({ start, shard })),
      tiers: job.tiers.filter(isTier),
      quotaBytes: job.quotaBytes,
      evict: job.evict === 'lru' ? 'lru' : '',
      createdMs: job.createdAtMs,
      revision: job.revision,
      previous: job.previous.map(({ start, end, shard, epoch, lost }) => ({ start, end, shard, epoch, lost })),
      ...(job.endedPrefixes.length > 0 && {
        endedPrefixes: job.endedPrefixes.map(({ serial, prefix, pending }) => ({ serial, prefix, pending })),
      }),
      ...(job.reserved.length > 0 && {
        reserved: job.reserved.map(({ shard, dramBytes, ssdBytes }) => ({ shard, dramBytes, ssdBytes })),
      }),
    },
    grants: job.grants.map(({ shard, bytes, version }) => ({ shard, bytes, version })),
  }));
}

/**
 * Jobs of which the controller waits to hear something of this node's shards: that slots which were theirs are empty, or what lay under
 * the prefix of a stage that ended. They may have said so when nobody heard.
 */
export function awaitedJobs({ jobs, complete }: ConfigureJobs__Output, ownShards: readonly number[] = []): string[] {
  const isFormer = ({ previous }: JobConfiguration__Output) => previous.some(({ shard }) => ownShards.includes(shard));
  const isPending = ({ endedPrefixes }: JobConfiguration__Output) => endedPrefixes.some(({ pending }) => pending);
  return jobs.filter((job) => isPending(job) || (complete && isFormer(job))).map(({ job }) => job);
}

/** The addresses of all shards by a directory that names all of them, or those that changed. */
export function addressesAfter(known: readonly ShardAddress[], directory: FleetDirectory__Output): ShardAddress[] {
  const told = directory.shards.map(({ shard, node, host, endpointPort, directPort, socket }) => {
    return { shard, node, host, endpointPort, directPort, socket };
  });
  if (directory.since === 0) return told;
  return [...new Map([...known, ...told].map((address) => [address.shard, address])).values()];
}

/** What is kept of a Welcome of a node with so many shards; the heartbeat is never more frequent than ten times a second. */
export function membershipOf(welcome: Welcome__Output, shards: number): NodeMembership {
  if (welcome.shards.length !== shards) {
    throw new SatchelError('internal', `the controller named ${welcome.shards.length} shards, not ${shards}`);
  }
  return {
    shards: [...welcome.shards],
    publicKeyJwk: welcome.publicKeyJwk,
    linkToken: welcome.linkToken,
    heartbeatMs: Math.max(100, welcome.heartbeatMs || 2000),
  };
}

/** Grants a record holds, as Hello lists them. */
export function grantReturns(job: string, record: JobRecord): GrantReturn[] {
  if (record.state !== 'active' || record.configuration.quotaBytes === 0) return [];
  return record.grants.map(({ shard, bytes, version }) => ({ job, shard, bytes, version }));
}

/** A row as it travels. */
export function jobUsageMessage(row: UsageRow): JobUsage {
  return { job: row.job, shard: row.shard, incarnation: row.incarnation, usage: usageMessage(row.usage) };
}
