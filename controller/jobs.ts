import {
  type Hints,
  limits,
  newJobId,
  parseHints,
  SatchelError,
  shardsOf,
  tokenLifetimeMs,
  type Verb,
} from '@satchel/proto/core';
import type { JobConfiguration } from '@satchel/proto/gen';
import { type JobPlan, planJob, replanJob } from './allocation.js';
import { ReservedCapacity } from './capacity.js';
import { commitInBackground, type Environment } from './environment.js';
import { GrantDesk, openBook } from './grant-desk.js';
import { jobConfiguration } from './job-configuration.js';
import { JobTable, nodesOf, shardsOn } from './job-table.js';
import { LeaseTable } from './leases.js';
import { type EndReason, finishedMs, type JobRecord, type UsageTotals } from './model.js';
import { nextStep } from './node-step.js';
import { drainReason, type Fleet, type NodeView } from './nodes.js';
import { SlotMapWatchers } from './slot-map-watchers.js';
import type { Change } from './state/state-store.js';
import type { TokenIssuer } from './tokens.js';
import { UsageDesk } from './usage-desk.js';
import { Waiters } from './waiters.js';

/** How long a registration waits for its nodes; later ones serve the job by its token. */
const configuredMs = 250;
/** How long ending a job waits for its nodes, so that the reply has the final usage. */
const purgedMs = 2000;
const pruneMs = 60_000;

/** A registration, checked. */
export interface NewJob {
  readonly name: string;
  readonly namespace: string;
  readonly hints: Hints;
  readonly leaseMs: number;
  readonly verbs: readonly Verb[];
}

/** What is counted. */
export interface JobCounters {
  registered(): void;
  lapsed(): void;
}

/** The life of jobs: each change is durable before anybody hears of it, and nodes hear of it until they have acknowledged it. */
export class Jobs {
  readonly table = new JobTable();
  readonly reserved = new ReservedCapacity();
  readonly watchers = new SlotMapWatchers();
  readonly leases: LeaseTable;
  readonly grants: GrantDesk;
  readonly usage: UsageDesk;
  readonly #environment: Environment;
  readonly #fleet: Fleet;
  readonly #tokens: TokenIssuer;
  readonly #counters: JobCounters;
  /** Those who wait for a job to be purged. */
  readonly #purgeWaiters: Waiters<void>;
  #cancelPrune: () => void;

  /** Takes up the jobs in the store; each lease begins anew. */
  constructor(environment: Environment, fleet: Fleet, tokens: TokenIssuer, counters: JobCounters) {
    this.#environment = environment;
    this.#fleet = fleet;
    this.#tokens = tokens;
    this.#counters = counters;
    this.#purgeWaiters = new Waiters(environment.clock);
    this.leases = new LeaseTable(environment.clock, (job) => this.#lapsed(job));
    this.usage = new UsageDesk(environment);
    this.grants = new GrantDesk(environment, fleet, (job, shards) => this.#sendGrants(job, shards));
    for (const record of environment.store.all('jobs').sort((a, b) => finishedMs(a) - finishedMs(b))) {
      this.table.set(record);
      if (record.state.kind !== 'active') continue;
      this.reserved.add(record.allocation.shares);
      this.leases.grant(record.job, record.leaseMs);
    }
    this.#cancelPrune = environment.clock.after(pruneMs, this.#prune);
  }

  /** What these hints would get. */
  plan(hints: Hints): JobPlan {
    return planJob(hints, this.#fleet.rooms(this.reserved));
  }

  /** Starts a job. Resolves when its nodes know it, or after a short bound. Throws `unavailable` without nodes. */
  async register(request: NewJob): Promise<{ record: JobRecord; token: string }> {
    if (this.table.activeCount >= limits.activeJobs) {
      throw new SatchelError('unavailable', `${limits.activeJobs} jobs are active, which is the limit; end some first`);
    }
    const plan = this.plan(request.hints);
    const createdMs = this.#environment.clock.now();
    const state = { kind: 'active' } as const;
    const record: JobRecord = { ...request, ...plan, job: newJobId(request.name), createdMs, epoch: 1, state };
    const token = await this.#begin(record);
    this.leases.grant(record.job, record.leaseMs);
    this.#counters.registered();
    return { record, token };
  }

  /** Extends the lease by one period from now. Not written down: after a restart every lease begins anew. */
  async renew(job: string): Promise<{ record: JobRecord; expiresMs: number; token: string }> {
    const record = this.table.active(job);
    const expiresMs = this.leases.grant(job, record.leaseMs);
    return { record, expiresMs, token: await this.#tokens.forJob(record, this.#environment.clock.now()) };
  }

  /** Ends a job, or waits for one that is ending. Returns its usage, final if its nodes answered in time. */
  async end(job: string): Promise<UsageTotals> {
    const record = this.table.known(job);
    if (record.state.kind === 'active') await this.#startEnding(record, 'ended');
    if (this.#awaited(job)) await this.#purgeWaiters.wait(job, purgedMs, undefined);
    return this.usage.total(job);
  }

  /** Changes hints. Slots stay where they are; quota, reservation and tiers follow the new hints. */
  async scale(job: string, hints: Hints): Promise<JobRecord> {
    const before = this.table.active(job);
    const merged = parseHints({ ...before.hints, ...hints });
    this.reserved.remove(before.allocation.shares);
    const plan = replanJob(merged, before.ranges, this.#fleet.roomsOf(shardsOf(before.ranges), this.reserved));
    const record: JobRecord = { ...before, ...plan, hints: merged };
    this.reserved.add(record.allocation.shares);
    this.table.set(record);
    const grants = this.grants.resize(job, record.allocation.quotaBytes) ?? this.#addBook(record);
    const changes: Change[] = [{ collection: 'jobs', key: job, value: record }];
    if (grants !== undefined) changes.push({ collection: 'grants', key: job, value: grants });
    await this.#environment.store.commit(changes);
    await this.#configure(record, nodesOf(record));
    return record;
  }

  /** A node purged a job; `final` is what the job used there. */
  async purged(node: string, job: string, final: UsageTotals): Promise<void> {
    const record = this.table.get(job);
    if (record?.state.kind !== 'ending' || !record.state.awaiting.includes(node)) return;
    this.usage.purged(job, shardsOn(record, node), final);
    const { reason, refuseUntilMs } = record.state;
    const awaiting = record.state.awaiting.filter((other) => other !== node);
    if (awaiting.length > 0) {
      this.table.set({ ...record, state: { ...record.state, awaiting } });
      this.settleNode(node);
    } else {
      const endedMs = this.#environment.clock.now();
      await this.#finish({ ...record, state: { kind: 'ended', reason, refuseUntilMs, endedMs } });
    }
    this.#tellPurgeWaiters(job);
  }

  /** The node's stream is over: nobody waits for its answers any more. */
  disconnected(node: string): void {
    const shards = this.#fleet.node(node)?.record.shards.map(({ shard }) => shard) ?? [];
    this.grants.unreachable(shards);
    for (const job of this.#purgeWaiters.keys()) this.#tellPurgeWaiters(job);
    this.settleNode(node);
  }

  /** No new slots for this node; it is told to leave when its last job has ended. Resolves once durable; throws `not-found`. */
  async drainNode(node: string): Promise<NodeView> {
    const view = await this.#fleet.drain(node);
    this.settleNode(node);
    return view;
  }

  /** Tells a draining node to leave once no job needs it; forgets one that has left. Idempotent. */
  settleNode(node: string): void {
    const view = this.#fleet.node(node);
    if (view === undefined) return;
    const { clock, log } = this.#environment;
    const step = nextStep(view, this.table.needs(node), clock.now());
    if (step === 'forget') this.#fleet.forget(node);
    if (step !== 'dismiss') return;
    this.#dismiss(node).catch((error: unknown) => log.error({ err: error, node }, 'a drained node could not be told to leave'));
  }

  /** State or address of shards changed: those who watch a job on them hear of it. */
  shardsChanged(shards: readonly number[]): void {
    const nodes = new Set(shards.map((shard) => this.#fleet.nodeOfShard(shard) ?? ''));
    const jobs = new Set([...nodes].flatMap((node) => this.table.ofNode(node).map(({ job }) => job)));
    for (const job of jobs) if (this.watchers.has(job)) this.watchers.changed(job);
  }

  /** What a node needs to know of a job. */
  configuration(record: JobRecord, node: string): JobConfiguration {
    const grants = shardsOn(record, node).flatMap((shard) => this.grants.of(record.job, shard) ?? []);
    return jobConfiguration(record, grants);
  }

  /** Until when a node is to refuse tokens of a job that is not known here. */
  readonly refuseUnknownUntilMs = (): number => this.#environment.clock.now() + tokenLifetimeMs;

  close(): void {
    this.#cancelPrune();
    this.leases.close();
    this.grants.close();
    this.usage.close();
  }

  /**
   * Writes a new job down while its nodes learn of it: nobody can use it before its token is returned, and nodes are told to
   * end jobs that a restarted controller does not know. Takes everything back if it cannot be written.
   */
  async #begin(record: JobRecord): Promise<string> {
    const { job, allocation } = record;
    this.reserved.add(allocation.shares);
    this.table.set(record);
    const changes: Change[] = [{ collection: 'jobs', key: job, value: record }];
    const grants = this.#addBook(record);
    if (grants !== undefined) changes.push({ collection: 'grants', key: job, value: grants });
    try {
      const committed = this.#environment.store.commit(changes);
      const [token] = await Promise.all([
        this.#tokens.forJob(record, record.createdMs),
        committed,
        this.#configure(record, nodesOf(record)),
      ]);
      return token;
    } catch (error) {
      this.reserved.remove(allocation.shares);
      this.grants.drop(job);
      this.table.remove(job);
      for (const node of nodesOf(record)) {
        this.#fleet.session(node)?.endJob(job, this.refuseUnknownUntilMs());
        this.settleNode(node);
      }
      throw error;
    }
  }

  #addBook(record: JobRecord) {
    const book = openBook(record);
    if (book !== undefined) this.grants.add(book);
    return book?.record();
  }

  #lapsed(job: string): void {
    const record = this.table.get(job);
    if (record?.state.kind !== 'active') return;
    this.#counters.lapsed();
    this.#environment.log.info({ job }, 'lease lapsed');
    this.#startEnding(record, 'lease-lapsed').catch((error: unknown) => {
      this.#environment.log.error({ err: error, job }, 'the end of a job could not be written');
    });
  }

  async #startEnding(record: JobRecord, reason: EndReason): Promise<void> {
    const { job } = record;
    const nowMs = this.#environment.clock.now();
    const awaiting = nodesOf(record).filter((node) => this.#fleet.node(node) !== undefined);
    const refuseUntilMs = nowMs + tokenLifetimeMs;
    const ending: JobRecord = { ...record, state: { kind: 'ending', reason, sinceMs: nowMs, refuseUntilMs, awaiting } };
    this.table.set(ending);
    this.leases.drop(job);
    this.reserved.remove(record.allocation.shares);
    this.grants.drop(job);
    this.watchers.ended(job);
    try {
      await this.#environment.store.commit([
        { collection: 'jobs', key: job, value: ending },
        { collection: 'grants', key: job, value: undefined },
      ]);
    } finally {
      // Also if it could not be written: the bytes are wanted back, and after a restart the lease would lapse again.
      for (const node of awaiting) this.#fleet.session(node)?.endJob(job, refuseUntilMs);
    }
    if (awaiting.length === 0) await this.#finish({ ...ending, state: { kind: 'ended', reason, endedMs: nowMs, refuseUntilMs } });
  }

  async #finish(record: JobRecord): Promise<void> {
    this.table.set(record);
    const changes: Change[] = [{ collection: 'jobs', key: record.job, value: record }];
    const usage = this.usage.record(record.job);
    if (usage !== undefined) changes.push({ collection: 'usage', key: record.job, value: usage });
    await this.#environment.store.commit(changes);
    for (const node of nodesOf(record)) this.settleNode(node);
  }

  /** Sends the configuration to nodes that are connected; resolves when they have applied it, or after a bound. */
  #configure(record: JobRecord, nodes: readonly string[]): Promise<void> {
    const applied = nodes.flatMap((node) => {
      const session = this.#fleet.session(node);
      if (session === undefined) return [];
      this.#fleet.refreshDirectory(session);
      return session.configure(this.configuration(record, node));
    });
    if (applied.length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#environment.clock.after(configuredMs, resolve);
      void Promise.all(applied).then(() => {
        cancel();
        resolve();
      });
    });
  }

  #sendGrants(job: string, shards: readonly number[]): void {
    const record = this.table.get(job);
    if (record?.state.kind !== 'active') return;
    const nodes = new Set(shards.flatMap((shard) => this.#fleet.nodeOfShard(shard) ?? []));
    void this.#configure(record, [...nodes]);
  }

  #tellPurgeWaiters(job: string): void {
    if (!this.#awaited(job)) this.#purgeWaiters.tell(job, undefined);
  }

  /** Whether a node that is connected has yet to purge the job. */
  #awaited(job: string): boolean {
    const state = this.table.get(job)?.state;
    return state?.kind === 'ending' && state.awaiting.some((node) => this.#fleet.session(node) !== undefined);
  }

  /** Lets a node go. That it purged jobs which other nodes have yet to purge is written down first: it cannot be asked again. */
  async #dismiss(node: string): Promise<void> {
    const changes = this.table.ofNode(node).flatMap((record): Change[] => [
      { collection: 'jobs', key: record.job, value: record },
      { collection: 'usage', key: record.job, value: this.usage.record(record.job) },
    ]);
    if (changes.length > 0) await this.#environment.store.commit(changes);
    this.#fleet.session(node)?.send({ drain: { reason: drainReason, leave: true } });
  }

  readonly #prune = (): void => {
    const { store, log, clock } = this.#environment;
    const jobs = this.table.forgettable(clock.now());
    for (const job of jobs) {
      this.table.remove(job);
      this.usage.drop(job);
    }
    const changes: Change[] = jobs.flatMap((job) => [
      { collection: 'jobs', key: job, value: undefined },
      { collection: 'usage', key: job, value: undefined },
    ]);
    if (changes.length > 0) commitInBackground(store, log, changes);
    for (const { record } of [...this.#fleet.nodes()]) this.settleNode(record.node);
    this.#cancelPrune = clock.after(pruneMs, this.#prune);
  };
}
