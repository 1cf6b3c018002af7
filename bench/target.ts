import { SatchelError } from '@satchel/proto/core';
import { type Cluster, type ClusterOptions, startCluster } from './cluster.js';
import { stopSignal } from './scope.js';

/** Where a workload runs. */
export interface Target {
  /** `host:port` of the controller and of the functions service. */
  readonly controller: string;
  readonly faas: string;
}

/**
 * Runs a workload on the cluster that `given` names, or on one of its own that is stopped afterwards, also when the
 * workload fails or the process is told to stop.
 */
export async function withCluster<Result>(
  given: { readonly controller?: string | undefined; readonly faas?: string | undefined },
  options: ClusterOptions,
  run: (target: Target, cluster: Cluster | undefined) => Promise<Result>,
): Promise<Result> {
  if (given.controller !== undefined)
    return run({ controller: given.controller, faas: given.faas ?? '127.0.0.1:7420' }, undefined);
  const stopped = stopSignal();
  const cluster = await Promise.race([startCluster(options), stopped]);
  try {
    if (cluster.faas === undefined) throw new SatchelError('internal', 'the cluster was started without functions');
    return await Promise.race([run({ controller: cluster.controller, faas: cluster.faas }, cluster), cluster.ended, stopped]);
  } finally {
    await cluster.stop();
  }
}
