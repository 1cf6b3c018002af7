import { limits } from '@satchel/proto/core';
import { choose, type PresentShards } from './choose.js';
import { negligible, type PlacementRequest, partHeld, reservesNothing } from './fit.js';
import { type NodeRoom, RoomIndex, type Rooms, type ShardRoom } from './room-index.js';
import { deal } from './weights.js';

/** A chosen shard; slots are dealt in proportion to the weights, each > 0. */
export interface PlacedShard {
  readonly room: ShardRoom;
  readonly weight: number;
}

export interface Placement {
  /** Sorted by shard id. */
  readonly placed: PlacedShard[];
  /** Whether what is requested is free on them. */
  readonly fits: boolean;
}

const noShards: PresentShards = new Map();

/** Of what all shards together could hold of a job that does not fit, what those that it gets hold. */
const mostOfIt = 0.9;

/** A shard that is full gets at least this part of what the roomiest gets, if the job does not fit. */
const leastPart = 1 / 16;

/**
 * Chooses shards for a job, online bin packing in two dimensions over nodes that may differ. Never fails on a fleet with at least one
 * shard and never waits:
 * - what is reserved fits: as many shards as wanted, or fewer if only few have room, on the fewest nodes that hold it; of the nodes
 *   that hold it, or the last part of it, the first, so that those that came last get empty and can leave. Shards take
 *   equal parts where they can, otherwise what they hold;
 * - does not fit: the roomiest shards up to the limit, in proportion to what each can hold; those that add little are left alone, as the
 *   job would hold their nodes until it ends;
 * - reserves nothing: shards of the fullest nodes that are not yet as full as nodes are to be, so that empty ones can leave.
 * A job keeps what it has (`present`, the part of its slots by shard) as far as that holds it; the caller counts the job's own
 * reservation as free. Pure: the same rooms in the same order give the same result.
 */
export function place(request: PlacementRequest, rooms: Rooms, present: PresentShards = noShards): Placement {
  const index = rooms instanceof RoomIndex ? rooms : new RoomIndex(rooms);
  const most = Math.min(index.length, limits.jobShards);
  const wanted = Math.max(1, Math.min(request.shards, most));
  if (reservesNothing(request)) return { placed: evenly(shared(index, request, wanted, present), present), fits: true };
  for (const cap of wanted > 1 ? [1 / wanted, 1] : [1]) {
    const chosen = choose(index, request, cap, present);
    if (chosen !== undefined && chosen.length <= most) return { placed: weighed(chosen, request, cap, present), fits: true };
  }
  return { placed: byWhatTheyHold(index, request, most, present), fits: false };
}

function weighed(rooms: readonly ShardRoom[], request: PlacementRequest, cap: number, present: PresentShards): PlacedShard[] {
  const parts = rooms.map((room) => ({ most: partHeld(room, request, cap), present: present.get(room.shard) ?? 0 }));
  return placedBy(rooms, deal(parts));
}

/** The shards with most room for the job, those that it has first: as many as wanted, and as hold most of what all of them could. */
function byWhatTheyHold(index: RoomIndex, request: PlacementRequest, most: number, present: PresentShards): PlacedShard[] {
  const held = [...index].map((room) => ({ room, part: partHeld(room, request, 1) }));
  const has = ({ room }: { room: ShardRoom }) => (present.has(room.shard) ? 1 : 0);
  held.sort((a, b) => has(b) - has(a) || b.part - a.part || a.room.shard - b.room.shard);
  const enough = mostOfIt * held.reduce((sum, { part }) => sum + part, 0) - negligible;
  let sum = 0;
  const wanted = Math.max(request.shards, present.size);
  const chosen = held.slice(0, most).filter(({ part }, index) => {
    const needed = sum < enough || index < wanted;
    sum += part;
    return needed;
  });
  const largest = Math.max(negligible, ...chosen.map(({ part }) => part));
  return placedBy(
    chosen.map(({ room }) => room),
    chosen.map(({ part }) => Math.max(part, largest * leastPart)),
  );
}

/**
 * As many shards as wanted: those that the job has, then those of the fullest nodes that are not as full as they are to be, and if there are none,
 * of the emptiest.
 */
function shared(index: RoomIndex, request: PlacementRequest, wanted: number, present: PresentShards): ShardRoom[] {
  const chosen = [...present.keys()].flatMap((shard) => index.of(shard) ?? []);
  const { nodes } = index;
  const order = new Float64Array(nodes.length);
  for (let at = 0; at < order.length; at++) {
    const full = fullness(nodes[at] as NodeRoom, request);
    order[at] = full < fillTo ? 2 + full : 1 / (1 + full);
  }
  while (chosen.length < wanted) {
    const next = largest(order);
    if (next < 0) break;
    order[next] = -1;
    const others = (nodes[next] as NodeRoom).rooms.filter(({ shard }) => !present.has(shard));
    others.sort((a, b) => perJob(b, request) - perJob(a, request) || a.shard - b.shard);
    chosen.push(...others.slice(0, wanted - chosen.length));
  }
  return chosen;
}

/** Jobs that reserve nothing go to nodes that are less full than this, the middle of the band that the fleet is held in. */
const fillTo = 0.7;
/** Each job counts for so much at least: what those that just came will use is yet to be seen. */
const leastJobBytes = 64 * 2 ** 20;

/** The part of a node that is reserved, or used, or to be expected of the jobs there. */
function fullness(node: NodeRoom, { tier }: PlacementRequest): number {
  const bytes = tier === 'ssd' ? node.ssdBytes : node.dramBytes;
  if (bytes <= 0) return 1;
  const reserved = bytes - (tier === 'ssd' ? node.ssdFreeBytes : node.dramFreeBytes);
  return Math.max(reserved, tier === 'ssd' ? 0 : node.dramUsedBytes, node.jobs * leastJobBytes) / bytes;
}

/** What a job more would find free if the jobs there used the same. */
function perJob(room: ShardRoom, { tier }: PlacementRequest): number {
  return (tier === 'ssd' ? room.ssdFreeBytes : room.dramFreeBytes) / (1 + room.jobs);
}

/** Index of the largest number that is not negative, the first of equals; -1 if there is none. */
function largest(numbers: Float64Array): number {
  let best = -1;
  let most = -1;
  for (let at = 0; at < numbers.length; at++) {
    const number = numbers[at] as number;
    if (number <= most) continue;
    most = number;
    best = at;
  }
  return most < 0 ? -1 : best;
}

function evenly(rooms: readonly ShardRoom[], present: PresentShards): PlacedShard[] {
  if (present.size === 0) return placedBy(rooms, new Array<number>(rooms.length).fill(1));
  const cap = 1 / rooms.length;
  return placedBy(rooms, deal(rooms.map(({ shard }) => ({ most: cap, present: present.get(shard) ?? 0 }))));
}

function placedBy(rooms: readonly ShardRoom[], weights: readonly number[]): PlacedShard[] {
  return rooms
    .map((room, index) => ({ room, weight: weights[index] ?? 0 }))
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => a.room.shard - b.room.shard);
}
