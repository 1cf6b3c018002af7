import type { NodeRecord } from '../model.js';
import { type NodeTotals, type ReservedCapacity, RoomIndex, type ShardRoom, type UsedOf } from '../placement.js';
import { networkOvercommit, shardBytesPerSecond } from '../sizing/tier-facts.js';
import type { NodeView } from './fleet-events.js';
import { counts, isTrusted } from './node-life.js';

/** A node that may get jobs, and the shards of it that run. */
export interface OpenNode {
  readonly record: NodeRecord;
  readonly shards: readonly number[];
}

/** Nodes that may get jobs: up, not draining, and above suspicion unless none is. */
export function openNodes(nodes: Iterable<NodeView & { readonly downShards: ReadonlySet<number> }>): OpenNode[] {
  const staying = [...nodes].filter(({ record, connection }) => counts(connection) && !record.draining);
  const trusted = staying.filter(({ connection }) => isTrusted(connection));
  return (trusted.length > 0 ? trusted : staying).map(({ record, downShards }) => {
    const running = record.shards.filter(({ shard, endpointPort }) => endpointPort > 0 && !downShards.has(shard));
    return { record, shards: running.map(({ shard }) => shard) };
  });
}

/** The rooms of a fleet: indexed when they are asked for after the fleet changed, and brought up to date then while only reservations do. */
export class FleetRooms {
  readonly #open: () => Iterable<OpenNode>;
  readonly #recordOf: (shard: number) => NodeRecord | undefined;
  readonly #used: UsedOf;
  #index: RoomIndex | undefined;
  #reserved: ReservedCapacity | undefined;
  /** Shards whose reservations have changed since rooms were last asked for. */
  readonly #stale = new Set<number>();

  constructor(open: () => Iterable<OpenNode>, recordOf: (shard: number) => NodeRecord | undefined, used: UsedOf) {
    this.#open = open;
    this.#recordOf = recordOf;
    this.#used = used;
  }

  /** Other nodes or shards may get jobs now. */
  fleetChanged(): void {
    this.#index = undefined;
  }

  /** A node said what it uses. */
  heard(node: string): void {
    this.#index?.setUsed(node, this.#used(node));
  }

  /** What is free beside what is reserved. As of now: it is not kept up to date before rooms are asked for again. */
  of(reserved: ReservedCapacity): RoomIndex {
    if (this.#reserved !== reserved) {
      this.#reserved = reserved;
      this.#index = undefined;
      reserved.watch((shard) => this.#stale.add(shard));
    }
    if (this.#index === undefined) this.#index = this.#build(reserved);
    else this.#bringUpToDate(this.#index, reserved);
    this.#stale.clear();
    return this.#index;
  }

  /** The same of given shards, whatever their state. */
  ofShards(shards: readonly number[], reserved: ReservedCapacity): ShardRoom[] {
    return shards.flatMap((shard) => {
      const record = this.#recordOf(shard);
      return record === undefined ? [] : roomOf(record, shard, reserved);
    });
  }

  #build(reserved: ReservedCapacity): RoomIndex {
    const rooms: ShardRoom[] = [];
    const totals = new Map<string, NodeTotals>();
    for (const { record, shards } of this.#open()) {
      const { node, dramBytes, ssdBytes, throughputBytesPerSecond } = record;
      totals.set(node, { dramBytes, ssdBytes, throughputBytesPerSecond });
      for (const shard of shards) rooms.push(roomOf(record, shard, reserved));
    }
    return new RoomIndex(rooms, totals, this.#used);
  }

  #bringUpToDate(index: RoomIndex, reserved: ReservedCapacity): void {
    for (const shard of this.#stale) {
      const record = this.#recordOf(shard);
      if (record !== undefined) index.set(shard, roomOf(record, shard, reserved));
    }
  }
}

/**
 * What a shard has free beside what is reserved; shards of a node share it equally. Throughput is promised several times over, though to no
 * job more than the shard moves.
 */
function roomOf(record: NodeRecord, shard: number, reserved: ReservedCapacity): ShardRoom {
  let listening = 0;
  for (const { endpointPort } of record.shards) if (endpointPort > 0) listening++;
  listening ||= 1;
  const { dramBytes, ssdBytes, throughputBytesPerSecond, jobs } = reserved.of(shard);
  const throughput = record.throughputBytesPerSecond > 0 ? record.throughputBytesPerSecond / listening : shardBytesPerSecond;
  return {
    shard,
    node: record.node,
    dramFreeBytes: Math.max(0, record.dramBytes / listening - dramBytes),
    ssdFreeBytes: Math.max(0, record.ssdBytes / listening - ssdBytes),
    throughputFreeBytesPerSecond: Math.min(throughput, Math.max(0, networkOvercommit * throughput - throughputBytesPerSecond)),
    jobs,
  };
}
