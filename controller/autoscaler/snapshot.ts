import type { NodeShape } from '../providers/node-provider.js';
import { type Amounts, combine, greater, noAmounts, sumAmounts, utilisation } from './amounts.js';

/** A node that has joined and is up. */
export interface NodeLoad {
  readonly node: string;
  /** Of the provider that started it; undefined: it is none of the provider's, and stays. */
  readonly shape: string | undefined;
  readonly capacity: Amounts;
  /** Observed: levels as they are, rates smoothed. */
  readonly used: Amounts;
  readonly reserved: Amounts;
  readonly jobs: number;
  /** Undefined: it gets new slots. `returnable`: the autoscaler drained it, and jobs still hold it. */
  readonly draining: { readonly returnable: boolean } | undefined;
}

/** Everything a decision on the size of the fleet goes by. */
export interface FleetSnapshot {
  readonly nodes: readonly NodeLoad[];
  /** Shapes of nodes on their way. */
  readonly starting: readonly string[];
  /** Nodes of the provider in all, whatever their state, by shape: each costs and counts towards the most. */
  readonly held: ReadonlyMap<string, number>;
  /** What jobs were to get and did not. */
  readonly missing: Amounts;
  readonly jobsMissing: number;
  /** Nodes that may be drained, in the order in which they are to go; of one shape each only after those before it. */
  readonly removable: readonly string[];
  readonly shapes: readonly NodeShape[];
}

/** A fleet in sums. Draining nodes count for nothing: their jobs stay there and new ones do not come. */
export interface FleetLoad {
  /** Of serving and starting nodes. */
  readonly capacity: Amounts;
  /** Node by node the greater of what counts of the reserved and what is used, and what is missing to jobs. */
  readonly taken: Amounts;
  /** What counts of the reserved, and missing, alone: true at once, unlike what is observed. */
  readonly claimed: Amounts;
  readonly used: Amounts;
  readonly reserved: Amounts;
  readonly parts: Amounts;
}

const plus = (a: number, b: number) => a + b;
const times = (a: number, b: number) => a * b;

/** What a node of the shape holds; one core per shard. */
export function capacityOf({
  shards,
  dramBytes,
  ssdBytes,
  throughputBytesPerSecond,
}: Pick<NodeShape, 'shards' | 'dramBytes' | 'ssdBytes' | 'throughputBytesPerSecond'>): Amounts {
  return { cpu: shards, network: throughputBytesPerSecond, dram: dramBytes, ssd: ssdBytes };
}

/**
 * What of a node is taken: the part of a reservation that counts whether it is used or not, and use whether it was
 * reserved or not. Use within a reservation is not counted twice.
 */
export const takenOf = ({ used, reserved }: Pick<NodeLoad, 'used' | 'reserved'>, reservedParts: Amounts): Amounts =>
  greater(used, combine(reserved, reservedParts, times));

/** The sums of a snapshot. `reservedParts`: what of a reservation counts; what is missing in memory counts whole, for it found no room. */
export function loadOf({ nodes, starting, missing, shapes }: FleetSnapshot, reservedParts: Amounts): FleetLoad {
  const serving = nodes.filter(({ draining }) => draining === undefined);
  const coming = starting.map((name) => {
    const shape = shapes.find((other) => other.name === name);
    return shape === undefined ? noAmounts : capacityOf(shape);
  });
  const capacity = sumAmounts([...serving.map((node) => node.capacity), ...coming]);
  const reserved = sumAmounts(serving.map((node) => node.reserved));
  const lacking = { ...missing, network: missing.network * reservedParts.network };
  const taken = combine(sumAmounts(serving.map((node) => takenOf(node, reservedParts))), lacking, plus);
  return {
    capacity,
    taken,
    claimed: combine(combine(reserved, reservedParts, times), lacking, plus),
    used: sumAmounts(serving.map((node) => node.used)),
    reserved,
    parts: utilisation(taken, capacity),
  };
}
