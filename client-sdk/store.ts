import type { Readable } from 'node:stream';
import { type JobUrl, limits, parseJobUrl, SatchelError } from '@satchel/proto/core';
import type { Reply } from '@satchel/proto/resp';
import { type Argument, Call, type CallOptions, type ObjectKey } from './call.js';
import type { ChunkedValue } from './chunked-value.js';
import { Cluster } from './cluster.js';
import { commandProblem, keyProblem, prefixPattern, valueProblem } from './data.js';
import * as decode from './decode.js';
import { type LocalReadStatistics, noLocalReads } from './local/local-reads.js';
import { type ObjectStat, objectStatOf, objectStatOfLocal } from './object-stat.js';
import { type ConnectOptions, completeConnectOptions } from './options.js';
import { isRepeatablePut, type PutOptions, type PutStreamOptions, putCommand } from './put-command.js';
import { putFlowing } from './put-flowing.js';
import { sizedChunks } from './stream-put.js';
import { readRanges, type StreamOptions } from './streams.js';
import { fetchStriped, textOf } from './striping/fetch-striped.js';
import { putStriped, putStriping } from './striping/put-striped.js';
import { goneError, streamStriped } from './striping/stripe-reader.js';
import type { StripeStore } from './striping/stripe-store.js';
import { decodeMaybeStriped, StripedValue } from './striping/striped-value.js';
import { Tasks } from './striping/tasks.js';
import { WaitCall, type WaitCommand } from './wait-call.js';

/** How `get` and `waitFor` return a value: bytes of its own, or UTF-8 text. */
export interface GetOptions extends CallOptions {
  readonly as?: 'buffer' | 'text';
}
export interface ListOptions {
  /** Keys as UTF-8 text (default) or as bytes. */
  readonly as?: 'buffer' | 'text';
  readonly signal?: AbortSignal;
}

/** Keys asked for at a time when listing. */
const listPageKeys = 1000;

/**
 * A job's objects. Calls need not wait for one another: all that are made in one turn of the event loop travel in one write per shard, so
 * `Promise.all(keys.map((key) => store.get(key)))` is the batch form of every call. Calls on one key are carried out in the order they were
 * made. A value that is passed in must not be changed until its call has settled. Every call rejects with a SatchelError.
 */
export class Store {
  readonly job: string;
  readonly #cluster: Cluster;
  readonly #stripes: StripeStore;
  /** Calls that are several, which `close` lets finish. */
  readonly #large = new Tasks();
  readonly #decode = this.#decoderFor({});

  /** See {@link connect}. `credentials` are read anew for every connection. */
  constructor(url: JobUrl, credentials: { readonly job: string; readonly token: string }, options: ConnectOptions) {
    this.job = url.job;
    const complete = completeConnectOptions(options);
    const cluster = new Cluster(url, credentials, complete);
    this.#cluster = cluster;
    this.#stripes = {
      settings: complete.stripe,
      call: (...call) => this.#send(...call),
      local: (key, from, to) => cluster.local?.getRange(key, from, to, undefined),
      ownerOf: (key) => cluster.ownerOf(key),
    };
  }

  /**
   * Stores an object, replacing value and metadata. True: stored; false: `ifAbsent` was asked and the key exists. A value over 512 MiB is split
   * over the job's shards, as is any with `stripe: true`.
   */
  put(key: ObjectKey, value: string | Uint8Array, options?: PutOptions): Promise<boolean> {
    const problem = valueProblem(value);
    if (problem !== undefined) return Promise.reject(problem);
    const { fromBytes, chunkBytes } = this.#stripes.settings;
    if (options?.stripe !== true ? value.length <= fromBytes : value.length <= chunkBytes / 3)
      return this.#put(key, value, options);
    return this.#putLarge(key, value, options);
  }

  /** The value, or undefined if there is no such object. */
  get(key: ObjectKey, options: GetOptions & { readonly as: 'text' }): Promise<string | undefined>;
  get(key: ObjectKey, options?: CallOptions & { readonly as?: 'buffer' }): Promise<Buffer | undefined>;
  get(key: ObjectKey, options?: GetOptions): Promise<Buffer | string | undefined> {
    const inPlace = this.#getInPlace(key, options);
    if (inPlace !== undefined) return inPlace;
    return this.#key<Buffer | string | undefined>(key, ['SATCHEL.GET', key], this.#decoderFor(options), true, options);
  }

  /** Bytes [from, to) of the value, fewer where it ends before; empty if there is no such object. Refused on objects stored with `reads`. */
  getRange(key: ObjectKey, from: number, to: number, options?: CallOptions): Promise<Buffer> {
    if (to <= from) return Promise.resolve(Buffer.alloc(0));
    const { local } = this.#cluster;
    const bytes = local?.getRange(key, from, to, options);
    if (local !== undefined && bytes !== undefined) return local.settled(bytes);
    const command = ['SATCHEL.GET', key, from, to - 1];
    const decoder = (reply: Reply): Buffer | Promise<Buffer> => {
      const found = decodeMaybeStriped(reply);
      if (!(found instanceof StripedValue)) return found ?? Buffer.alloc(0);
      return fetchStriped(this.#stripes, found, command, options).then((value) => value ?? Buffer.alloc(0));
    };
    return this.#key(key, command, decoder, true, options);
  }

  /** Removes objects; returns how many there were. */
  delete(...keys: ObjectKey[]): Promise<number> {
    const [key] = keys;
    if (key === undefined) return Promise.resolve(0);
    if (keys.length === 1) return this.#key(key, ['DEL', key], decode.decodeNumber, false);
    return this.#job(['DEL', ...keys], decode.decodeNumber, false);
  }

  /** Whether there is such an object. */
  has(key: ObjectKey, options?: CallOptions): Promise<boolean> {
    const { local } = this.#cluster;
    if (local?.has(key, options)) return local.settled(true);
    return this.#key(key, ['EXISTS', key], decode.decodeFlag, true, options);
  }

  /** What is known of an object besides its bytes, or undefined if there is none. */
  stat(key: ObjectKey, options?: CallOptions): Promise<ObjectStat | undefined> {
    const { local } = this.#cluster;
    const stat = local?.stat(key, options);
    if (local !== undefined && stat !== undefined) return local.settled(objectStatOfLocal(stat, Date.now()));
    return this.#key(key, ['SATCHEL.STAT', key], objectStatOf, true, options);
  }

  /**
   * The keys that begin with `prefix` (default: all), in no particular order. Keys there from begin to end are seen once; fails with
   * `lost` if part of the job was lost.
   */
  list(prefix: ObjectKey | undefined, options: ListOptions & { readonly as: 'buffer' }): AsyncIterableIterator<Buffer>;
  list(prefix?: ObjectKey, options?: ListOptions & { readonly as?: 'text' }): AsyncIterableIterator<string>;
  async *list(prefix: ObjectKey = '', { as = 'text', signal }: ListOptions = {}): AsyncIterableIterator<Buffer | string> {
    const pattern = prefixPattern(prefix);
    let cursor = '0';
    do {
      const command = ['SCAN', cursor, ...(pattern === undefined ? [] : ['MATCH', pattern]), 'COUNT', listPageKeys];
      const page = await this.#job(command, decode.decodePage, true, signal && { signal });
      for (const key of page.keys) yield as === 'text' ? key.toString() : key;
      cursor = page.cursor;
    } while (cursor !== '0');
  }

  /** Number of objects whose key begins with `prefix`. */
  count(prefix: ObjectKey = '', options?: CallOptions): Promise<number> {
    return this.#job(['SATCHEL.COUNT', prefix], decode.decodeNumber, true, options);
  }

  /** Removes all objects whose key begins with `prefix`; returns how many. */
  deletePrefix(prefix: ObjectKey, options?: CallOptions): Promise<number> {
    return this.#job(['SATCHEL.DELPREFIX', prefix], decode.decodeNumber, false, options);
  }

  /**
   * The value as soon as it exists. Fails with `timeout` after `timeoutMs` (default: waits for ever), with `failed` when someone
   * calls {@link fail} for the key. Delays no other call.
   */
  waitFor(key: ObjectKey, options: GetOptions & { readonly as: 'text' }): Promise<string>;
  waitFor(key: ObjectKey, options?: CallOptions & { readonly as?: 'buffer' }): Promise<Buffer>;
  waitFor(key: ObjectKey, options?: GetOptions): Promise<Buffer | string> {
    const read = this.#decoderFor(options);
    const decoder = async (reply: Reply): Promise<Buffer | string> => {
      const value = await read(reply);
      if (value !== undefined) return value;
      throw goneError(key);
    };
    const inPlace = this.#getInPlace(key, options);
    if (inPlace !== undefined) return inPlace;
    return this.#wait<Buffer | string>({ key, name: 'SATCHEL.AWAIT', subject: [key], rest: ['MANIFEST'] }, decoder, options);
  }

  /** Number of objects under `prefix` once it is at least `count`; fails with `timeout` after `timeoutMs` (default: waits for ever). */
  waitForCount(prefix: ObjectKey, count: number, options?: CallOptions): Promise<number> {
    const enough = (reply: Reply): number => {
      const reached = decode.decodeNumber(reply);
      if (reached >= count) return reached;
      throw new SatchelError('timeout', `only ${reached} of ${count} objects were under '${String(prefix)}' in time`);
    };
    return this.#wait({ key: undefined, name: 'SATCHEL.AWAITCOUNT', subject: [prefix, count] }, enough, options);
  }

  /** Tells all who wait for or read the key that it will not come: they get `failed` with this reason. A put takes it back. */
  fail(key: ObjectKey, reason: string, options?: CallOptions): Promise<void> {
    return this.#key(key, ['SATCHEL.FAIL', key, reason], decode.decodeNothing, false, options);
  }

  /**
   * Stores what the stream delivers as one object, visible once the stream has ended. With `size` it flows to its shard as it comes; without, it is
   * held in memory until then; what is longer than 512 MiB, or anything with `stripe: true`, flows to the job's shards in chunks. If the stream fails
   * nothing is stored and the call rejects with its error. Calls on the key made before are carried out before it, those made while the stream is read
   * perhaps too.
   */
  putStream(key: ObjectKey, source: AsyncIterable<Uint8Array | string>, options?: PutStreamOptions): Promise<boolean> {
    const problem = keyProblem(key);
    if (problem !== undefined) return Promise.reject(problem);
    const size = options?.size;
    const chunks = size === undefined ? source : sizedChunks(source, size);
    const flows = size !== undefined && size >= limits.clientStreamFromBytes && size <= this.#stripes.settings.fromBytes;
    if (flows && options?.stripe !== true) return this.#large.track(putFlowing(this.#cluster, key, source, size, options ?? {}));
    const isLong = size !== undefined && size > this.#stripes.settings.fromBytes;
    const as = isLong ? { ...options, stripe: true } : options;
    return putStriping(this.#stripes, key, chunks, as, (value) => this.#put(key, value, options));
  }

  /**
   * The value as a stream that reads ahead by a few times `chunkBytes`, or, of a striped object, by as many chunks as `stripe.windowBytes` hold. It
   * fails with `not-found` if there is no such object and with `gone` if the object is replaced while it is read; whoever reads never gets parts of
   * two objects without that error.
   */
  getStream(key: ObjectKey, options?: StreamOptions): Readable {
    const chunks = (ofKey: ObjectKey, { size, stripe }: ObjectStat, call?: CallOptions): AsyncIterable<Buffer> => {
      if (stripe === undefined) throw goneError(String(ofKey));
      return streamStriped(this.#stripes, new StripedValue(ofKey, { size, ...stripe }), call);
    };
    const source = {
      chunks,
      get: (ofKey: ObjectKey, call?: CallOptions) => this.get(ofKey, call),
      getRange: (ofKey: ObjectKey, from: number, to: number, call?: CallOptions) => this.getRange(ofKey, from, to, call),
      stat: (ofKey: ObjectKey, call?: CallOptions) => this.stat(ofKey, call),
    };
    return readRanges(source, key, options);
  }

  /** How objects are read in place, without asking their shard; counted since the store was made. */
  get localReads(): LocalReadStatistics {
    return (
      this.#cluster.local?.statistics ?? noLocalReads('reading in place is off: there is no socketDir, or option local is off')
    );
  }

  /** Lets calls under way finish, then disconnects. Pending waits and later calls fail with `unavailable`. Idempotent. */
  async close(): Promise<void> {
    await this.#large.ended();
    await this.#cluster.close();
  }

  /** Disconnects at once; everything pending fails with `error` (default: `unavailable`). Idempotent. */
  destroy(error: SatchelError = new SatchelError('unavailable', 'the store was destroyed')): void {
    this.#cluster.destroy(error);
  }

  /** Closes, as {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Decodes a value; fetches it if it is striped. Without options the same function for every call. */
  #decoderFor(
    options: GetOptions | undefined,
  ): (reply: Reply) => Buffer | string | undefined | Promise<Buffer | string | undefined> {
    if (options === undefined) return this.#decode;
    const convert = options.as === 'text' ? textOf : (value: Buffer) => value;
    return (reply) => {
      const found = decodeMaybeStriped(reply);
      if (!(found instanceof StripedValue)) return found && convert(found);
      const fetching = fetchStriped(this.#stripes, found, ['SATCHEL.GET', found.key], options);
      return this.#large.track(fetching.then((value) => value && convert(value)));
    };
  }

  #putLarge(key: ObjectKey, value: string | Uint8Array, options: PutOptions | undefined): Promise<boolean> {
    const problem = keyProblem(key);
    if (problem !== undefined) return Promise.reject(problem);
    const bytes = typeof value === 'string' ? Buffer.from(value) : value;
    if (options?.stripe !== true && bytes.length <= this.#stripes.settings.fromBytes) return this.#put(key, bytes, options);
    return this.#large.track(putStriped(this.#stripes, key, bytes, options, (plain) => this.#put(key, plain, options)));
  }

  #put(key: ObjectKey, value: string | Uint8Array | ChunkedValue, options: PutOptions | undefined): Promise<boolean> {
    if (value.length > limits.valueBytes) {
      return Promise.reject(
        new SatchelError('too-large', `the value has ${value.length} bytes, the limit is ${limits.valueBytes}`),
      );
    }
    try {
      return this.#key(key, putCommand(key, value, options), decode.decodeStored, isRepeatablePut(options), options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #key<Result>(
    key: ObjectKey,
    command: readonly Argument[],
    decoder: (reply: Reply) => Result | Promise<Result>,
    repeatable: boolean,
    options?: CallOptions,
  ): Promise<Result> {
    const problem = keyProblem(key);
    return problem === undefined ? this.#send(key, command, decoder, repeatable, options) : Promise.reject(problem);
  }

  /** `key` is undefined for commands of the whole job. */
  #send<Result>(
    key: ObjectKey | undefined,
    command: readonly Argument[],
    decoder: (reply: Reply) => Result | Promise<Result>,
    repeatable: boolean,
    options?: CallOptions,
  ): Promise<Result> {
    const problem = commandProblem(command);
    if (problem !== undefined) return Promise.reject(problem);
    const call = new Call(this.#cluster, key, command, decoder, repeatable, options);
    this.#cluster.submit(call);
    return call.promise;
  }

  #job<Result>(
    command: readonly Argument[],
    decoder: (reply: Reply) => Result | Promise<Result>,
    repeatable: boolean,
    options?: CallOptions,
  ): Promise<Result> {
    return this.#send(undefined, command, decoder, repeatable, options);
  }

  /** The value as it lies in memory of this host; undefined: ask the shard. */
  #getInPlace(key: ObjectKey, options: GetOptions | undefined): Promise<Buffer | string> | undefined {
    const { local } = this.#cluster;
    const value = local?.get(key, options);
    if (local === undefined || value === undefined) return undefined;
    return local.settled(options?.as === 'text' ? value.toString() : value);
  }

  #wait<Result>(
    command: WaitCommand,
    decoder: (reply: Reply) => Result | Promise<Result>,
    options?: CallOptions,
  ): Promise<Result> {
    const problem = command.key === undefined ? commandProblem(command.subject) : keyProblem(command.key);
    if (problem !== undefined) return Promise.reject(problem);
    const wait = new WaitCall(this.#cluster, this.#cluster.newWaitId(), command, decoder, options);
    this.#cluster.submit(wait);
    if (command.key !== undefined) this.#cluster.local?.spinFor(command.key, wait);
    return wait.promise;
  }
}

/** Opens the store of the job that `url` (default: SATCHEL_URL) names. Connects on the first call. Throws `invalid-argument`. */
export function connect(url: string | undefined = process.env['SATCHEL_URL'], options: ConnectOptions = {}): Store {
  if (url === undefined) {
    throw new SatchelError('invalid-argument', 'no job URL: pass one to connect() or set SATCHEL_URL');
  }
  const parsed = parseJobUrl(url);
  return new Store(parsed, parsed, options);
}
