import type { Verb } from '@satchel/proto/core';
import type { Logger } from 'pino';
import type { ShardAddress } from '../job-configuration.js';
import type { ShardJob } from './job.js';

/** A job that a valid token opened. */
export interface Admission {
  readonly job: ShardJob;
  readonly namespace: string;
  readonly verbs: readonly Verb[];
}

/** What a shard's server needs of its surroundings; job-registry.ts implements it, tests use a small one. */
export interface ShardEnvironment {
  /** Fleet-wide number of this shard. */
  readonly shard: number;
  /** Id of the node it belongs to. */
  readonly node: string;
  readonly log: Logger;
  /** Presented to other shards; read at each connect. */
  readonly linkToken: string;
  /**
   * Verifies a job's token (cached) and opens the job, loading it from the job table or, if it was never heard of, from
   * the token's claims. `job` undefined: the job the token names (AUTH TOKEN alone).
   * Rejects with `wrong-token`, or `no-job` if the job has ended.
   */
  admit(job: string | undefined, token: string): Promise<Admission>;
  /**
   * A job that is open here or stands in the job table; undefined if it was never heard of; throws `no-job` if it has ended.
   * A link uses it, so its commands need no token.
   */
  jobOf(job: string): ShardJob | undefined;
  /** Verifies what another shard presents; rejects with `wrong-token`. */
  verifyLink(token: string): Promise<void>;
  /** Where a shard of the fleet is reached; undefined if it is unknown. */
  addressOf(shard: number): ShardAddress | undefined;
  /** Further lines for INFO, by section name, such as memory and ssd in use. */
  information(): Record<string, Record<string, string | number>>;
}

/** What the server counts, for metrics and INFO; all but `connections` only grow. */
export interface ServerStatistics {
  connections: number;
  connectionsTotal: number;
  connectionsRefused: number;
  /** Connections whose bytes go through a ring. */
  rings: number;
  bytesIn: number;
  bytesOut: number;
  errors: number;
  /** Commands passed on to other shards. */
  forwarded: number;
  slowReadersClosed: number;
}

export function emptyStatistics(): ServerStatistics {
  return {
    connections: 0,
    connectionsTotal: 0,
    connectionsRefused: 0,
    rings: 0,
    bytesIn: 0,
    bytesOut: 0,
    errors: 0,
    forwarded: 0,
    slowReadersClosed: 0,
  };
}
