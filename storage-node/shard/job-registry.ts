import { type Clock, type JobClaims, limits, noUsage, SatchelError, withoutHeld } from '@satchel/proto/core';
import type { Logger } from 'pino';
import type { JobRecord } from '../host/job-table.js';
import type { JobConfiguration, ShardAddress } from '../job-configuration.js';
import { configurationOfClaims } from './configuration-of-claims.js';
import { JobGrant } from './grants.js';
import { ShardJob } from './job.js';
import type { JobStores } from './job-stores.js';
import { JobUsage } from './job-usage.js';
import { LoadedJob } from './loaded-job.js';
import type { JobStatistics, ShardMembership, ShardMessage } from './messages.js';
import type { Admission, ShardEnvironment } from './shard-environment.js';
import { StageEnds } from './stage-ends.js';
import { noShardCalls, type ShardCalls } from './striping/shard-calls.js';
import { TokenCache } from './token-cache.js';
import type { UsagePages } from './usage-pages.js';

export interface JobRegistryOptions {
  readonly node: string;
  /** The node's jobs on disk. */
  readonly table: { get(job: string): JobRecord | undefined };
  readonly stores: JobStores;
  /** Where counters of jobs outlive the process, if there is such a place. */
  readonly pages?: UsagePages | undefined;
  /** Since when the shard was not running before this start; 0: nobody knows. */
  readonly downSinceMs?: number;
  /** Sends to the host. */
  readonly send: (message: ShardMessage) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A job that was opened but holds nothing is let go of after so long without a command. */
const idleMs = 60_000;
/** How long the report of a purge waits for the object store, which goes on deleting in the background. */
const purgeWaitMs = 5000;

/** The jobs of one shard: admits their tokens, loads them when they are first used, follows their configuration, ends them. */
export class JobRegistry implements ShardEnvironment {
  readonly node: string;
  readonly log: Logger;
  linkToken = '';
  /** Told when a job changes for the first time since its last flush; set by the server. */
  jobChanged: (job: ShardJob) => void = (job) => job.flush();
  /** How jobs reach their other shards; set by the server. */
  calls: ShardCalls = noShardCalls;
  private readonly options: JobRegistryOptions;
  private readonly tokens = new TokenCache(limits.shardTokens);
  private readonly loaded = new Map<string, LoadedJob>();
  private readonly ending = new Set<string>();
  private readonly waits = { count: 0 };
  private readonly left: Set<string>;
  private readonly stageEnds: StageEnds;
  private readonly unloaded = new FinalizationRegistry<LoadedJob>((entry) => this.collected(entry));
  private readonly finals: JobStatistics[] = [];
  private directory = new Map<number, ShardAddress>();
  private membership: ShardMembership | undefined;
  private controllerReachable = false;

  constructor(options: JobRegistryOptions) {
    this.options = options;
    this.node = options.node;
    this.log = options.log;
    this.left = new Set(options.stores.leftJobs);
    const { clock, send } = options;
    this.stageEnds = new StageEnds({ clock, send, complain: (job, error) => this.complain(job, error) });
  }

  /** Fleet-wide number of this shard; -1 before the node has joined, when no job can be opened. */
  get shard(): number {
    return this.membership?.shard ?? -1;
  }

  /** Jobs kept in memory. */
  get jobsLoaded(): number {
    return this.loaded.size;
  }

  /** Jobs that have a store. */
  *storingJobs(): Iterable<ShardJob> {
    for (const entry of this.loaded.values()) {
      const job = entry.stored ? entry.peek() : undefined;
      if (job) yield job;
    }
  }

  // ---- what the server asks ----

  async admit(job: string | undefined, token: string): Promise<Admission> {
    const claims = await this.tokens.verify(token, this.options.clock.now());
    if (job !== undefined && claims.job !== job) {
      throw new SatchelError('wrong-token', `the token is not one of job '${job}'`);
    }
    return { job: this.open(claims.job, claims), namespace: claims.namespace, verbs: claims.verbs };
  }

  jobOf(job: string): ShardJob | undefined {
    return this.openOf(job) ?? this.fromTable(job);
  }

  verifyLink(token: string): Promise<void> {
    return this.tokens.verifyLink(token);
  }

  addressOf(shard: number): ShardAddress | undefined {
    return this.directory.get(shard);
  }

  information(): Record<string, Record<string, string | number>> {
    const { stores } = this.options;
    const [dram, ssd, object] = (['dram', 'ssd', 'object'] as const).map((tier) => stores.statistics(tier));
    return {
      Memory: {
        used_memory: dram?.usedBytes ?? 0,
        used_memory_rss: process.memoryUsage.rss(),
        maxmemory: dram?.budgetBytes ?? 0,
        dram_reserved: dram?.reservedBytes ?? 0,
      },
      Tiers: {
        ssd_used: ssd?.usedBytes ?? 0,
        ssd_budget: ssd?.budgetBytes ?? 0,
        object_used: object?.usedBytes ?? 0,
        spills: stores.spills,
      },
      Satchel: { node: this.node, shard: this.shard, jobs_loaded: this.jobsLoaded },
    };
  }

  // ---- what the host says ----

  /** The shard's place in the fleet. Throws if its number changes while jobs are open: their objects belong to the old one. */
  setMembership(membership: ShardMembership): void {
    const before = this.membership;
    if (before && before.shard !== membership.shard && this.loaded.size > 0) {
      throw new SatchelError('unavailable', `this shard was number ${before.shard} and has become number ${membership.shard}`);
    }
    this.membership = membership;
    this.linkToken = membership.linkToken;
    this.tokens.setKey(membership.publicKeyJwk);
  }

  setDirectory(shards: readonly ShardAddress[]): void {
    this.directory = new Map(shards.map((address) => [address.shard, address]));
  }

  setControllerReachable(reachable: boolean): void {
    const back = reachable && !this.controllerReachable;
    this.controllerReachable = reachable;
    if (!back) return;
    for (const entry of this.loaded.values()) {
      entry.grant.askAgain();
      entry.peek()?.steering.reportAgain();
    }
  }

  /** Entries of the job table changed; jobs that are not open are read when they are. */
  jobsChanged(jobs: readonly string[]): void {
    for (const id of jobs) {
      const entry = this.loaded.get(id);
      const record = this.options.table.get(id);
      if (record?.state !== 'active') continue;
      if (!entry) {
        // Who is said to hold objects of slots that are others' says what is left of them.
        if (record.configuration.previous?.some(({ shard }) => shard === this.shard) || this.left.has(id)) this.tryToOpen(id);
        this.stageEnds.follow(record.configuration, this.loaded.get(id)?.peek());
        continue;
      }
      entry.peek()?.steering.follow(record.configuration);
      this.stageEnds.follow(record.configuration, entry.peek());
      const held = this.heldGrant(record);
      entry.grant.changed(record.configuration.quotaBytes, held.bytes, held.version);
    }
  }

  /** Jobs ended: everything they hold is freed, and the host is told of each, also of those never heard of. */
  jobsEnded(jobs: readonly string[]): void {
    for (const job of jobs) {
      if (this.ending.has(job)) continue;
      this.ending.add(job);
      const entry = this.loaded.get(job);
      const usage = entry ? withoutHeld(entry.counters(this.options.clock)) : noUsage;
      void this.end(job, entry).then(() => {
        this.ending.delete(job);
        this.options.pages?.release(job);
        this.stageEnds.forget(job);
        this.options.send({ kind: 'job-purged', job, usage });
      });
    }
  }

  /** The controller wants unused grant back. */
  reclaim(job: string): void {
    const { send } = this.options;
    let open = this.loaded.get(job);
    if (!open && this.left.has(job)) {
      this.tryToOpen(job);
      open = this.loaded.get(job);
    }
    if (open) {
      open.grant.reclaim();
      return;
    }
    const record = this.options.table.get(job);
    const held = record?.state === 'active' ? this.heldGrant(record) : { bytes: 0, version: 0 };
    // A left job that cannot be opened keeps what its objects may need.
    send({ kind: 'grant-return', job, bytes: this.left.has(job) ? held.bytes : 0, version: held.version });
  }

  // ---- upkeep ----

  /** Opens, one per turn, the jobs that had data when the shard started, so that their bytes count; those that ended are discarded. */
  async openLeftJobs(): Promise<void> {
    for (const job of this.options.stores.leftJobs) {
      await new Promise((resolve) => setImmediate(resolve));
      this.tryToOpen(job);
    }
  }

  /** Counters of the jobs that changed since the last call. Lets go of idle jobs. */
  statistics(): JobStatistics[] {
    const nowMs = this.options.clock.now();
    const changed = this.finals.splice(0);
    for (const entry of this.loaded.values()) {
      const statistics = entry.changes(this.options.clock);
      if (statistics) changed.push(statistics);
      entry.releaseIfIdle(idleMs, nowMs, () => this.options.table.get(entry.id) !== undefined);
    }
    return changed;
  }

  private open(job: string, claims: JobClaims): ShardJob {
    const open = this.openOf(job) ?? this.fromTable(job);
    if (open) return open;
    if (claims.slots.length === 0) {
      throw new SatchelError('unavailable', `slots of job ${job} have moved, which this shard has yet to hear of; try again`);
    }
    const loaded = this.load(configurationOfClaims(claims), { bytes: 0, version: 0 });
    this.options.send({ kind: 'job-admitted', job });
    return loaded;
  }

  private openOf(job: string): ShardJob | undefined {
    return this.loaded.get(job)?.take(this.options.clock.now());
  }

  private fromTable(job: string): ShardJob | undefined {
    const record = this.options.table.get(job);
    if (record?.state === 'ended' || this.ending.has(job)) throw new SatchelError('no-job', `job ${job} has ended`);
    return record && this.load(record.configuration, this.heldGrant(record));
  }

  private tryToOpen(job: string): void {
    try {
      this.jobOf(job);
    } catch (error) {
      const { code } = SatchelError.from(error);
      // The host repeats ends that were not confirmed; a job that ended and was purged must not be left either.
      if (code === 'no-job') void this.options.stores.discard(job).catch((cause: unknown) => this.complain(job, cause));
      else this.complain(job, error);
    }
  }

  private load(configuration: JobConfiguration, held: { bytes: number; version: number }): ShardJob {
    const { stores, send, clock } = this.options;
    const id = configuration.job;
    if (!this.membership) throw new SatchelError('unavailable', 'this storage node has not joined a fleet yet');
    const channel = {
      request: (bytes: number) => send({ kind: 'grant-request', job: id, bytes }),
      giveBack: (bytes: number, version: number) => send({ kind: 'grant-return', job: id, bytes, version }),
    };
    const grant = new JobGrant(configuration.quotaBytes, held, channel, clock);
    const before = this.loaded.get(id);
    if (before) this.collected(before);
    const usage = this.options.pages?.take(id) ?? new JobUsage();
    usage.keptSinceMs = this.options.downSinceMs ?? 0;
    let entry: LoadedJob | undefined;
    let stored = false;
    const job: ShardJob = new ShardJob({
      node: this.node,
      configuration,
      shard: this.membership.shard,
      openStore: (onEvicted) => {
        // The configuration may have changed since the job was loaded.
        const current = entry?.peek()?.configuration ?? configuration;
        const store = stores.open(current, onEvicted);
        stores.setOwnedSlots?.(current, this.shard);
        stored = true;
        if (entry) entry.stored = true;
        return store;
      },
      persisted: stores.persisted(configuration.namespace),
      grant,
      lost: this.left.has(id),
      clock,
      usage,
      shardWaits: this.waits,
      ...(stores.heap && { heap: stores.heap }),
      calls: () => this.calls,
      onDirty: (changed) => this.jobChanged(changed),
      steering: {
        ...(stores.fences && { fences: stores.fences(id) }),
        routed: (routed) => stores.setOwnedSlots?.(routed, this.shard),
        emptied: (epoch, spans) => send({ kind: 'slots-emptied', job: id, epoch, spans }),
      },
    });
    entry = new LoadedJob(job, grant, () => stores.objectRequests(id), clock.now());
    entry.stored = stored;
    this.loaded.set(id, entry);
    this.unloaded.register(job, entry, entry);
    this.stageEnds.follow(configuration, job);
    return job;
  }

  private heldGrant(record: JobRecord): { bytes: number; version: number } {
    const own = record.state === 'active' ? record.grants.find(({ shard }) => shard === this.shard) : undefined;
    return own ?? { bytes: 0, version: 0 };
  }

  private async end(job: string, entry: LoadedJob | undefined): Promise<void> {
    const { stores, clock } = this.options;
    const open = entry?.peek();
    if (entry) {
      entry.grant.close();
      entry.release();
      this.unloaded.unregister(entry);
    }
    this.loaded.delete(job);
    const freed = (open?.end() ?? Promise.resolve()).finally(() => stores.discard(job));
    this.left.delete(job);
    let cancel = () => {};
    const late = new Promise<void>((resolve) => {
      cancel = clock.after(purgeWaitMs, resolve);
    });
    await Promise.race([freed.catch((error: unknown) => this.complain(job, error)), late]);
    cancel();
  }

  /** Nobody refers to a job any more that was let go of. */
  private collected(entry: LoadedJob): void {
    if (this.loaded.get(entry.id) !== entry) return;
    this.loaded.delete(entry.id);
    this.finals.push({ job: entry.id, usage: entry.counters(this.options.clock), final: true });
    this.options.pages?.release(entry.id);
  }

  private complain(job: string, error: unknown): void {
    this.log.error({ err: error, job }, 'what a job holds could not be opened or freed');
  }
}
