import { type ChunkName, chunkCount, chunkLength, SatchelError, type Stripe } from '@satchel/proto/core';
import type { Deadline } from '../deadlines.js';

/**
 * How far a version is:
 * writing: nobody has asked this shard to keep its chunks
 * found: there when the shard started, so it may be either
 * held: complete here, and its object may be there
 */
export type PartState = 'writing' | 'found' | 'held';

/** The chunks of one version that are on this shard. */
export class StripePart implements Deadline {
  place = -1;
  atMs = 0;
  state: PartState;
  readonly version: string;
  /** Of the object. */
  readonly key: Buffer;
  /** Bytes of each chunk, by its number. */
  readonly lengths = new Map<number, number>();
  bytes = 0;
  /** When its writer was last heard of, or its object last known to be there. */
  heardMs: number;
  /** Times the writer was heard of: an answer to an older question is void. */
  heard = 0;
  /** How long after `heardMs` something is to be done about it. */
  patienceMs: number;
  readonly #due: (part: StripePart) => void;

  constructor({ version, key }: ChunkName, state: PartState, nowMs: number, patienceMs: number, due: (part: StripePart) => void) {
    this.version = version;
    this.key = key;
    this.state = state;
    this.heardMs = nowMs;
    this.patienceMs = patienceMs;
    this.#due = due;
  }

  due(): void {
    this.#due(this);
  }

  add(index: number, bytes: number): void {
    this.bytes += bytes - (this.lengths.get(index) ?? 0);
    this.lengths.set(index, bytes);
  }

  /** Throws `gone` unless every chunk here is the one that the stripe says. */
  assertMatches(stripe: Stripe): void {
    const count = chunkCount(stripe);
    for (const [index, bytes] of this.lengths) {
      const expected = index < count ? chunkLength(stripe, index) : 0;
      if (bytes === expected) continue;
      throw new SatchelError('gone', `chunk ${index} of ${count} has ${bytes} bytes, not ${expected}; put the object again`);
    }
  }
}
