import { SatchelError, type Tier } from '@satchel/proto/core';
import type { Argument, CallOptions, ObjectKey } from './call.js';
import type { ChunkedValue } from './chunked-value.js';

/** How an object is stored. */
export interface PutOptions extends CallOptions {
  /** The object is gone after this many milliseconds. Default: it lives as long as the job. */
  readonly ttlMs?: number;
  /** Where to store it. Default: where the job's allocation says. */
  readonly tier?: Tier;
  /** Also keep a copy under the namespace as `@persist/KEY`, beyond the job's end; the put ends once it is there. */
  readonly persist?: boolean;
  /** The object is gone with the n-th whole read. */
  readonly reads?: number;
  /** Number of this attempt: succeeds on an absent key or one stored with the same number, else `fenced`. Makes the put safe to repeat. */
  readonly attempt?: number;
  /** Store only if the key is absent. */
  readonly ifAbsent?: boolean;
  /**
   * Split the value into chunks over the job's shards, as is done with every value over 512 MiB; one that fits a single chunk is not split. Not
   * together with `persist` or `reads`. Default false.
   */
  readonly stripe?: boolean;
}

/** How a stream is stored. */
export interface PutStreamOptions extends PutOptions {
  /**
   * Bytes the stream has in all, if that is known: then they flow to the shard as they come instead of being held in memory. Fails with
   * `invalid-argument` if the stream turns out to have another length.
   */
  readonly size?: number;
}

/** The command of a put: SET where that says it all. Throws `invalid-argument` naming the option. */
export function putCommand(
  key: ObjectKey,
  value: string | Uint8Array | ChunkedValue,
  options: PutOptions | undefined,
): Argument[] {
  if (options === undefined) return ['SET', key, value];
  const words = putWords(options);
  return words.length === 0 ? ['SET', key, value] : ['SATCHEL.PUT', key, value, ...words];
}

/** The options of SATCHEL.PUT. Throws `invalid-argument` naming the option. */
export function putWords(options: PutOptions): (string | number)[] {
  const command: (string | number)[] = [];
  if (options.ttlMs !== undefined) command.push('PX', whole('ttlMs', options.ttlMs, 1));
  if (options.ifAbsent === true) command.push('NX');
  if (options.tier !== undefined) command.push('TIER', options.tier);
  if (options.persist === true) command.push('PERSIST');
  if (options.reads !== undefined) command.push('READS', whole('reads', options.reads, 1));
  if (options.attempt !== undefined) command.push('ATTEMPT', whole('attempt', options.attempt, 0));
  return command;
}

/** Whether the put may be sent again when it is not known to have happened: then it happens once, and says the same. */
export function isRepeatablePut(options: PutOptions | undefined): boolean {
  return options?.attempt !== undefined && options.ifAbsent !== true;
}

function whole(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new SatchelError('invalid-argument', `option ${name} is ${value}; it must be a whole number from ${least}`);
}
