import { limits, SatchelError } from '@satchel/proto/core';
import type { Reply } from '@satchel/proto/resp';
import type { Argument, CallOptions, ObjectKey } from '../call.js';

/** How large values are split into chunks over the job's shards. Sizes are bytes. */
export interface StripeOptions {
  /** Values longer than this are striped without being asked to. Default and most: 512 MiB, the largest value that is not. */
  readonly fromBytes?: number;
  /** Bytes of a chunk, 4 KiB to 64 MiB. Default 4 MiB; the largest object has 131,072 chunks, so 512 GiB. */
  readonly chunkBytes?: number;
  /** Bytes of chunks that one put, get or stream has under way. Default 32 MiB. */
  readonly windowBytes?: number;
}

/** {@link StripeOptions} with every default filled in. */
export type StripeSettings = Required<StripeOptions>;

/** What striping needs of a store. */
export interface StripeStore {
  readonly settings: StripeSettings;
  /** Sends a command to the shard of a key. */
  call<Result>(
    key: ObjectKey,
    command: readonly Argument[],
    decode: (reply: Reply) => Result | Promise<Result>,
    repeatable: boolean,
    options?: CallOptions,
  ): Promise<Result>;
  /** Bytes [from, to) of an object in the memory of a shard on this host, if it can be read there. */
  local(key: Uint8Array, from: number, to: number): Buffer | undefined;
  /** The shard of a key, to tell shards apart; undefined: not known yet. */
  ownerOf(key: Uint8Array): unknown;
}

/** Fills in defaults; throws `invalid-argument` for a size that cannot be. */
export function completeStripeOptions({ fromBytes, chunkBytes, windowBytes }: StripeOptions): StripeSettings {
  return {
    fromBytes: size('fromBytes', fromBytes ?? limits.valueBytes, 0, limits.valueBytes),
    chunkBytes: size(
      'chunkBytes',
      chunkBytes ?? limits.clientStripeChunkBytes,
      limits.leastStripeChunkBytes,
      limits.stripeChunkBytes,
    ),
    windowBytes: size('windowBytes', windowBytes ?? limits.clientStripeWindowBytes, 1, Number.MAX_SAFE_INTEGER),
  };
}

function size(name: string, value: number, least: number, most: number): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw new SatchelError(
    'invalid-argument',
    `option stripe.${name} is ${value}; it must be a whole number from ${least} to ${most}`,
  );
}

/** How many chunks may be under way. */
export function lanesOf({ windowBytes }: StripeSettings, chunkBytes: number): number {
  return Math.max(1, Math.floor(windowBytes / chunkBytes));
}
