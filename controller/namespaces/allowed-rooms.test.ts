import { expect, it } from 'vitest';
import { RoomIndex } from '../placement.js';
import { partOfRooms, roomsWithin } from './allowed-rooms.js';

const rooms = new RoomIndex(
  ['a', 'b', 'c', 'd'].map((node, index) => ({
    ...{ shard: index + 1, node, dramFreeBytes: 10 * (index + 1), ssdFreeBytes: 100, throughputFreeBytesPerSecond: 7, jobs: 0 },
  })),
);
const nodes = (allowed: RoomIndex) => allowed.nodes.map(({ node }) => node);

it('a namespace uses its own nodes and, up to its limit, the roomiest others', () => {
  expect(nodes(roomsWithin(rooms, new Set(), 2))).toEqual(['d', 'c']);
  expect(nodes(roomsWithin(rooms, new Set(['a']), 2))).toEqual(['a', 'd']);
  expect(nodes(roomsWithin(rooms, new Set(['a', 'b']), 2))).toEqual(['a', 'b']);
  expect(nodes(roomsWithin(rooms, new Set(['a', 'b', 'c']), 2))).toEqual(['a', 'b', 'c']);
  expect(roomsWithin(rooms, new Set(['a']), 4)).toBe(rooms);
});

it('a part of the rooms has the same part of each', () => {
  expect(partOfRooms(rooms, 0.5).map(({ dramFreeBytes }) => dramFreeBytes)).toEqual([5, 10, 15, 20]);
});
