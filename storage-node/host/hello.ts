import type { Hello, ShardListen } from '@satchel/proto/gen';
import type { NodeOptions } from '../config.js';
import { grantReturns } from './fleet-messages.js';
import type { JobTable } from './job-table.js';
import type { NodeFile } from './node-file.js';
import { nodeVersion } from './node-version.js';

/** What a node's first words to the controller are made of. */
export interface HelloSource {
  readonly options: NodeOptions;
  readonly file: NodeFile;
  readonly table: JobTable;
  /** Where each shard listens. */
  listening(): ShardListen[];
  /** Address of the node's HTTP. */
  http(): string;
}

/** Who the node is, what it has and what it holds; `admitted` are jobs that its shards serve by their token alone. */
export function helloOf({ options, file, table, listening, http }: HelloSource, admitted: readonly string[]): Hello {
  const active = [...table.entries()].filter(({ record }) => record.state === 'active');
  return {
    node: file.facts.id,
    host: options.advertise,
    shards: listening(),
    dramBytes: options.dramBytes,
    ssdBytes: options.ssdBytes,
    throughputBytesPerSecond: options.throughputBytesPerSecond,
    version: nodeVersion(),
    http: http(),
    grants: active.flatMap(({ job, record }) => grantReturns(job, record)),
    jobs: [...active.map(({ job }) => job), ...admitted],
  };
}
