import type { NodeRoom, ShardRoom } from './room-index.js';

/** What is to be placed. */
export interface PlacementRequest {
  /** The tier that a put tries first; decides by what nodes are full for a job that reserves nothing. */
  readonly tier: 'dram' | 'ssd';
  readonly dramBytes: number;
  readonly ssdBytes: number;
  readonly throughputBytesPerSecond: number;
  /** Shards that it should span if there are as many. */
  readonly shards: number;
}

/** A part of a whole that is less than a byte of any job counts as nothing. */
export const negligible = 1e-9;

/** Whether a request takes nothing away from others. */
export function reservesNothing({ dramBytes, ssdBytes, throughputBytesPerSecond }: PlacementRequest): boolean {
  return dramBytes === 0 && ssdBytes === 0 && throughputBytesPerSecond === 0;
}

/**
 * The part of the job that a shard can hold, at most `cap`: keys, bytes and requests follow the slots, so it is what the scarcest
 * of the requested amounts allows.
 */
export function partHeld(room: ShardRoom, request: PlacementRequest, cap: number): number {
  let part = cap;
  if (request.dramBytes > 0) part = Math.min(part, room.dramFreeBytes / request.dramBytes);
  if (request.ssdBytes > 0) part = Math.min(part, room.ssdFreeBytes / request.ssdBytes);
  if (request.throughputBytesPerSecond > 0) {
    part = Math.min(part, room.throughputFreeBytesPerSecond / request.throughputBytesPerSecond);
  }
  return part;
}

/** The same for all shards of a node. Worked out for every node of the fleet, so most nodes are to be told by what each shard has at least. */
export function partHeldByNode({ rooms, least }: NodeRoom, request: PlacementRequest, cap: number): number {
  const eachHoldsAll =
    least.dramFreeBytes >= request.dramBytes * cap &&
    least.ssdFreeBytes >= request.ssdBytes * cap &&
    least.throughputFreeBytesPerSecond >= request.throughputBytesPerSecond * cap;
  if (eachHoldsAll) return rooms.length * cap;
  let sum = 0;
  for (const room of rooms) sum += partHeld(room, request, cap);
  return sum;
}

/** Whether a node's sums may suffice for a part of the job; its single shards may still not. */
export function mayHold(node: NodeRoom, request: PlacementRequest, part: number, cap: number): boolean {
  const least = part - negligible;
  return (
    node.rooms.length * cap >= least &&
    node.dramFreeBytes >= request.dramBytes * least &&
    node.ssdFreeBytes >= request.ssdBytes * least &&
    node.throughputFreeBytesPerSecond >= request.throughputBytesPerSecond * least
  );
}
