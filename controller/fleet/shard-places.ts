import { limits, SatchelError } from '@satchel/proto/core';
import type { FleetRecord, NodeRecord } from '../model.js';

/** Which shard is on which node, and the ids that are yet to be given out. */
export class ShardPlaces {
  readonly #nodes = new Map<number, string>();
  #fleet: FleetRecord;

  constructor(fleet: FleetRecord) {
    this.#fleet = fleet;
  }

  /** The fleet's record with the next id to give out. */
  get fleet(): FleetRecord {
    return this.#fleet;
  }

  get shards(): IterableIterator<number> {
    return this.#nodes.keys();
  }

  nodeOf(shard: number): string | undefined {
    return this.#nodes.get(shard);
  }

  add({ node, shards }: NodeRecord): void {
    for (const { shard } of shards) this.#nodes.set(shard, node);
  }

  remove({ shards }: NodeRecord): void {
    for (const { shard } of shards) this.#nodes.delete(shard);
  }

  /** An id that no shard ever had; throws `unavailable` when the fleet has as many shards as there may be. */
  newShard(): number {
    const shard = this.#fleet.nextShard;
    this.#fleet = { ...this.#fleet, nextShard: shard + 1 };
    if (this.#nodes.size >= limits.fleetShards) {
      throw new SatchelError('unavailable', `the fleet has ${limits.fleetShards} shards, which is the limit`);
    }
    return shard;
  }
}
