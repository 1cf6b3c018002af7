import { RoomIndex, type Rooms, type ShardRoom } from '../placement.js';

/**
 * The rooms of nodes that a namespace may use: all while it is `most` nodes or more away from its limit, otherwise those that it uses and, as
 * far as the limit allows, the roomiest others. Pure.
 */
export function roomsWithin(rooms: RoomIndex, used: ReadonlySet<string>, most: number): RoomIndex {
  const others = rooms.nodes.filter(({ node }) => !used.has(node));
  const extra = Math.max(0, most - used.size);
  if (others.length <= extra) return rooms;
  const chosen = others.toSorted((a, b) => b.dramFreeBytes - a.dramFreeBytes || (a.node < b.node ? -1 : 1)).slice(0, extra);
  const allowed = [...rooms.nodes.filter(({ node }) => used.has(node)), ...chosen];
  return new RoomIndex(
    allowed.flatMap(({ rooms: shards }) => shards),
    new Map(allowed.map((node) => [node.node, node])),
    rooms.used,
  );
}

/** The rooms with only a part of what is free in them, from 0 to 1: what one of several who want more than there is may take. Pure. */
export function partOfRooms(rooms: Rooms, part: number): ShardRoom[] {
  return [...rooms].map((room) => ({
    ...room,
    dramFreeBytes: room.dramFreeBytes * part,
    ssdFreeBytes: room.ssdFreeBytes * part,
    throughputFreeBytesPerSecond: room.throughputFreeBytesPerSecond,
  }));
}
