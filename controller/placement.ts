export { type Reserved, ReservedCapacity } from './placement/capacity.js';
export type { PresentShards } from './placement/choose.js';
export type { PlacementRequest } from './placement/fit.js';
export { type PlacedShard, type Placement, place } from './placement/place.js';
export { type NodeTotals, RoomIndex, type Rooms, type ShardRoom, type UsedOf } from './placement/room-index.js';
