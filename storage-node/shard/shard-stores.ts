import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { SatchelError, slotCount, type Tier } from '@satchel/proto/core';
import type { Logger } from 'pino';
import type { JobConfiguration, ShardReservation } from '../job-configuration.js';
import { ArenaStore } from '../store/arena/arena-store.js';
import type { Published } from '../store/arena/segment-source.js';
import type { Key } from '../store/key.js';
import { JobEnvironment } from '../store/lmdb/job-environment.js';
import { type JobSsdBudget, SsdBudget } from '../store/lmdb/ssd-budget.js';
import { SsdStore } from '../store/lmdb/ssd-store.js';
import type { Trash } from '../store/lmdb/trash.js';
import type { ObjectClient } from '../store/object/object-client.js';
import { ObjectStore } from '../store/object/object-store.js';
import { openObjectClient } from '../store/object/object-uri.js';
import { PersistStore } from '../store/object/persist-store.js';
import { openTrash, resumeReclaims } from '../store/object/reclaim.js';
import type { StoredObject, TierStore } from '../store/tier-store.js';
import { TieredStore } from '../store/tiered/tiered-store.js';
import { ShardHeap } from './collections/shard-heap.js';
import type { JobStore, PersistedObjects } from './job-store.js';
import type { JobStores, TierShare, YieldingTier } from './job-stores.js';
import type { ShardOptions, TierStatistics } from './messages.js';
import { ownedSlots, ShardArena } from './shard-arena.js';
import { FenceFile } from './steering/fence-file.js';
import type { FenceStore } from './steering/fences.js';

/** Namespaces with jobs are looked through that often at most. */
const sweepEveryMs = 600_000;

interface OpenJob {
  readonly environment: JobEnvironment;
  readonly store: TieredStore;
  /** If the object tier is one of the job's. */
  readonly objects: ObjectStore | undefined;
  /** If dram is one of the job's. */
  readonly arena: ArenaStore | undefined;
  readonly ssd: JobSsdBudget;
}

/** The tiers of a shard: an arena for all jobs, a folder per job on SSD, the object store that the fleet shares. */
export class ShardStores implements JobStores {
  readonly leftJobs: ReadonlySet<string>;
  readonly heap: ShardHeap;
  spills = 0;
  private readonly jobsFolder: string;
  private readonly fencesFolder: string;
  private readonly trash: Trash;
  private readonly client: ObjectClient;
  private readonly arena: ShardArena;
  private readonly ssd: SsdBudget;
  /** When the persisted objects of a namespace were last looked through for expired ones. */
  private readonly sweptMs = new Map<string, number>();
  private readonly jobs = new Map<string, OpenJob>();

  private constructor(options: ShardOptions, client: ObjectClient, log: Logger) {
    this.client = client;
    this.jobsFolder = join(options.dir, 'jobs');
    this.fencesFolder = join(options.dir, 'fences');
    for (const folder of [this.jobsFolder, this.fencesFolder]) mkdirSync(folder, { recursive: true });
    this.leftJobs = new Set(readdirSync(this.jobsFolder));
    this.arena = new ShardArena(options, log);
    this.heap = new ShardHeap(this.arena.pool);
    this.ssd = new SsdBudget({ budgetBytes: options.ssdBytes });
    this.trash = openTrash({
      folder: join(options.dir, 'trash'),
      client,
      onError: (error) => log.warn({ err: error }, 'a discarded folder could not be removed yet; it is tried again'),
    });
  }

  /** Opens the tiers in the shard's folder, which is made if need be. */
  static async open(options: ShardOptions, log: Logger): Promise<ShardStores> {
    return new ShardStores(options, await openObjectClient(options.object), log);
  }

  /** Goes on with what earlier processes left to be removed, here and in the object store. */
  resume(): void {
    void resumeReclaims(this.trash);
  }

  open(configuration: JobConfiguration, onEvicted: (key: Key, object: StoredObject) => void): JobStore {
    const folder = join(this.jobsFolder, configuration.job);
    try {
      mkdirSync(folder, { recursive: true });
    } catch (error) {
      throw new SatchelError('unavailable', `the folder of the job cannot be made: ${String(error)}`, { cause: error });
    }
    const environment = new JobEnvironment({ folder, trash: this.trash });
    this.jobs.get(configuration.job)?.ssd.setReservedBytes(0);
    const ssd = this.ssd.open();
    const stores = configuration.tiers.map((tier) => this.tier(tier, environment, configuration, ssd));
    const objects = stores.find((one) => one instanceof ObjectStore);
    const arena = stores.find((one) => one instanceof ArenaStore);
    const { pool } = this.arena;
    const store = new TieredStore({
      tiers: stores,
      evict: configuration.evict,
      onEvicted,
      onSpilled: () => this.spills++,
      yields: () => pool.missingBytes > 0 && arena !== undefined && arena.reservation.excessBytes > 0,
    });
    this.jobs.set(configuration.job, { environment, store, objects, arena, ssd });
    return store;
  }

  share({ job }: JobConfiguration): Published {
    return this.jobs.get(job)?.arena?.share() ?? { reason: 'the shard holds nothing of the job in DRAM' };
  }

  setOwnedSlots(configuration: JobConfiguration, shard: number): void {
    const job = this.jobs.get(configuration.job);
    const reserved = configuration.reserved?.find((one) => one.shard === shard);
    job?.arena?.setOwnedSlots(ownedSlots(configuration, shard, slotCount));
    job?.arena?.setReservedBytes(reserved?.dramBytes ?? 0);
    job?.ssd.setReservedBytes(reserved?.ssdBytes ?? 0);
  }

  /** What all active jobs together have reserved of the shard: others leave it free. */
  setReserved({ dramBytes, ssdBytes }: Omit<ShardReservation, 'shard'>): void {
    this.arena.pool.reservations.setTotal(dramBytes);
    this.ssd.reservations.setTotal(ssdBytes);
  }

  /** Bytes of a tier that jobs have reserved and others hold. */
  missingBytes(tier: YieldingTier): number {
    return tier === 'dram' ? this.arena.pool.missingBytes : this.ssd.missingBytes;
  }

  /** What an open job has reserved of a tier, and what it holds beyond; undefined: it is not open, or has no DRAM. */
  shareOf(tier: YieldingTier, job: string): TierShare | undefined {
    const open = this.jobs.get(job);
    return tier === 'dram' ? open?.arena?.reservation : open?.ssd.share;
  }

  fences(job: string): FenceStore {
    return new FenceFile(join(this.fencesFolder, `${job}.json`));
  }

  persisted(namespace: string): PersistedObjects {
    const persisted = new PersistStore({ client: this.client, namespace });
    if (Date.now() - (this.sweptMs.get(namespace) ?? 0) > sweepEveryMs) {
      this.sweptMs.set(namespace, Date.now());
      // What it does not get to the next one does.
      void persisted.sweep(Date.now()).catch(() => {});
    }
    return persisted;
  }

  async discard(job: string): Promise<void> {
    this.jobs.get(job)?.ssd.setReservedBytes(0);
    this.jobs.delete(job);
    new FenceFile(join(this.fencesFolder, `${job}.json`)).remove();
    await this.trash.discard(join(this.jobsFolder, job));
  }

  objectRequests(job: string): number {
    const requests = this.jobs.get(job)?.objects?.requests;
    return requests === undefined ? 0 : requests.puts + requests.gets + requests.lists;
  }

  statistics(tier: Tier): TierStatistics {
    let usedBytes = 0;
    let reservedBytes = 0;
    for (const { store } of this.jobs.values()) {
      const usage = store.usageOf(tier);
      usedBytes += usage.usedBytes;
      reservedBytes += usage.reservedBytes;
    }
    if (tier === 'dram') return { usedBytes, ...this.arena.pool.usage };
    return { usedBytes, reservedBytes, budgetBytes: tier === 'ssd' ? this.ssd.budgetBytes : 0 };
  }

  async close(): Promise<void> {
    for (const { environment } of this.jobs.values()) {
      environment.flushIfPossible();
      environment.abandon();
    }
    this.arena.close();
    this.client.close();
  }

  private tier(tier: Tier, environment: JobEnvironment, configuration: JobConfiguration, budget: JobSsdBudget): TierStore {
    const { namespace, job } = configuration;
    switch (tier) {
      case 'dram':
        return this.arena.open(configuration);
      case 'ssd':
        return new SsdStore({ environment, budget });
      case 'object':
        return new ObjectStore({ environment, client: this.client, namespace, job });
    }
  }
}
