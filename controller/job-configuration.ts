import type { Grant, JobConfiguration } from '@satchel/proto/gen';
import type { JobRecord } from './model.js';

/** What a node is told of a job; of its quota only the grants of the node's own shards. */
export function jobConfiguration(record: JobRecord, grants: readonly Omit<Grant, 'job'>[]): JobConfiguration {
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
  };
}
