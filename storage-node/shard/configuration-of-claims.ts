import { type JobClaims, rangesOfClaims } from '@satchel/proto/core';
import type { JobConfiguration } from '../job-configuration.js';

/** What a token tells of its job: enough to serve it until the node hears of it. */
export function configurationOfClaims(claims: JobClaims): JobConfiguration {
  return {
    job: claims.job,
    namespace: claims.namespace,
    epoch: 1,
    ranges: rangesOfClaims(claims),
    tiers: claims.tiers,
    quotaBytes: claims.quota,
    evict: '',
    createdMs: claims.created,
  };
}
