import type { Grant, JobConfiguration } from '@satchel/proto/gen';
import type { JobRecord } from './model.js';

/** What a node is told of a job; of its quota and of what is yet to be deleted only what concerns the node's own `shards`. */
export function jobConfiguration(
  record: JobRecord,
  grants: readonly Omit<Grant, 'job'>[],
  shards: readonly number[],
): JobConfiguration {
  return {
    job: record.job,
    namespace: record.namespace,
    epoch: record.epoch,
    ranges: [...record.ranges],
    tiers: [...record.allocation.tiers],
    quotaBytes: record.allocation.quotaBytes,
    grants: grants.map((grant) => ({ ...grant, job: record.job })),
    evict: record.hints.evict ?? '',
    createdAtMs: record.createdMs,
    revision: record.revision,
    previous: [...record.previous],
    reserved: record.allocation.shares
      .filter(({ shard, dramBytes, ssdBytes }) => dramBytes + ssdBytes > 0 && shards.includes(shard))
      .map(({ shard, dramBytes, ssdBytes }) => ({ shard, dramBytes, ssdBytes })),
    endedPrefixes: (record.endedPrefixes ?? []).map(({ serial, prefix, awaiting }) => ({
      serial,
      prefix,
      pending: awaiting.some((shard) => shards.includes(shard)),
    })),
  };
}
