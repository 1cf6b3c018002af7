import type { ObjectPrice } from './price-sheet.js';
import { objectStreamBytesPerSecond } from './tier-facts.js';

/** How the object tier of a shard uploads: values wait only while this many uploads are under way, and travel together up to a pack. */
export const uploadsAtOnce = 8;
export const packBytes = 8 * 2 ** 20;
/** Larger uploads go in parts of a pack's size, with one request to begin and one to complete. */
const multipartBytes = 16 * 2 ** 20;

/** Put requests per second for `putsPerSecond` values, exactly: at least `slope` × share, at most `steep` × share and then `level`. */
export interface PackedPuts {
  /** Requests per second if every value went alone. */
  readonly steep: number;
  /** Requests per second if every pack were full. */
  readonly slope: number;
  /** The most that shards make while packs are not full: all uploads under way all the time. */
  readonly level: number;
}

/** What puts of one size cost in requests when all of them, or a share, go to the object tier of `shards` shards. */
export function packedPuts(putsPerSecond: number, valueBytes: number, shards: number, { putMs }: ObjectPrice): PackedPuts {
  const requests = valueBytes > multipartBytes ? 2 + Math.ceil(valueBytes / packBytes) : 1;
  const perPack = Math.max(1, Math.floor(packBytes / valueBytes));
  return {
    steep: putsPerSecond * requests,
    slope: (putsPerSecond * requests) / perPack,
    level: (shards * uploadsAtOnce * 1000 * requests) / putMs,
  };
}

/** Put requests per second when a share, 0 to 1, of the values goes to the object tier. */
export function putRequests({ steep, slope, level }: PackedPuts, share: number): number {
  return Math.max(slope * share, Math.min(steep * share, level));
}

/** Bytes per second that shards can upload: full packs, each of which takes a request's time and that of its bytes. */
export function uploadBytesPerSecond(shards: number, { putMs }: ObjectPrice): number {
  return (shards * uploadsAtOnce * packBytes) / (putMs / 1000 + packBytes / objectStreamBytesPerSecond);
}
