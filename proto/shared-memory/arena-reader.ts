import { limits } from '@satchel/proto/core';
import type { ArenaFiles } from './arena-reader-files.js';
import { ReaderMemory } from './arena-reader-memory.js';
import { ValueCopier } from './arena-reader-value.js';
import {
  directoryIndexOf,
  entryHeaderBytes,
  entryWord,
  homeSlotOf,
  keyLengthMask,
  manifestBit,
  persistBit,
  rootState,
  rootWord,
  slotAfter,
  tableWord,
} from './layout.js';
import type { LookupKey } from './lookup-key.js';

/** Why a read is left to the shard. */
export const askReasons = [
  /** No such object in this shard's dram. */
  'miss',
  'expired',
  /** Stored with a number of reads, which only the shard counts. */
  'reads',
  /** A striped object. */
  'manifest',
  /** It changed all the time, or what was found made no sense. */
  'torn',
  /** Another shard serves the slot now. */
  'moved',
  /** The job or the shard that wrote the arena ended. */
  'ended',
  /** A file of the arena could not be mapped. */
  'unmapped',
] as const;
export type AskReason = (typeof askReasons)[number];

/** What is known of an object besides its bytes. */
export interface LocalStat {
  readonly size: number;
  /** Milliseconds since 1970; 0: never. */
  readonly expiresAtMs: number;
  readonly createdMs: number;
  readonly persist: boolean;
  /** -1: none. */
  readonly attempt: number;
}

/** Looks at an object before the shard is asked after all. */
const mostTries = 64;
/** Tables that one chain may have. */
const mostTables = 64;
const two32 = 2 ** 32;

const whole = 0;
const range = 1;
const exists = 2;
const statOnly = 3;

type Step = 'done' | 'again' | AskReason;

/**
 * Reads one job's objects where a shard of this host keeps them, while the shard changes them: looks, copies, and checks that nothing changed
 * meanwhile. A result is what the shard would have answered at some moment during the call; undefined means: ask the shard.
 * Nothing is allocated but the result.
 */
export class ArenaReader {
  served = 0;
  servedBytes = 0;
  /** Times something had changed and was looked at again. */
  retries = 0;
  readonly asked: Record<AskReason, number> = Object.fromEntries(askReasons.map((reason) => [reason, 0])) as Record<
    AskReason,
    number
  >;
  readonly #memory: ReaderMemory;
  readonly #copier: ValueCopier;
  readonly #refShift: number;
  readonly #refMask: number;
  readonly #unitRefShift: number;
  readonly #tableSlots: number;
  // What the current try found.
  #tableWords: Uint32Array;
  #tableAt = 0;
  #tableVersion = 0;
  #slotAt = 0;
  #ref = 0;
  #segment = 0;
  #at = 0;
  #version = 0;
  #valueLength = 0;
  #keyWord = 0;
  #expiresAtMs = 0;
  #readsLeft = 0;
  // What was copied, and of which version of which entry.
  #copiedRef = 0;
  #copiedVersion = 0;
  #copy: Buffer | undefined;

  private constructor(memory: ReaderMemory) {
    const { unitShift, segmentRefShift } = memory.shape;
    this.#memory = memory;
    this.#copier = new ValueCopier(memory);
    this.#refShift = segmentRefShift;
    this.#refMask = 2 ** segmentRefShift - 1;
    this.#unitRefShift = unitShift - 4;
    this.#tableSlots = 2 ** (unitShift - 3);
    this.#tableWords = memory.root;
  }

  /** Opens an arena; undefined if there is none (any more), or none that this version can read. */
  static open(files: ArenaFiles): ArenaReader | undefined {
    const memory = ReaderMemory.open(files);
    return memory && new ArenaReader(memory);
  }

  /** Whether the shard still keeps the arena; one that it does not keep never comes back. */
  get live(): boolean {
    return this.#memory.live;
  }

  /** Files mapped now, besides the root. */
  get mapped(): number {
    return this.#memory.mapped;
  }

  /** The value, in a buffer of its own. */
  get(key: LookupKey, nowMs: number): Buffer | undefined {
    return this.#read(key, nowMs, whole, 0, limits.valueBytes) ? this.#take() : undefined;
  }

  /** As `get`, for who looks again and again: that there is nothing yet is not counted. */
  peek(key: LookupKey, nowMs: number): Buffer | undefined {
    const { miss } = this.asked;
    const value = this.get(key, nowMs);
    this.asked.miss = miss;
    return value;
  }

  /** Bytes [from, to) of the value, as far as there are any. */
  getRange(key: LookupKey, from: number, to: number, nowMs: number): Buffer | undefined {
    return this.#read(key, nowMs, range, from, to) ? this.#take() : undefined;
  }

  /** True if there is such an object; false: ask the shard. */
  has(key: LookupKey, nowMs: number): boolean {
    return this.#read(key, nowMs, exists, 0, 0);
  }

  stat(key: LookupKey, nowMs: number): LocalStat | undefined {
    // What is not copied may have changed since; the version says whether it did.
    for (let tries = 0; tries < mostTries; tries++) {
      if (!this.#read(key, nowMs, statOnly, 0, 0)) return undefined;
      const words = this.#memory.words[this.#segment] as Uint32Array;
      const high = Atomics.load(words, this.#at + entryWord.high);
      const stat = {
        size: this.#valueLength,
        expiresAtMs: this.#expiresAtMs,
        createdMs: (high & 0xffff) * two32 + Atomics.load(words, this.#at + entryWord.created),
        persist: (this.#keyWord & persistBit) !== 0,
        attempt: Atomics.load(words, this.#at + entryWord.attempt) - 1,
      };
      if (Atomics.load(words, this.#at) === this.#version) return stat;
    }
    return undefined;
  }

  /** Lets go of files that the arena uses no longer; to be called from time to time. */
  sweep(): void {
    this.#memory.sweep();
  }

  /** Lets go of everything; every later read asks the shard. Idempotent. */
  close(): void {
    this.#memory.close();
  }

  #take(): Buffer {
    const copy = this.#copy as Buffer;
    this.#copy = undefined;
    this.servedBytes += copy.length;
    return copy;
  }

  #read(key: LookupKey, nowMs: number, what: number, from: number, to: number): boolean {
    this.#copiedRef = 0;
    this.#memory.begin();
    for (let tries = 0; tries < mostTries; tries++) {
      const step = this.#try(key, nowMs, what, from, to);
      if (step === 'done') {
        this.served++;
        return true;
      }
      if (step !== 'again') return this.#ask(step);
      this.retries++;
    }
    return this.#ask(this.#memory.unmappable > 0 ? 'unmapped' : 'torn');
  }

  #ask(reason: AskReason): false {
    this.asked[reason]++;
    this.#copy = undefined;
    return false;
  }

  #try(key: LookupKey, nowMs: number, what: number, from: number, to: number): Step {
    const { root } = this.#memory;
    if (root.length === 0 || Atomics.load(root, rootWord.state) !== rootState.live) return 'ended';
    const generation = Atomics.load(root, rootWord.generation);
    if ((generation & 1) === 1) return 'again';
    const slotBits = Atomics.load(root, rootWord.ownedSlots + (key.slot >>> 5));
    if (((slotBits >>> (key.slot & 31)) & 1) === 0) return 'moved';
    const step = this.#find(key);
    if (step !== 'done') {
      // What was not found in a structure that changed meanwhile may be there.
      return step === 'again' || Atomics.load(this.#memory.root, rootWord.generation) !== generation ? 'again' : step;
    }
    if (this.#expiresAtMs !== 0 && this.#expiresAtMs <= nowMs) return 'expired';
    if (this.#readsLeft !== 0) return 'reads';
    if ((this.#keyWord & manifestBit) !== 0) return 'manifest';
    if (what <= range && !this.#copyOnce(key, from, to)) return 'again';
    return this.#unchanged(key, generation) ? 'done' : 'again';
  }

  /** The structure and the entry are still those that `#find` saw. */
  #unchanged(key: LookupKey, generation: number): boolean {
    const { root, words } = this.#memory;
    const tableWords = this.#tableWords;
    const slotAt = this.#slotAt;
    const entryWords = words[this.#segment] as Uint32Array;
    return (
      // The segment was mapped anew, and shorter, if its number passed to another file while the value was copied.
      this.#at < entryWords.length &&
      Atomics.load(entryWords, this.#at) === this.#version &&
      Atomics.load(tableWords, slotAt + 1) === this.#ref &&
      Atomics.load(tableWords, slotAt) === key.hash &&
      Atomics.load(tableWords, this.#tableAt) === this.#tableVersion &&
      Atomics.load(root, rootWord.generation) === generation &&
      Atomics.load(root, rootWord.state) === rootState.live
    );
  }

  /** Copies the value, unless it was copied from this very version of this entry before: then only the structure had changed. */
  #copyOnce(key: LookupKey, from: number, to: number): boolean {
    if (this.#copiedRef === this.#ref && this.#copiedVersion === this.#version) return true;
    this.#copiedRef = 0;
    const length = this.#valueLength;
    const end = Math.min(to, length);
    this.#copy = this.#copier.copy(this.#segment, this.#at, key.length, length, Math.min(from, end), end);
    if (this.#copy === undefined) return false;
    this.#copiedRef = this.#ref;
    this.#copiedVersion = this.#version;
    return true;
  }

  #find(key: LookupKey): Step {
    const memory = this.#memory;
    if (!memory.mapDirectory()) return 'unmapped';
    const depth = Atomics.load(memory.root, rootWord.directoryDepth);
    const index = depth <= 30 ? directoryIndexOf(key.hash, depth) : memory.directory.length;
    if (index >= memory.directory.length) return 'again';
    let unit = Atomics.load(memory.directory, index);
    for (let tables = 0; unit !== 0; tables++) {
      if (tables >= mostTables) return 'again';
      const step = this.#findIn(unit, key);
      if (step !== 'miss') return step;
      unit = Atomics.load(this.#tableWords, this.#tableAt + tableWord.next);
    }
    return 'miss';
  }

  #findIn(unit: number, key: LookupKey): Step {
    const memory = this.#memory;
    const ref = (unit << this.#unitRefShift) >>> 0;
    const segment = ref >>> this.#refShift;
    if (ref >>> this.#unitRefShift !== unit || segment === 0) return 'again';
    if (!memory.map(segment)) return 'again';
    const words = memory.words[segment] as Uint32Array;
    const slots = this.#tableSlots;
    const base = (ref & this.#refMask) << 2;
    if (base + 2 * slots > words.length) return 'again';
    const version = Atomics.load(words, base + tableWord.version);
    if ((version & 1) === 1) return 'again';
    this.#tableWords = words;
    this.#tableAt = base;
    this.#tableVersion = version;
    return this.#probe(words, base, key);
  }

  #probe(words: Uint32Array, base: number, key: LookupKey): Step {
    const slots = this.#tableSlots;
    const { hash } = key;
    let slot = homeSlotOf(hash, slots);
    for (let looked = 0; looked < slots; looked++) {
      const at = base + 2 * slot;
      const ref = Atomics.load(words, at + 1);
      if (ref === 0) break;
      if (Atomics.load(words, at) === hash) {
        const step = this.#look(ref, key);
        this.#slotAt = at;
        if (step !== 'miss') return step;
      }
      slot = slotAfter(slot, slots);
    }
    return Atomics.load(words, base + tableWord.version) === this.#tableVersion ? 'miss' : 'again';
  }

  /** Reads the header of an entry; `miss` if it is another key's. */
  #look(ref: number, key: LookupKey): Step {
    const memory = this.#memory;
    const segment = ref >>> this.#refShift;
    if (segment === 0) return 'again';
    if (!memory.map(segment)) return 'again';
    const words = memory.words[segment] as Uint32Array;
    const at = (ref & this.#refMask) << 2;
    const bytes = memory.bytes[segment] as Buffer;
    const keyAt = (at << 2) + entryHeaderBytes;
    if (keyAt + key.length > bytes.length) return 'again';
    const version = Atomics.load(words, at + entryWord.version);
    if ((version & 1) === 1) return 'again';
    const keyWord = Atomics.load(words, at + entryWord.key);
    if ((keyWord & keyLengthMask) !== key.length || !equal(bytes, keyAt, key)) {
      return Atomics.load(words, at + entryWord.version) === version ? 'miss' : 'again';
    }
    const high = Atomics.load(words, at + entryWord.high) >>> 16;
    const low = Atomics.load(words, at + entryWord.expires);
    this.#ref = ref;
    this.#segment = segment;
    this.#at = at;
    this.#version = version;
    this.#keyWord = keyWord;
    this.#valueLength = Atomics.load(words, at + entryWord.valueLength);
    this.#expiresAtMs = high === 0 ? low : high * two32 + low;
    this.#readsLeft = Atomics.load(words, at + entryWord.readsLeft);
    // Before memory is allocated by what the header says.
    if (Atomics.load(words, at + entryWord.version) !== version) return 'again';
    return this.#valueLength <= limits.valueBytes ? 'done' : 'again';
  }
}

function equal(bytes: Buffer, start: number, key: LookupKey): boolean {
  const { length } = key;
  for (let at = 0; at < length; at++) if (bytes[start + at] !== key.bytes[at]) return false;
  return true;
}
