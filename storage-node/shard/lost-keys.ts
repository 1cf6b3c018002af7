import { SatchelError, shardOfSlot, slotCount, slotOfBytes, slotsPerShard } from '@satchel/proto/core';
import type { JobConfiguration } from '../job-configuration.js';
import type { Key } from '../store/key.js';
import { SlotSet } from './steering/slot-set.js';

/** Keys, and prefixes, that a shard without its data remembers to be gone; the oldest are forgotten beyond this. */
const rememberedKeys = 1_000_000;
const rememberedPrefixes = 1024;

/**
 * What a shard that came back without its data knows of keys it does not hold: those deleted, expired or read up since are
 * missing, any other may have been there and is lost. What is forgotten beyond the limits becomes lost again, never missing.
 */
export class LostKeys {
  readonly #gone = new Set<string>();
  readonly #gonePrefixes: string[] = [];
  readonly #keyLimit: number;
  /** Of which the objects are lost; undefined: all. */
  #slots: SlotSet | undefined;

  /** `slots`: of which the objects are lost; undefined: all, those that come to the shard later aside. */
  constructor(slots?: SlotSet, keyLimit = rememberedKeys) {
    this.#slots = slots;
    this.#keyLimit = keyLimit;
  }

  /** What is known after all objects were removed, wherever they were. */
  static afterAll(): LostKeys {
    const nothing = new LostKeys(new SlotSet());
    nothing.markPrefixGone('');
    return nothing;
  }

  /** Whether there is a slot of which the objects are lost. */
  get any(): boolean {
    return this.#slots === undefined || this.#slots.size > 0;
  }

  /** Whether a key that is not found may have been there. */
  has(key: Key): boolean {
    return this.#loses(key) && !this.isGone(key);
  }

  /** Whether a key is known not to be there. */
  isGone(key: Key): boolean {
    const text = key.toString();
    return this.#gone.has(text) || this.#gonePrefixes.some((prefix) => text.startsWith(prefix));
  }

  /** Whether keys under this prefix may have been there. */
  hasUnder(prefix: string): boolean {
    return this.any && !this.isPrefixGone(prefix);
  }

  /** Whether objects of a slot are lost. */
  losesSlot(slot: number): boolean {
    return this.#slots?.has(slot) ?? true;
  }

  /** Whether no key under this prefix is there but those written since. */
  isPrefixGone(prefix: string): boolean {
    return this.#gonePrefixes.some((gone) => prefix.startsWith(gone));
  }

  /** Number of slots of a shard of which the objects are lost. */
  slotsOf(configuration: JobConfiguration, shard: number): number {
    if (this.#slots === undefined) return slotsPerShard(configuration.ranges).get(shard) ?? 0;
    return [...this.#slots].filter((slot) => shardOfSlot(configuration, slot) === shard).length;
  }

  /** From now on the objects of these slots are lost too. */
  lose(slots: SlotSet): void {
    for (const slot of slots) this.#slots?.add(slot);
  }

  /** Other shards have had slots that come to this one now: what is not found there, nor here, is not lost for that. */
  limitTo(slots: SlotSet): void {
    this.#slots ??= slots;
  }

  /** Nothing is known any more of the keys that are gone. */
  forget(): void {
    this.#gone.clear();
    this.#gonePrefixes.length = 0;
  }

  #loses(key: Key): boolean {
    return this.#slots === undefined || this.#slots.has(slotOfBytes(key.buffer, key.start, key.end));
  }

  /** The key is known not to be there. */
  markGone(key: Key): void {
    this.#gone.add(key.toString());
    if (this.#gone.size > this.#keyLimit) this.#gone.delete(this.#gone.values().next().value as string);
  }

  /** No key under the prefix (one latin1 character per byte) is there. */
  markPrefixGone(prefix: string): void {
    if (this.isPrefixGone(prefix)) return;
    const kept = this.#gonePrefixes.filter((gone) => !gone.startsWith(prefix));
    kept.push(prefix);
    this.#gonePrefixes.splice(0, this.#gonePrefixes.length, ...kept.slice(-rememberedPrefixes));
    for (const key of this.#gone) if (key.startsWith(prefix)) this.#gone.delete(key);
  }
}

/** The error for one key. */
export function lostKeyError(key: Key, shard: number, node: string): SatchelError {
  return new SatchelError(
    'lost',
    `shard ${shard} of ${node} restarted without its data, and key '${shown(key)}' was not written since; write or delete it to go on`,
  );
}

/** The error for counting and listing on a shard that owns `slots` of the job's slots. */
export function lostListingError(slots: number, shard: number, node: string): SatchelError {
  const share = ((100 * slots) / slotCount).toFixed(1);
  return new SatchelError(
    'lost',
    `shard ${shard} of ${node} restarted without its data, so ${slots} of ${slotCount} slots (${share} %) cannot be counted or listed; FLUSHALL or SATCHEL.DELPREFIX to go on`,
  );
}

/** A key in an error message: printable and not long. */
function shown(key: Key): string {
  const text = key.buffer.toString('utf8', key.start, Math.min(key.end, key.start + 100)).replaceAll(/[^\x20-\x7e]/g, '?');
  return key.length > 100 ? `${text}…` : text;
}
