import { type SlotMap, shardOfSlot, shardsOf, slotOfBytes } from '@satchel/proto/core';
import type { CommandArguments } from '@satchel/proto/resp';
import type { JobConfiguration } from '../job-configuration.js';
import type { KeyPositions } from './command.js';

/** Where a job's slots are, seen from one shard; made once per configuration. */
export class JobRouting {
  readonly configuration: JobConfiguration;
  /** The job's shards in ascending order: the index is what a job-wide SCAN cursor carries. */
  readonly shards: readonly number[];
  /** Every slot is on this shard. */
  readonly allLocal: boolean;
  readonly #map: SlotMap;

  constructor(configuration: JobConfiguration, shard: number) {
    this.configuration = configuration;
    this.#map = configuration;
    this.shards = shardsOf(configuration.ranges).sort((a, b) => a - b);
    this.allLocal = this.shards.length === 1 && this.shards[0] === shard;
  }

  shardOf(slot: number): number {
    return shardOfSlot(this.#map, slot);
  }
}

/** Finds the routing of a configuration, and remembers it as long as the configuration lives. */
export class JobRoutings {
  readonly #shard: number;
  readonly #known = new WeakMap<JobConfiguration, JobRouting>();

  constructor(shard: number) {
    this.#shard = shard;
  }

  of(configuration: JobConfiguration): JobRouting {
    let routing = this.#known.get(configuration);
    if (routing === undefined) {
      routing = new JobRouting(configuration, this.#shard);
      this.#known.set(configuration, routing);
    }
    return routing;
  }
}

/** Index of a command's last key, or -1 if it has none. */
export function lastKeyIndex(keys: KeyPositions, count: number): number {
  return keys.last >= 0 ? Math.min(keys.last, count - 1) : count + keys.last;
}

/** Slot of the key that is argument `index`. */
export function slotOfArgument(args: CommandArguments, index: number): number {
  return slotOfBytes(args.buffer, args.start(index), args.end(index));
}
