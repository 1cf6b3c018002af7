import { isTier, SatchelError, type Tier } from '@satchel/proto/core';
import type { Key } from '../../store/key.js';
import type { ObjectMetadata, StoredObject } from '../../store/tier-store.js';
import type { CommandContext } from '../command.js';
import type { ShardJob } from '../job.js';
import { integerArgument, optionArgument, syntaxError, valueIndex } from './arguments.js';
import { positiveExpiryArgument } from './expiry-argument.js';

const largestNumber = 2 ** 31 - 1;

/** What SATCHEL.PUT was asked for besides the value. */
export interface PutOptions {
  expiresAtMs: number;
  onlyIfMissing: boolean;
  tier: Tier | undefined;
  persist: boolean;
  /** 0: any number. */
  reads: number;
  /** -1: none. */
  attempt: number;
}

/** The options from argument `first` on. Throws `invalid-argument`. */
export function putOptions({ args, nowMs }: CommandContext, first = 3): PutOptions {
  const options: PutOptions = {
    expiresAtMs: 0,
    onlyIfMissing: false,
    tier: undefined,
    persist: false,
    reads: 0,
    attempt: -1,
  };
  for (let index = first; index < args.count; index++) {
    const option = optionArgument(args, index);
    if (option === 'NX') options.onlyIfMissing = true;
    else if (option === 'PERSIST') options.persist = true;
    else {
      const value = valueIndex(args, index++);
      if ((option === 'EX' || option === 'PX') && options.expiresAtMs === 0) {
        options.expiresAtMs = positiveExpiryArgument(args, value, option, nowMs, 'satchel.put');
      } else if (option === 'TIER') options.tier = tierArgument(args.text(value));
      else if (option === 'READS') options.reads = numberFrom(1, integerArgument(args, value), option);
      else if (option === 'ATTEMPT') options.attempt = numberFrom(0, integerArgument(args, value), option);
      else throw syntaxError();
    }
  }
  return options;
}

/** A tier by its name. */
export function tierArgument(word: string): Tier {
  const tier = word.toLowerCase();
  if (isTier(tier)) return tier;
  throw new SatchelError('invalid-argument', `TIER is '${word.slice(0, 32)}'; it must be dram, ssd or object`);
}

function numberFrom(least: number, value: number, option: string): number {
  if (value >= least && value <= largestNumber) return value;
  throw new SatchelError(
    'invalid-argument',
    `${option} is ${value}; it must be a whole number from ${least} to ${largestNumber}`,
  );
}

/** Metadata of an object that is put so. */
export function metadataFor(options: PutOptions, nowMs: number): ObjectMetadata {
  const { expiresAtMs, reads, attempt, persist: kept } = options;
  return { createdMs: nowMs, expiresAtMs, readsLeft: reads, attempt, persist: kept, manifest: false };
}

function fenced(object: StoredObject, attempt: number): SatchelError {
  const stored = object.attempt < 0 ? 'without an attempt' : `by attempt ${object.attempt}`;
  return new SatchelError(
    'fenced',
    `the key was written ${stored}, so attempt ${attempt} may not write it; delete it to start over`,
  );
}

/**
 * Why the key cannot be written so, once it is its turn: `exists`; throws `fenced` or `lost`. Undefined: it can.
 */
export function refusalOf(job: ShardJob, key: Key, { onlyIfMissing, attempt }: PutOptions, nowMs: number): 'exists' | undefined {
  const object = onlyIfMissing || attempt >= 0 ? job.lookupToWrite(key, nowMs) : undefined;
  if (object !== undefined && attempt >= 0 && object.attempt !== attempt) throw fenced(object, attempt);
  return object !== undefined && onlyIfMissing ? 'exists' : undefined;
}
