import type { Clock } from '@satchel/proto/core';
import type { JobConfiguration } from '@satchel/proto/gen';
import type { GrantDesk } from '../grant-desk.js';
import { jobConfigurations } from '../job-configuration.js';
import { type JobTable, shardsByNode } from '../job-table.js';
import type { JobRecord } from '../model.js';
import type { Fleet } from '../nodes.js';

/** How long a registration waits for its nodes; later ones serve the job by its token. */
const configuredMs = 250;

/** Tells nodes what they need to know of jobs. */
export class JobConfigurer {
  readonly #clock: Clock;
  readonly #fleet: Fleet;
  readonly #table: JobTable;
  readonly #grants: () => GrantDesk;

  constructor(clock: Clock, fleet: Fleet, table: JobTable, grants: () => GrantDesk) {
    this.#clock = clock;
    this.#fleet = fleet;
    this.#table = table;
    this.#grants = grants;
  }

  /** What a node needs to know of a job. */
  configuration(record: JobRecord, node: string): JobConfiguration {
    return this.#configurations(record)(node);
  }

  #configurations(record: JobRecord): (node: string) => JobConfiguration {
    const shards = shardsByNode(record);
    const configurationOf = jobConfigurations(record, (some) =>
      some.flatMap((shard) => this.#grants().of(record.job, shard) ?? []),
    );
    return (node) => configurationOf(shards.get(node) ?? []);
  }

  /** Sends the configuration to nodes that are connected; resolves when they have applied it, or after a bound. */
  configure(record: JobRecord, nodes: readonly string[]): Promise<void> {
    const configurationFor = this.#configurations(record);
    const applied = nodes.flatMap((node) => {
      const session = this.#fleet.session(node);
      if (session === undefined) return [];
      this.#fleet.refreshDirectory(session);
      return session.configure(configurationFor(node));
    });
    if (applied.length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#clock.after(configuredMs, resolve);
      void Promise.all(applied).then(() => {
        cancel();
        resolve();
      });
    });
  }

  /** Grants of these shards changed: their nodes hear of it. */
  sendGrants(job: string, shards: readonly number[]): void {
    const record = this.#table.get(job);
    if (record?.state.kind !== 'active') return;
    const nodes = new Set(shards.flatMap((shard) => this.#fleet.nodeOfShard(shard) ?? []));
    void this.configure(record, [...nodes]);
  }
}
