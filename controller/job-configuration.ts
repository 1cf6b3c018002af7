import type { Grant, JobConfiguration } from '@satchel/proto/gen';
import type { JobRecord } from './model.js';

/** A job's grants on some shards. */
export type GrantsOf = (shards: readonly number[]) => readonly Omit<Grant, 'job'>[];

/**
 * What nodes are told of a job. Gives for a node's own `shards` its configuration: of quota, reservations and what is yet to be deleted only what
 * concerns these. All of them share what is the same.
 */
export function jobConfigurations(record: JobRecord, grantsOf: GrantsOf): (shards: readonly number[]) => JobConfiguration {
  const { job, allocation } = record;
  const common: JobConfiguration = {
    job,
    namespace: record.namespace,
    epoch: record.epoch,
    ranges: [...record.ranges],
    tiers: [...allocation.tiers],
    quotaBytes: allocation.quotaBytes,
    evict: record.hints.evict ?? '',
    createdAtMs: record.createdMs,
    revision: record.revision,
    previous: [...record.previous],
  };
  const reserved = allocation.shares
    .filter(({ dramBytes, ssdBytes }) => dramBytes + ssdBytes > 0)
    .map(({ shard, dramBytes, ssdBytes }) => ({ shard, dramBytes, ssdBytes }));
  return (shards) => ({
    ...common,
    grants: grantsOf(shards).map((grant) => ({ ...grant, job })),
    reserved: reserved.filter(({ shard }) => shards.includes(shard)),
    endedPrefixes: (record.endedPrefixes ?? []).map(({ serial, prefix, awaiting }) => ({
      serial,
      prefix,
      pending: awaiting.some((shard) => shards.includes(shard)),
    })),
  });
}
