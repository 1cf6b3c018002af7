import type { NodeShape } from '../providers/node-provider.js';
import { type Amounts, combine, dimensions } from './amounts.js';
import { capacityOf } from './snapshot.js';

/** So many nodes of a shape. */
export interface ShapeCount {
  readonly shape: NodeShape;
  readonly count: number;
}

/** Shapes with how many more of each there may be. */
export interface ShapeRoom {
  readonly shape: NodeShape;
  readonly room: number;
}

/**
 * The cheapest nodes that bring `needed` of each dimension; where that is more than may be started, those that bring most
 * of it. Empty if nothing helps. Considers each shape alone, and a mix that takes node by node what is cheapest for what is left.
 */
export function cheapestShapes(needed: Amounts, rooms: readonly ShapeRoom[], most: number): ShapeCount[] {
  const plans = rooms.map((room) => mix(needed, [room], most)).concat([mix(needed, rooms, most)]);
  const rated = plans.map((plan) => ({ plan, left: leftPart(needed, plan), dollars: dollarsOf(plan), nodes: nodesOf(plan) }));
  rated.sort((a, b) => a.left - b.left || a.dollars - b.dollars || a.nodes - b.nodes);
  return rated[0]?.plan ?? [];
}

/** Node by node the shape that brings the largest part of what is left per dollar. */
function mix(needed: Amounts, rooms: readonly ShapeRoom[], most: number): ShapeCount[] {
  const counts = new Map<NodeShape, number>();
  let left = needed;
  for (let node = 0; node < most && isNeeded(left); node++) {
    const open = rooms.filter(({ shape, room }) => (counts.get(shape) ?? 0) < room);
    const best = open
      .map(({ shape }) => ({ shape, gain: gainOf(shape, left, needed) / Math.max(shape.dollarsPerHour, 1e-9) }))
      .sort((a, b) => b.gain - a.gain)[0];
    if (best === undefined || best.gain <= 0) break;
    counts.set(best.shape, (counts.get(best.shape) ?? 0) + 1);
    left = combine(left, capacityOf(best.shape), (a, b) => Math.max(0, a - b));
  }
  return [...counts].map(([shape, count]) => ({ shape, count }));
}

const isNeeded = (left: Amounts) => dimensions.some((dimension) => left[dimension] > 0);

/** Sum over the dimensions of the part of the need that one node of the shape meets. */
function gainOf(shape: NodeShape, left: Amounts, needed: Amounts): number {
  const capacity = capacityOf(shape);
  return dimensions.reduce((sum, dimension) => {
    const need = needed[dimension];
    return need > 0 ? sum + Math.min(left[dimension], capacity[dimension]) / need : sum;
  }, 0);
}

/** Part of the need that a plan leaves open, over all dimensions; rounded, so that price decides between equals. */
function leftPart(needed: Amounts, plan: readonly ShapeCount[]): number {
  const left = plan.reduce(
    (rest, { shape, count }) => combine(rest, capacityOf(shape), (a, b) => Math.max(0, a - count * b)),
    needed,
  );
  const parts = dimensions.map((dimension) => (needed[dimension] > 0 ? left[dimension] / needed[dimension] : 0));
  return Math.round(1e6 * parts.reduce((sum, part) => sum + part, 0));
}

const dollarsOf = (plan: readonly ShapeCount[]) => plan.reduce((sum, { shape, count }) => sum + count * shape.dollarsPerHour, 0);
const nodesOf = (plan: readonly ShapeCount[]) => plan.reduce((sum, { count }) => sum + count, 0);
