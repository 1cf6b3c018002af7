import { SatchelError, slotCount } from '@satchel/proto/core';
import type { Reply } from '@satchel/proto/resp';

/** One shard as CLUSTER SLOTS announces it. */
export interface ShardRoute {
  /** Its node id in the cluster commands. */
  readonly id: string;
  readonly host: string;
  readonly port: number;
}

/** Who owns which slot: slot `s` belongs to `shards[table[s]]`. */
export interface SlotRoutes {
  readonly shards: readonly ShardRoute[];
  readonly table: Uint16Array;
}

/**
 * Reads the reply of CLUSTER SLOTS. `defaultHost` stands for a shard that does not say its host. Throws `internal` if the reply is not of that
 * form, and `unavailable` if it leaves a slot without a shard.
 */
export function slotRoutesOf(reply: Reply, defaultHost: string): SlotRoutes {
  const shards: ShardRoute[] = [];
  const indexes = new Map<string, number>();
  const table = new Uint16Array(slotCount).fill(0xffff);
  for (const entry of list(reply)) {
    const [first, last, owner] = list(entry);
    if (typeof first !== 'number' || typeof last !== 'number') throw unreadable();
    const shard = shardRouteOf(owner, defaultHost);
    const name = `${shard.host}:${shard.port}`;
    let index = indexes.get(name);
    if (index === undefined) {
      index = shards.push(shard) - 1;
      indexes.set(name, index);
    }
    table.fill(index, first, last + 1);
  }
  if (table.includes(0xffff)) throw new SatchelError('unavailable', `slot ${table.indexOf(0xffff)} of the job has no shard`);
  return { shards, table };
}

function shardRouteOf(owner: Reply | undefined, defaultHost: string): ShardRoute {
  const [host, port, id] = list(owner);
  if (typeof port !== 'number') throw unreadable();
  const named = host === null || host === undefined ? '' : String(host);
  return { id: id === undefined ? '' : String(id), host: named === '' || named === '?' ? defaultHost : named, port };
}

function list(reply: Reply | undefined): readonly Reply[] {
  if (Array.isArray(reply)) return reply;
  throw unreadable();
}

function unreadable(): SatchelError {
  return new SatchelError('internal', 'the answer to CLUSTER SLOTS cannot be read');
}
