import { chunkCount, chunkKey, isChunkKey, SatchelError, type Stripe, shardOfSlot, shardsOf, slotOf } from '@satchel/proto/core';
import type { JobConfiguration } from '../../job-configuration.js';
import { Key } from '../../store/key.js';
import { inTurn } from '../in-turn.js';
import type { ShardJob } from '../job.js';
import { firstElement, lengthAt } from '../reply-version.js';
import { DropQueue } from './drop-queue.js';
import { callShard, type ShardCalls } from './shard-calls.js';
import type { StripePart } from './stripe-part.js';
import { StripeParts } from './stripe-parts.js';
import { stripeOf } from './striped-value.js';

/** What a job's objects tell about those that are part of striped ones. */
export interface StripeListener {
  /** A chunk was stored; `anew`: there was none of its key. */
  chunkStored(key: Key, valueBytes: number, anew: boolean): void;
  /** A chunk was found when the shard started. */
  chunkFound(key: Key, valueBytes: number): void;
  chunkRemoved(key: Key): void;
  /** The manifest of a striped object was removed or replaced. */
  manifestGone(key: Key, stripe: Stripe | Promise<Stripe>): void;
}

function removeObject(job: ShardJob, key: Key, nowMs: number): void {
  job.delete(key, nowMs);
}

/** The shards that may hold chunks of a slot: chunks stay where they are when their slot moves. */
function holdersOf(configuration: JobConfiguration, slot: number): number[] {
  const former = configuration.previous?.filter(({ start, end, lost }) => start <= slot && slot < end && !lost) ?? [];
  return [shardOfSlot(configuration, slot), ...former.map(({ shard }) => shard)];
}

/** The shards that may hold chunks of a job. */
function shardsHolding({ ranges, previous = [] }: JobConfiguration): number[] {
  return [...new Set([...shardsOf(ranges), ...previous.filter(({ lost }) => !lost).map(({ shard }) => shard)])];
}

/** Whether the key is one of a chunk. */
export function isChunk(key: Key): boolean {
  return key.buffer[key.start] === 0 && isChunkKey(key.buffer, key.start, key.end);
}

/** A job's striped objects on one shard: the chunks it holds, and the objects whose manifests it holds. */
export class JobStriping implements StripeListener {
  readonly parts: StripeParts;
  readonly #job: ShardJob;
  readonly #calls: () => ShardCalls;
  readonly #drops: DropQueue;
  /** Versions whose put is being completed, by how many commands. */
  readonly #completing = new Map<string, number>();
  #ended = false;

  constructor(job: ShardJob, calls: () => ShardCalls) {
    this.#job = job;
    this.#calls = calls;
    this.parts = new StripeParts({
      clock: job.clock,
      remove: (key) => inTurn(job, job, key, 'write', job.clock.now(), removeObject),
      isCurrent: (part) => this.#askOwner(part),
      broken: (part) => void this.#tellOwner(part).catch(() => {}),
    });
    this.#drops = new DropQueue(job.clock, (shard, version) => this.#dropOn(shard, version));
  }

  get calls(): ShardCalls {
    return this.#calls();
  }

  chunkStored(key: Key, valueBytes: number, anew: boolean): void {
    this.parts.stored(key, valueBytes, anew);
  }

  chunkFound(key: Key, valueBytes: number): void {
    this.parts.found(key, valueBytes);
  }

  chunkRemoved(key: Key): void {
    this.parts.removed(key);
  }

  manifestGone(key: Key, stripe: Stripe | Promise<Stripe>): void {
    const own = key.copy().buffer;
    // What cannot be read now is found out by the shards that have the chunks.
    void Promise.resolve(stripe).then(
      (known) => this.dropChunks(own, known),
      () => {},
    );
  }

  /** Removes the chunks of a version from the job's shards, trying again where that fails. */
  dropChunks(key: Buffer, stripe: Stripe): void {
    if (this.#ended) return;
    for (const shard of this.#shardsOfChunks(key, stripe)) this.#drops.add(shard, stripe.version);
  }

  /** Removes the chunks of a put that was given up; throws `invalid-argument` if the object is there. */
  async abort(key: Buffer, version: string): Promise<void> {
    if (await this.isCurrent(key, version)) throw new SatchelError('invalid-argument', `version ${version} is complete`);
    for (const shard of shardsHolding(this.#job.configuration)) this.#drops.add(shard, version);
  }

  /**
   * Completes a put: asks the shards to keep its chunks, rejects with `gone` unless all are there, then has `store` show the
   * manifest. If that fails, or says no, the chunks are removed.
   */
  async complete(key: Buffer, stripe: Stripe, store: () => Promise<boolean>): Promise<void> {
    const { version } = stripe;
    this.#completing.set(version, (this.#completing.get(version) ?? 0) + 1);
    let stored = false;
    // If a shard cannot be asked the client may try again.
    let mayBeRepeated = true;
    try {
      const held = await this.#holdChunks(key, stripe);
      mayBeRepeated = false;
      if (held.chunks !== chunkCount(stripe) || held.bytes !== stripe.size) {
        throw new SatchelError('gone', `only ${held.chunks} of ${chunkCount(stripe)} chunks are there; put the object again`);
      }
      stored = await store();
    } finally {
      const users = (this.#completing.get(version) ?? 1) - 1;
      if (users === 0) this.#completing.delete(version);
      else this.#completing.set(version, users);
      if (!stored && !mayBeRepeated && !(await this.isCurrent(key, version).catch(() => true))) this.dropChunks(key, stripe);
    }
  }

  /** Whether a version is the one of the object here, or is becoming it. Rejects with `moved` on a shard that does not own the slot. */
  async isCurrent(key: Buffer, version: string): Promise<boolean> {
    await this.#job.steering.bring(Key.of(key));
    if (this.#completing.has(version)) return true;
    const object = this.#job.find(Key.of(key), this.#job.clock.now());
    return object?.manifest === true && (await stripeOf(object)).version === version;
  }

  /** A chunk of a version is gone for good: so is the object. */
  async removeBroken(key: Buffer, version: string): Promise<void> {
    const job = this.#job;
    await job.steering.bring(Key.of(key));
    await inTurn(job, job, Key.of(key), 'write', job.clock.now(), async (_, own, nowMs) => {
      const copy = own.copy();
      const object = job.find(own, nowMs);
      if (object?.manifest && (await stripeOf(object)).version === version) job.delete(copy, job.clock.now());
    });
  }

  end(): void {
    this.#ended = true;
    this.parts.end();
    this.#drops.end();
  }

  async #holdChunks(key: Buffer, stripe: Stripe): Promise<{ chunks: number; bytes: number }> {
    const { version, size, chunkBytes } = stripe;
    const words = ['SATCHEL.STRIPEHOLD', key, version, String(size), String(chunkBytes)];
    const asked = this.#shardsOfChunks(key, stripe).map((shard) => callShard(this.calls, this.#job, shard, words));
    const sum = { chunks: 0, bytes: 0 };
    for (const reply of await Promise.all(asked)) {
      const first = firstElement(reply, 0);
      sum.chunks += lengthAt(reply, first);
      sum.bytes += lengthAt(reply, firstElement(reply, first));
    }
    return sum;
  }

  async #askOwner({ key, version }: StripePart): Promise<boolean> {
    const reply = await callShard(this.calls, this.#job, this.#ownerOf(key), ['SATCHEL.STRIPECHECK', key, version]);
    return lengthAt(reply, 0) === 1;
  }

  async #tellOwner({ key, version }: StripePart): Promise<void> {
    await callShard(this.calls, this.#job, this.#ownerOf(key), ['SATCHEL.STRIPEBROKEN', key, version]);
  }

  async #dropOn(shard: number, version: string): Promise<void> {
    if (shard === this.#job.shard) await this.parts.drop(version);
    else await callShard(this.calls, this.#job, shard, ['SATCHEL.STRIPEDROP', version]);
  }

  #ownerOf(key: Buffer): number {
    return shardOfSlot(this.#job.configuration, slotOf(key));
  }

  /** The shards that have chunks of a stripe, or would have. */
  #shardsOfChunks(key: Buffer, stripe: Stripe): number[] {
    const { configuration } = this.#job;
    const all = shardsHolding(configuration);
    if (all.length === 1) return all;
    const found = new Set<number>();
    const count = chunkCount(stripe);
    for (let index = 0; index < count && found.size < all.length; index++) {
      for (const shard of holdersOf(configuration, slotOf(chunkKey({ version: stripe.version, index, key })))) found.add(shard);
    }
    return [...found];
  }
}
