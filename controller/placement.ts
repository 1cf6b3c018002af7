import { limits, type Tier } from '@satchel/proto/core';

/** A shard that may get jobs, and what is not reserved on it. Free amounts are never negative. */
export interface ShardRoom {
  readonly shard: number;
  readonly node: string;
  readonly dramFreeBytes: number;
  readonly ssdFreeBytes: number;
  readonly throughputFreeBytesPerSecond: number;
  /** Jobs that span it, reserved or not. */
  readonly jobs: number;
}

/** What is to be placed. `bytes` are wanted in `tier`, the job's first. */
export interface PlacementRequest {
  readonly tier: Exclude<Tier, 'object'>;
  readonly bytes: number;
  readonly throughputBytesPerSecond: number;
  readonly shards: number;
}

/** A chosen shard; slots are dealt in proportion to the weights, each > 0. */
export interface PlacedShard {
  readonly room: ShardRoom;
  readonly weight: number;
}

/**
 * Chooses shards for a job. Never fails on a fleet with at least one shard and never waits:
 * - reserves something and fits: as many shards as wanted, or the fewest above that hold it in equal parts; of those that
 *   fit the fullest node's fullest shards, so that empty nodes stay empty and can leave;
 * - does not fit: every shard up to the limit, in proportion to what each has free (`fits` is false);
 * - reserves nothing: the emptiest shards.
 * The result is sorted by shard id.
 */
export function place(request: PlacementRequest, rooms: readonly ShardRoom[]): { placed: PlacedShard[]; fits: boolean } {
  const most = Math.min(rooms.length, limits.jobShards);
  const wanted = Math.max(1, Math.min(request.shards, most));
  if (request.bytes === 0 && request.throughputBytesPerSecond === 0) {
    return { placed: evenly(emptiest(rooms, request).slice(0, wanted)), fits: true };
  }
  for (let count = wanted; count <= most; count = Math.max(count + 1, Math.min(most, Math.ceil(count * 1.25)))) {
    const fitting = rooms.filter((room) => holds(room, request, count));
    if (fitting.length >= count) return { placed: evenly(fullest(fitting, rooms, request).slice(0, count)), fits: true };
  }
  return { placed: byFree(emptiest(rooms, request).slice(0, most), request), fits: fitsInAll(rooms, request) };
}

const freeBytes = (room: ShardRoom, request: PlacementRequest) =>
  request.tier === 'dram' ? room.dramFreeBytes : room.ssdFreeBytes;

function holds(room: ShardRoom, request: PlacementRequest, count: number): boolean {
  return (
    freeBytes(room, request) >= request.bytes / count &&
    room.throughputFreeBytesPerSecond >= request.throughputBytesPerSecond / count
  );
}

function fitsInAll(rooms: readonly ShardRoom[], request: PlacementRequest): boolean {
  return (
    sum(rooms, (room) => freeBytes(room, request)) >= request.bytes &&
    sum(rooms, (room) => room.throughputFreeBytesPerSecond) >= request.throughputBytesPerSecond
  );
}

/** Fullest node first, and within it the fullest shard. */
function fullest(fitting: readonly ShardRoom[], all: readonly ShardRoom[], request: PlacementRequest): ShardRoom[] {
  const freeOfNode = new Map<string, number>();
  for (const room of all) freeOfNode.set(room.node, (freeOfNode.get(room.node) ?? 0) + freeBytes(room, request));
  return fitting.toSorted(
    (a, b) =>
      (freeOfNode.get(a.node) ?? 0) - (freeOfNode.get(b.node) ?? 0) ||
      freeBytes(a, request) - freeBytes(b, request) ||
      a.shard - b.shard,
  );
}

function emptiest(rooms: readonly ShardRoom[], request: PlacementRequest): ShardRoom[] {
  return rooms.toSorted(
    (a, b) =>
      freeBytes(b, request) - freeBytes(a, request) ||
      b.throughputFreeBytesPerSecond - a.throughputFreeBytesPerSecond ||
      a.jobs - b.jobs ||
      a.shard - b.shard,
  );
}

const byShard = (a: PlacedShard, b: PlacedShard) => a.room.shard - b.room.shard;

function evenly(rooms: readonly ShardRoom[]): PlacedShard[] {
  return rooms.map((room) => ({ room, weight: 1 })).sort(byShard);
}

/** In proportion to free bytes, or to free throughput when no bytes are asked for; a full shard still gets a sixteenth of the most. */
function byFree(rooms: readonly ShardRoom[], request: PlacementRequest): PlacedShard[] {
  const free = (room: ShardRoom) => (request.bytes > 0 ? freeBytes(room, request) : room.throughputFreeBytesPerSecond);
  const most = Math.max(1, ...rooms.map(free));
  return rooms.map((room) => ({ room, weight: Math.max(free(room), most / 16) })).sort(byShard);
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
