import { type Clock, limits, type Tier } from '@satchel/proto/core';
import type { JobConfiguration } from '../job-configuration.js';
import type { Published } from '../store/arena/segment-source.js';
import { Key } from '../store/key.js';
import { type ObjectMetadata, plainMetadata, type StoredObject } from '../store/tier-store.js';
import { ByteGate } from './byte-gate.js';
import { Channels } from './channels.js';
import { BlockedPops } from './collections/blocked-pops.js';
import { Collection, wrongType } from './collections/collection.js';
import { Collections } from './collections/collections.js';
import { endlessHeap } from './collections/heap-space.js';
import { deleteUnder } from './delete-under.js';
import { putEvicting } from './evicting-put.js';
import { failKey } from './fail-key.js';
import { Failures } from './failures.js';
import type { Grant } from './grant.js';
import { endedError, tooLargeError } from './job-errors.js';
import { JobObjects } from './job-objects.js';
import type { JobOptions } from './job-options.js';
import { JobSpace } from './job-space.js';
import type { PersistedObjects } from './job-store.js';
import type { JobUploads } from './job-uploads.js';
import { JobUsage } from './job-usage.js';
import { KeyGate } from './key-gate.js';
import { LostKeys, lostKeyError, lostListingError } from './lost-keys.js';
import type { PrefixCounters } from './prefix-counters.js';
import { JobSteering } from './steering/job-steering.js';
import { JobStriping } from './striping/job-striping.js';
import { noShardCalls } from './striping/shard-calls.js';
import { decodeManifest, wholeStriped } from './striping/striped-value.js';
import { Waits } from './waits.js';
import { Watches } from './watches.js';

/**
 * One job on one shard: its objects and all that is promised about them: expiry, quota, loss, failures, waits. Calls on a key
 * come in turn through `gate` (see commands/in-turn.ts); what returns no promise happened at once.
 */
export class ShardJob {
  /** Replaced by `steering.follow`: as the controller says, or a new owner of slots that was told before this shard was. */
  configuration: JobConfiguration;
  readonly shard: number;
  readonly clock: Clock;
  readonly persisted: PersistedObjects;
  readonly usage: JobUsage;
  readonly gate = new KeyGate();
  readonly waits: Waits;
  /** Reads from slow tiers for those who wait. */
  readonly waitReads = new ByteGate(limits.awaitedReadBytes);
  /** Its lists and sets. */
  readonly collections: Collections;
  /** Who waits for an element of a list. */
  readonly pops = new BlockedPops(this);
  /** Who subscribes to what. */
  readonly channels = new Channels();
  /** Its striped objects and their chunks. */
  readonly striping: JobStriping;
  /** Its slots that move, to and from this shard. */
  readonly steering: JobSteering;
  /** The last token it was used with, to introduce it to other shards. */
  token = '';
  /** What connections asked to be told about. */
  readonly watches = new Watches();
  /** For the command that runs now: its key, valid until the next command. */
  readonly scratchKey = new Key();
  /** Whether something changed since the last `flush`. */
  dirty = false;
  readonly #options: JobOptions;
  /** What it takes of its grant. */
  readonly space: JobSpace;
  /** Its objects with their accounts. */
  readonly objects: JobObjects;
  /** Its failed keys. */
  readonly failures = new Failures();
  /** What it knows of keys that it does not hold, if any may be lost or are another shard's; see {@link JobSteering}. */
  losses: LostKeys | undefined;
  #ended = false;
  #plain = plainMetadata(0);

  constructor(options: JobOptions) {
    this.#options = options;
    this.usage = options.usage ?? new JobUsage();
    this.configuration = options.configuration;
    this.shard = options.shard;
    this.clock = options.clock;
    this.persisted = options.persisted;
    this.waits = new Waits(options.clock, options.shardWaits);
    this.striping = new JobStriping(this, options.calls ?? (() => noShardCalls));
    this.space = new JobSpace(options.grant);
    this.objects = new JobObjects({
      openStore: options.openStore,
      space: this.space,
      usage: this.usage,
      gate: this.gate,
      clock: options.clock,
      evicts: options.configuration.evict === 'lru',
      stripes: this.striping,
      listener: {
        removed: (key) => {
          this.losses?.markGone(key);
          if (this.steering.steered) this.steering.removed(key);
        },
        stored: (key) => this.#forgetFailure(key),
        hides: (key) => this.steering.hides(key),
        isAwaited: (key) => this.waits.size > 0 && this.waits.has(key),
        deliver: (key, value, metadata, nowMs) => this.#deliver(key, value, metadata, nowMs),
        changed: () => this.#markDirty(),
      },
    });
    this.collections = new Collections({
      objects: this.objects,
      space: this.space,
      usage: this.usage,
      heap: options.heap ?? endlessHeap,
      lookup: (key, nowMs) => this.lookupAny(key, nowMs),
      created: (key) => this.#collectionMade(key),
      gone: (key) => this.losses?.markGone(key),
      changed: () => this.#markDirty(),
    });
    this.steering = new JobSteering(this, options.calls ?? (() => noShardCalls), options.steering);
    if (options.lost) {
      this.losses = new LostKeys();
      this.objects.recover();
    }
    this.steering.follow(options.configuration);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Name of the node that the shard is one of. */
  get node(): string {
    return this.#options.node;
  }

  /** Whether objects were found that an earlier process of the shard stored. */
  get recovered(): boolean {
    return this.#options.lost;
  }

  /** Whether keys that are not found may have been lost. */
  get lost(): boolean {
    return this.losses?.any ?? false;
  }

  /** Objects on this shard, expired ones that are not swept yet included. */
  get objectCount(): number {
    return this.objects.count - this.striping.parts.chunks - this.steering.hiddenObjects;
  }

  /** The job's share of its quota on this shard. */
  get grant(): Grant {
    return this.space.grant;
  }

  /** Where processes of this host find the objects that are in dram, or why they cannot. */
  share(): Published {
    return this.objects.share() ?? { reason: 'the job has nothing in dram here yet' };
  }

  /** Counts by prefix, for as long as somebody watches them. */
  get counters(): PrefixCounters {
    return this.objects.counters;
  }

  /**
   * The live string of a key, or undefined if it is missing, for whoever needs to know what is there: throws `failed`, `lost` or, for
   * a list or set, `wrong-type`. Valid until the next call on this job.
   */
  lookup(key: Key, nowMs: number): StoredObject | undefined {
    const object = this.lookupAny(key, nowMs);
    if (this.collections.size > 0 && object instanceof Collection) throw wrongType();
    return object;
  }

  /** As `lookup`, of any type. */
  lookupAny(key: Key, nowMs: number): StoredObject | undefined {
    const object = this.objects.find(key, nowMs);
    if (object !== undefined) return object;
    const failure = this.failures.size > 0 ? this.failures.errorOf(key) : undefined;
    if (failure !== undefined) throw failure;
    if (this.losses?.has(key)) throw lostKeyError(key, this.shard, this.#options.node);
    return undefined;
  }

  /** As `lookup`, for a write that only asks whether the key is there: a failure is no obstacle. Throws `lost`. */
  lookupToWrite(key: Key, nowMs: number): StoredObject | undefined {
    const object = this.objects.find(key, nowMs);
    if (object === undefined && this.losses?.has(key)) throw lostKeyError(key, this.shard, this.#options.node);
    return object;
  }

  /** The live object of a key, for whoever replaces or removes it whatever it is. */
  find(key: Key, nowMs: number): StoredObject | undefined {
    return this.objects.find(key, nowMs);
  }

  /** Metadata of a plain SET; one record is used again and again, so it is only for the `put` that comes next. */
  plainMetadata(nowMs: number): ObjectMetadata {
    this.#plain.createdMs = nowMs;
    return this.#plain;
  }

  /**
   * Stores an object in place of what was there, in `tier` or the job's first tier with room, and hands it to those who wait for
   * it. The value is borrowed until the call returns, also if it returns a promise; metadata is handed over. Throws or rejects
   * with `too-large`, `quota-exceeded` or `out-of-memory`; then nothing has changed.
   */
  put(
    key: Key,
    value: Buffer,
    start: number,
    end: number,
    metadata: ObjectMetadata,
    nowMs: number,
    tier?: Tier,
  ): void | Promise<void> {
    if (end - start > limits.valueBytes) throw tooLargeError(end - start);
    const putting =
      this.configuration.evict === 'lru'
        ? putEvicting(this.objects, this.grant, key, value, start, end, metadata, nowMs, tier)
        : this.objects.put(key, value, start, end, metadata, nowMs, tier);
    if (putting !== undefined && metadata === this.#plain) this.#plain = plainMetadata(0);
    return putting;
  }

  /** Values that arrive piece by piece. */
  get uploads(): JobUploads {
    return this.objects.uploads;
  }

  /** Removes a key, its failure and its loss. True if a live object was there. */
  delete(key: Key, nowMs: number): boolean {
    const object = this.objects.find(key, nowMs);
    if (object !== undefined) this.objects.drop(key, object, nowMs);
    else this.losses?.markGone(key);
    this.#forgetFailure(key);
    return this.steering.takeDropped(key) || object !== undefined;
  }

  /** Removes a key that another shard has taken over, chunks of a striped object aside. True if an object or a failure was there. */
  yield(key: Key, nowMs: number): boolean {
    const object = this.objects.find(key, nowMs);
    const failed = this.failures.chargeOf(key) > 0;
    if (object !== undefined) this.objects.drop(key, object, nowMs, true);
    else this.losses?.markGone(key);
    this.#forgetFailure(key);
    return object !== undefined || failed;
  }

  /** Changes when an object that was found expires (0: never); a time that is past removes it. */
  expire(key: Key, object: StoredObject, expiresAtMs: number, nowMs: number): void {
    this.objects.expire(key, object, expiresAtMs, nowMs);
  }

  /** Counts a whole read of an object that had `readsLeft` reads left (0: any number); the last one removes it. */
  countRead(key: Key, readsLeft: number, nowMs: number): void {
    this.objects.countReads(key, readsLeft, 1, nowMs);
  }

  /**
   * Gives readers and waiters of the key the reason as error until it is written or deleted; an object that was there goes.
   * Throws or rejects with `quota-exceeded` or `out-of-memory` (too many failed keys).
   */
  fail(key: Key, reason: string, nowMs: number): void | Promise<void> {
    this.objects.seals.check(key);
    return failKey(this, key, reason, nowMs);
  }

  /** Throws `lost` unless the objects under the prefix (one latin1 character per byte) can be counted and listed. */
  assertListable(prefix: string): void {
    if (this.#ended) throw endedError(this.configuration.job);
    if (!this.losses?.hasUnder(prefix)) return;
    throw lostListingError(this.losses.slotsOf(this.configuration, this.shard), this.shard, this.#options.node);
  }

  /** Visits live objects in order of key hash, as {@link JobStore.scan}. The visitor changes nothing. */
  scan(position: number, count: number, visit: (key: Key, object: StoredObject) => void): number {
    return this.objects.scan(position, count, visit);
  }

  /** Removes the objects under a prefix (one latin1 character per byte), in slices; returns how many there were. */
  async deletePrefix(prefix: string): Promise<number> {
    const deleted = await deleteUnder(this, prefix);
    this.space.release(this.failures.deletePrefix(prefix));
    this.losses?.markPrefixGone(prefix);
    return deleted;
  }

  /** Removes every object, failure and loss, once no command is under way on any key. */
  clear(): void | Promise<void> {
    if (this.gate.size === 0) return this.#clearNow();
    return this.gate.closeAll().then(() => {
      try {
        this.#clearNow();
      } finally {
        this.gate.openAll();
      }
    });
  }

  /** Makes changes survive a crash of the process where the tier can; see TierStore.flush. */
  flush(): void {
    this.dirty = false;
    this.objects.flush();
  }

  /** Ends the job: waits fail with `no-job`, timers stop and everything it holds is freed. Idempotent. */
  async end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.waits.end(endedError(this.configuration.job));
    this.channels.end();
    this.striping.end();
    this.steering.end();
    await this.objects.end();
  }

  #clearNow(): void {
    this.objects.clear();
    this.striping.parts.clear();
    this.space.release(this.failures.deletePrefix(''));
    this.losses = this.configuration.previous?.length ? LostKeys.afterAll() : undefined;
  }

  #deliver(key: Key, value: Buffer, { readsLeft, manifest }: ObjectMetadata, nowMs: number): void {
    const outcome = manifest ? wholeStriped(key.copy().buffer, decodeManifest(value)) : value;
    const served = this.waits.deliver(key, outcome, readsLeft === 0 ? Number.POSITIVE_INFINITY : readsLeft);
    if (!manifest) this.usage.bytesOut += served * value.length;
    this.objects.countReads(key, readsLeft, served, nowMs);
  }

  #collectionMade(key: Key): void {
    this.#forgetFailure(key);
    if (this.waits.size > 0) this.waits.fail(key, wrongType());
  }

  #forgetFailure(key: Key): void {
    const charge = this.failures.size === 0 ? 0 : this.failures.delete(key);
    if (charge === 0) return;
    this.space.release(charge);
    if (this.steering.steered) this.steering.failureGone(key);
  }

  #markDirty(): void {
    if (this.dirty) return;
    this.dirty = true;
    this.#options.onDirty?.(this);
  }
}
