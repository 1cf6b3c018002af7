import type { Shard } from '@satchel/proto/gen';
import type { NodeView } from './fleet-events.js';
import { counts } from './node-life.js';

/** Address and state of a shard of a node; undefined if the node has no such shard. */
export function shardOf(view: NodeView & { readonly downShards: ReadonlySet<number> }, shard: number): Shard | undefined {
  const { record, connection, downShards } = view;
  const listen = record.shards.find((one) => one.shard === shard);
  if (listen === undefined) return undefined;
  const { endpointPort, directPort, socket } = listen;
  const up = counts(connection) && !downShards.has(shard) && endpointPort > 0;
  return { shard, node: record.node, host: record.host, endpointPort, directPort, socket, state: up ? 'up' : 'down' };
}
