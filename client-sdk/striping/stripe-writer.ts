import { randomBytes } from 'node:crypto';
import { chunkKey, formatBytes, limits, SatchelError } from '@satchel/proto/core';
import type { ObjectKey } from '../call.js';
import type { ChunkedValue } from '../chunked-value.js';
import { decodeNothing, decodeStored } from '../decode.js';
import { type PutOptions, putWords } from '../put-command.js';
import { lanesOf, type StripeStore } from './stripe-store.js';
import { keyBytes } from './striped-value.js';

/** Between two signs of life to shards that have chunks: a fraction of the time after which they would drop them. */
const touchMs = limits.stripeProgressMs / 4;

/** Writes one striped object: chunks as they come, several at a time, then the manifest. */
export class StripeWriter {
  readonly #store: StripeStore;
  readonly #key: Buffer;
  readonly #options: PutOptions;
  readonly #version = randomBytes(12).toString('base64url');
  readonly #underWay = new Set<Promise<void>>();
  /** A chunk on each shard that has any. */
  readonly #onShard = new Map<unknown, Buffer>();
  #size = 0;
  #count = 0;
  #failure: unknown;
  #failed = false;
  #touchedMs = Date.now();

  /** Throws `invalid-argument` for options that a striped object cannot have. */
  constructor(store: StripeStore, key: ObjectKey, options: PutOptions = {}) {
    if (options.persist === true || options.reads !== undefined) {
      const option = options.persist === true ? 'persist' : 'reads';
      throw new SatchelError('invalid-argument', `option ${option} cannot be had for a striped object`);
    }
    putWords(options);
    this.#store = store;
    this.#key = keyBytes(key);
    this.#options = options;
  }

  /** Sends a chunk; settles once another one may follow. All but the last have settings.chunkBytes bytes. */
  async add(chunk: Uint8Array | ChunkedValue): Promise<void> {
    const { settings } = this.#store;
    if (this.#count >= limits.stripeChunks) {
      const largest = formatBytes(limits.stripeChunks * settings.chunkBytes);
      throw new SatchelError(
        'too-large',
        `the value exceeds ${largest}, the most that chunks of ${formatBytes(settings.chunkBytes)} can hold`,
      );
    }
    while (this.#underWay.size >= lanesOf(settings, settings.chunkBytes)) await Promise.race(this.#underWay);
    this.#assertGoesOn();
    const key = chunkKey({ version: this.#version, index: this.#count++, key: this.#key });
    this.#size += chunk.length;
    const sending = this.#send(key, chunk).then(
      () => this.#sent(key),
      (error: unknown) => {
        this.#failure ??= error;
        this.#failed = true;
      },
    );
    this.#underWay.add(sending);
    void sending.then(() => this.#underWay.delete(sending));
  }

  /** Lets shards know now and then that there is progress. */
  heard(): void {
    const nowMs = Date.now();
    if (nowMs - this.#touchedMs < touchMs) return;
    this.#touchedMs = nowMs;
    for (const key of this.#onShard.values()) {
      // A shard that cannot be told may yet be when the chunks are needed.
      this.#store.call(key, ['SATCHEL.STRIPETOUCH', key], decodeNothing, true).catch(() => {});
    }
  }

  /** Shows the object. False: `ifAbsent` was asked and the key exists. */
  async finish(): Promise<boolean> {
    await Promise.all(this.#underWay);
    this.#assertGoesOn();
    const { chunkBytes } = this.#store.settings;
    const command = ['SATCHEL.STRIPECOMMIT', this.#key, this.#version, this.#size, chunkBytes, ...putWords(this.#options)];
    return this.#store.call(this.#key, command, decodeStored, true, this.#options);
  }

  /** Removes what was written, as far as the shards can be reached; what cannot be told goes by itself after a minute. */
  async abort(): Promise<void> {
    await Promise.all(this.#underWay);
    if (this.#count === 0) return;
    const command = ['SATCHEL.STRIPEABORT', this.#key, this.#version];
    await this.#store.call(this.#key, command, decodeNothing, true).catch(() => {});
  }

  #assertGoesOn(): void {
    if (this.#failed) throw this.#failure;
    this.#options.signal?.throwIfAborted();
  }

  async #send(key: Buffer, chunk: Uint8Array | ChunkedValue): Promise<void> {
    const { tier } = this.#options;
    const command = ['SATCHEL.STRIPEPUT', key, chunk, ...(tier === undefined ? [] : ['TIER', tier])];
    await this.#store.call(key, command, decodeStored, true, this.#options);
  }

  #sent(key: Buffer): void {
    this.#onShard.set(this.#store.ownerOf(key), key);
    this.heard();
  }
}
