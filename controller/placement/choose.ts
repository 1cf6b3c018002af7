import { mayHold, negligible, type PlacementRequest, partHeld, partHeldByNode } from './fit.js';
import { type NodeRoom, RoomIndex, type ShardRoom } from './room-index.js';

/** Shards that a job has already, with the part of its slots on each. */
export type PresentShards = ReadonlyMap<number, number>;

/**
 * Chooses shards that together hold the whole job, each at most the part `cap`; undefined if there are none. Those that the job has
 * are kept as far as they hold it, then others of their nodes are taken, then as few nodes more as possible: the roomiest, and as the
 * last, or only, one the first in the order of the index that holds the rest.
 */
export function choose(
  index: RoomIndex,
  request: PlacementRequest,
  cap: number,
  present: PresentShards,
): readonly ShardRoom[] | undefined {
  const kept = keep(index, request, cap, present);
  const chosen = [...kept.rooms];
  if (kept.missing <= negligible) return chosen;
  const beside = [...new Set(chosen.map(({ node }) => node))].flatMap((node) => roomsBeside(index, node, present));
  let missing = kept.missing;
  for (const group of [beside, otherNodes(index, chosen)]) {
    const taken = takeNodes(group, request, missing, cap);
    chosen.push(...taken.rooms);
    missing = taken.missing;
    if (missing <= negligible) return chosen;
  }
  return undefined;
}

/** Of the shards that a job has, those that are kept, and the part of the job that is then missing. */
function keep(index: RoomIndex, request: PlacementRequest, cap: number, present: PresentShards) {
  const rooms = [...present.keys()].flatMap((shard) => index.of(shard) ?? []);
  const part = rooms.reduce((sum, room) => sum + partHeld(room, request, cap), 0);
  if (part < 1 - negligible) return { rooms, missing: 1 - part };
  // The fewest nodes that hold it, those with most of its slots first; on these nodes it keeps all that it has.
  const slotsOn = new Map<string, number>();
  for (const { node, shard } of rooms) slotsOn.set(node, (slotsOn.get(node) ?? 0) + (present.get(shard) ?? 0));
  const nodes = [...slotsOn].sort(([a, ofA], [b, ofB]) => ofB - ofA || (a < b ? -1 : 1)).map(([node]) => node);
  const kept: ShardRoom[] = [];
  let missing = 1;
  for (const node of nodes) {
    if (missing <= negligible) break;
    const here = rooms.filter((room) => room.node === node);
    missing -= here.reduce((sum, room) => sum + partHeld(room, request, cap), 0);
    kept.push(...here);
  }
  return { rooms: kept, missing: 0 };
}

/** The rooms of a node that the job does not have yet, as if they were a node. */
function roomsBeside(index: RoomIndex, name: string, present: PresentShards): readonly NodeRoom[] {
  const node = index.node(name);
  const rooms = node?.rooms.filter(({ shard }) => !present.has(shard)) ?? [];
  return node && rooms.length > 0 ? new RoomIndex(rooms, new Map([[name, node]])).nodes : [];
}

function otherNodes(index: RoomIndex, chosen: readonly ShardRoom[]): readonly NodeRoom[] {
  if (chosen.length === 0) return index.nodes;
  const taken = new Set(chosen.map(({ node }) => node));
  return index.nodes.filter(({ node }) => !taken.has(node));
}

/** Takes the fewest of these nodes that hold the part `missing`, or all if they do not. */
function takeNodes(nodes: readonly NodeRoom[], request: PlacementRequest, part: number, cap: number) {
  const only = nodes.find((node) => holds(node, request, part, cap));
  if (only !== undefined) return { rooms: takeRooms(only.rooms, request, part, cap), missing: 0 };
  const held = new Float64Array(nodes.length);
  for (let at = 0; at < held.length; at++) held[at] = partHeldByNode(nodes[at] as NodeRoom, request, cap);
  const rooms: ShardRoom[] = [];
  let missing = part;
  for (let next = roomiest(held, missing); next >= 0; next = roomiest(held, missing)) {
    const node = nodes[next] as NodeRoom;
    const all = held[next] as number;
    rooms.push(...takeRooms(node.rooms, request, Math.min(all, missing), cap));
    missing -= all;
    held[next] = 0;
    if (missing <= negligible) return { rooms, missing: 0 };
  }
  return { rooms, missing };
}

function holds(node: NodeRoom, request: PlacementRequest, part: number, cap: number): boolean {
  return mayHold(node, request, part, cap) && partHeldByNode(node, request, cap) >= part - negligible;
}

/** Index of the first of the nodes that hold most of the job, or all that is missing; -1 if none holds any. */
function roomiest(held: Float64Array, missing: number): number {
  let best = -1;
  let most = negligible;
  for (let at = 0; at < held.length; at++) {
    const part = Math.min(held[at] as number, missing);
    if (part <= most + negligible) continue;
    best = at;
    most = part;
  }
  return best;
}

/** The fewest shards of a node that hold a part of the job; of those that hold the same the fullest. */
function takeRooms(rooms: readonly ShardRoom[], request: PlacementRequest, part: number, cap: number): ShardRoom[] {
  const sorted = rooms
    .map((room) => ({ room, held: partHeld(room, request, Math.min(cap, part)) }))
    .filter(({ held }) => held > negligible)
    .sort((a, b) => b.held - a.held || freeBytes(a.room, request) - freeBytes(b.room, request) || a.room.shard - b.room.shard);
  const taken: ShardRoom[] = [];
  let missing = part;
  for (const { room, held } of sorted) {
    if (missing <= negligible) break;
    taken.push(room);
    missing -= held;
  }
  return taken;
}

function freeBytes(room: ShardRoom, { dramBytes, ssdBytes }: PlacementRequest): number {
  return ssdBytes > dramBytes ? room.ssdFreeBytes : room.dramFreeBytes;
}
