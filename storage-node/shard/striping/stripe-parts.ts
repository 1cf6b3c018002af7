import { type ChunkName, type Clock, chunkKey, limits, parseChunkKey, SatchelError, type Stripe } from '@satchel/proto/core';
import { Key } from '../../store/key.js';
import { Deadlines } from '../deadlines.js';
import { inSlices } from '../slices.js';
import { StripePart } from './stripe-part.js';

export interface StripePartsOptions {
  readonly clock: Clock;
  /** Removes the object of a key, in its turn. */
  readonly remove: (key: Key) => unknown;
  /** Asks whether this version is the object's, or is becoming it. Rejects while its shard cannot be asked. */
  readonly isCurrent: (part: StripePart) => Promise<boolean>;
  /** A chunk of a complete version was dropped by the store itself. */
  readonly broken: (part: StripePart) => void;
}

/** Chunks removed between two looks at the clock. */
const removalsPerStep = 16;

/**
 * The chunks of a job on one shard, by version. There is one rule for when they go by themselves: after a time without a sign of
 * their writer the shard drops them, unless they may be part of an object; then it asks the object's shard, drops them if
 * they are not, and else asks again later. So whatever crashes, nothing stays for ever that nobody can read.
 */
export class StripeParts {
  /** Chunks in the store. */
  chunks = 0;
  readonly #options: StripePartsOptions;
  readonly #parts = new Map<string, StripePart>();
  readonly #deadlines: Deadlines;
  #underWay = 0;
  #ended = false;

  constructor(options: StripePartsOptions) {
    this.#options = options;
    this.#deadlines = new Deadlines(options.clock);
  }

  /** Versions known here. */
  get size(): number {
    return this.#parts.size;
  }

  /** Throws unless a chunk of this version may be written now. */
  assertWritable({ version, index, key }: ChunkName): void {
    const part = this.#parts.get(version);
    if (index >= limits.stripeChunks) {
      throw new SatchelError('too-large', `chunk ${index} is beyond the limit of ${limits.stripeChunks} chunks of an object`);
    }
    if (part !== undefined && !part.key.equals(key))
      throw new SatchelError('invalid-argument', `version ${version} is of another object`);
    if (part?.state === 'held') throw new SatchelError('invalid-argument', `version ${version} is complete`);
    if (part === undefined && this.#underWay >= limits.stripesUnderWay) {
      throw new SatchelError(
        'out-of-memory',
        `${limits.stripesUnderWay} striped objects of the job are being written to this shard, its limit; wait for some to end`,
      );
    }
  }

  /** A chunk was stored; `anew`: there was none of its key. */
  stored(key: Key, bytes: number, anew: boolean): void {
    if (anew) this.chunks++;
    this.#add(key, bytes, 'writing');
  }

  /** A chunk was found when the shard started. */
  found(key: Key, bytes: number): void {
    this.chunks++;
    this.#add(key, bytes, 'found');
  }

  /** A chunk was removed, by whatever. */
  removed(key: Key): void {
    this.chunks--;
    const part = this.#parts.get(parseChunkKey(key.buffer, key.start, key.end).version);
    if (part === undefined) return;
    // Nobody but the store itself, to make room, takes a chunk away while its version is known.
    this.#forget(part);
    queueMicrotask(() => {
      if (this.#ended) return;
      this.#removeChunks(part);
      if (part.state !== 'writing') this.#options.broken(part);
    });
  }

  /** The writer of a version gave a sign of itself; false if nothing of it is here. */
  touch(version: string): boolean {
    const part = this.#parts.get(version);
    if (part === undefined) return false;
    this.#hear(part);
    return true;
  }

  /** Keeps the chunks of a version until its object is known not to be there. Throws `gone` if one is not as it should be. */
  hold(key: Buffer, stripe: Stripe): { readonly chunks: number; readonly bytes: number } {
    const part = this.#parts.get(stripe.version);
    if (part === undefined || !part.key.equals(key)) return { chunks: 0, bytes: 0 };
    part.assertMatches(stripe);
    this.#setState(part, 'held');
    this.#hear(part);
    return { chunks: part.lengths.size, bytes: part.bytes };
  }

  /** Removes the chunks of a version; the promise settles once all are gone. */
  drop(version: string): void | Promise<void> {
    const part = this.#parts.get(version);
    if (part === undefined) return;
    this.#forget(part);
    return this.#removeChunks(part);
  }

  /** Every object of the job was removed. */
  clear(): void {
    this.#parts.clear();
    this.#deadlines.clear();
    this.#underWay = 0;
    this.chunks = 0;
  }

  /** The job has ended. */
  end(): void {
    this.#ended = true;
    this.clear();
  }

  #add(key: Key, bytes: number, state: 'writing' | 'found'): void {
    const name = parseChunkKey(key.buffer, key.start, key.end);
    let part = this.#parts.get(name.version);
    if (part === undefined) {
      part = new StripePart(name, state, this.#options.clock.now(), limits.stripeProgressMs, (due) => this.#due(due));
      this.#parts.set(name.version, part);
      if (state === 'writing') this.#underWay++;
      this.#schedule(part);
    } else this.#hear(part);
    part.add(name.index, bytes);
  }

  #hear(part: StripePart): void {
    part.heard++;
    part.heardMs = this.#options.clock.now();
    part.patienceMs = limits.stripeProgressMs;
  }

  #schedule(part: StripePart): void {
    part.atMs = part.heardMs + part.patienceMs;
    this.#deadlines.add(part);
  }

  #setState(part: StripePart, state: 'held'): void {
    if (part.state === 'writing') this.#underWay--;
    part.state = state;
  }

  #due(part: StripePart): void {
    if (part.heardMs + part.patienceMs > this.#options.clock.now()) this.#schedule(part);
    else if (part.state === 'writing') void this.drop(part.version);
    else void this.#ask(part);
  }

  async #ask(part: StripePart): Promise<void> {
    const { heard } = part;
    const answer = await this.#options.isCurrent(part).catch(() => undefined);
    if (this.#parts.get(part.version) !== part) return;
    if (answer === false && heard === part.heard) {
      void this.drop(part.version);
      return;
    }
    if (answer === true) {
      this.#setState(part, 'held');
      part.patienceMs = Math.min(part.patienceMs * 2, limits.stripeCheckMs);
    }
    part.heardMs = this.#options.clock.now();
    this.#schedule(part);
  }

  #forget(part: StripePart): void {
    this.#parts.delete(part.version);
    this.#deadlines.remove(part);
    if (part.state === 'writing') this.#underWay--;
  }

  #removeChunks(part: StripePart): void | Promise<void> {
    const indexes = part.lengths.keys();
    const underWay: unknown[] = [];
    const removed = inSlices(() => {
      for (let count = 0; count < removalsPerStep; count++) {
        const next = indexes.next();
        if (next.done || this.#ended) return true;
        const removal = this.#options.remove(Key.of(chunkKey({ version: part.version, index: next.value, key: part.key })));
        if (removal instanceof Promise) underWay.push(removal);
      }
      return false;
    });
    if (removed === undefined && underWay.length === 0) return;
    return Promise.resolve(removed).then(async () => {
      await Promise.allSettled(underWay);
    });
  }
}
