import { type Hints, SatchelError, type UsageTotals } from '@satchel/proto/core';
import type { JobConfiguration } from '@satchel/proto/gen';
import type { JobPlan } from './allocation.js';
import type { Environment } from './environment.js';
import { JobEvents } from './events.js';
import { hasSession } from './fleet/node-life.js';
import { GrantDesk } from './grant-desk.js';
import { JobTable } from './job-table.js';
import { JobChanges } from './jobs/changes.js';
import { JobConfigurer } from './jobs/configurer.js';
import { JobEnding, refuseUnknownUntilMs } from './jobs/ending.js';
import { NodeSettler } from './jobs/node-settler.js';
import type { JobCounters, JobParts } from './jobs/parts.js';
import { JobPruning } from './jobs/pruning.js';
import { JobRegistering, type NewJob } from './jobs/registering.js';
import { JobScaling } from './jobs/scaling.js';
import { JobSteering } from './jobs/steering.js';
import { JobWidening } from './jobs/widening.js';
import { LeaseTable } from './leases.js';
import { type Corrected, type DrainedBy, finishedMs, type JobRecord } from './model.js';
import { Namespaces } from './namespaces/namespaces.js';
import type { Fleet, NodeView } from './nodes.js';
import { ReservedCapacity } from './placement.js';
import { type PlannedJob, Planner } from './planner.js';
import type { Alternatives } from './sizing/planned-alternatives.js';
import { SlotMapWatchers } from './slot-map-watchers.js';
import type { Emptied } from './slots/previous-owners.js';
import { Stages } from './stages/stages.js';
import type { Tokens } from './tokens.js';
import { UsageDesk } from './usage-desk.js';

/** The life of jobs: each change is durable before anybody hears of it, and nodes hear of it until they have acknowledged it. */
export class Jobs {
  readonly table = new JobTable();
  readonly reserved = new ReservedCapacity();
  readonly watchers = new SlotMapWatchers();
  readonly events: JobEvents;
  readonly stages: Stages;
  readonly leases: LeaseTable;
  readonly grants: GrantDesk;
  readonly usage: UsageDesk;
  readonly planner: Planner;
  readonly namespaces: Namespaces;
  readonly #parts: JobParts;
  readonly #registering: JobRegistering;
  readonly #scaling: JobScaling;
  readonly #steering: JobSteering;
  readonly #widening: JobWidening;
  readonly #ending: JobEnding;
  readonly #pruning: JobPruning;

  /** Takes up the jobs in the store; each lease begins anew. */
  constructor(environment: Environment, fleet: Fleet, tokens: Tokens, counters: JobCounters) {
    const { table, reserved, watchers } = this;
    const configurer: JobConfigurer = new JobConfigurer(environment.clock, fleet, table, () => this.grants);
    const events = new JobEvents(() => environment.clock.now());
    this.events = events;
    this.leases = new LeaseTable(environment.clock, {
      warned: (job, expiresAtMs) => events.tell(job, { kind: 'lease-warning', expiresAtMs }),
      lapsed: (job) => this.#ending.lapsed(job),
    });
    this.usage = new UsageDesk(environment);
    this.grants = new GrantDesk(environment, fleet, (job, shards) => configurer.sendGrants(job, shards));
    const settler = new NodeSettler(environment, fleet, table, this.usage);
    this.planner = new Planner(environment);
    this.namespaces = new Namespaces(environment, (job) => this.usage.heldBytes(job));
    table.watch((before, after) => this.namespaces.count((after ?? before)?.job ?? '', after));
    const { leases, usage, grants, planner, namespaces } = this;
    const desks = { table, reserved, watchers, events, leases, usage, grants, planner, namespaces, configurer, settler };
    this.#parts = { environment, fleet, tokens, counters, ...desks };
    this.#registering = new JobRegistering(this.#parts);
    const changes = new JobChanges(this.#parts);
    this.#scaling = new JobScaling(this.#parts, changes);
    this.#steering = new JobSteering(this.#parts, changes, this.#scaling);
    this.#widening = new JobWidening(this.#parts, changes, this.#scaling);
    this.stages = new Stages(this.#parts, changes);
    this.#ending = new JobEnding(this.#parts, this.stages, () => this.#widening.roomier());
    for (const record of environment.store.all('jobs').sort((a, b) => finishedMs(a) - finishedMs(b))) this.#restore(record);
    this.stages.restore();
    this.#pruning = new JobPruning(this.#parts);
  }

  /** What a job would get. */
  plan(job: PlannedJob): JobPlan {
    return this.#registering.plan(job);
  }

  /** Everything that comes into question for a job, cheapest first. */
  alternatives(job: PlannedJob): Alternatives {
    return this.planner.alternatives(job, this.#parts.fleet.rooms(this.reserved));
  }

  /** Starts a job. Resolves when its nodes know it, or after a short bound. Throws `unavailable` without nodes. */
  register(request: NewJob): Promise<{ record: JobRecord; token: string }> {
    return this.#registering.register(request);
  }

  /** Extends the lease by one period from now. Not written down: after a restart every lease begins anew. */
  async renew(job: string): Promise<{ record: JobRecord; expiresMs: number; token: string }> {
    const { environment, tokens } = this.#parts;
    const record = this.table.active(job);
    const expiresMs = this.leases.grant(job, record.leaseMs);
    return { record, expiresMs, token: await tokens.forJob(record, environment.clock.now()) };
  }

  /** Ends a job, or waits for one that is ending. Returns its usage, final if its nodes answered in time. */
  end(job: string): Promise<UsageTotals> {
    return this.#ending.end(job);
  }

  /** Changes hints; see {@link JobScaling.scale}. */
  async scale(job: string, hints: Hints): Promise<JobRecord> {
    const record = await this.#scaling.scale(job, hints);
    this.#widening.roomier();
    return record;
  }

  /** Changes what is reserved for a job, by what is seen of it; see {@link JobScaling.correct}. */
  async correct(seen: JobRecord, corrected: Corrected, grows: boolean): Promise<JobRecord> {
    const record = await this.#scaling.correct(seen, corrected, grows);
    this.#widening.roomier();
    return record;
  }

  /** A previous owner of slots of a job holds nothing of them any more. It may say so again. */
  emptied(job: string, report: Emptied): void {
    this.#steering.emptied(job, report);
  }

  /**
   * Nodes are gone for good: slots of their shards get new owners, which know that what is not written again is lost. Should one come
   * back, it is told that they are not its own. Each job is planned once. Resolves once that is durable; may be said again.
   */
  async lost(nodes: readonly string[]): Promise<void> {
    const shards = nodes.flatMap((node) => this.#parts.fleet.node(node)?.record.shards.map(({ shard }) => shard) ?? []);
    await Promise.all(nodes.map((node) => this.#ending.lost(node)));
    await this.#steering.lost(shards, [...new Set(nodes.flatMap((node) => this.#activeOn(node)))]);
    for (const node of nodes) this.settleNode(node);
  }

  /** A node purged a job; `final` is what the job used there. */
  purged(node: string, job: string, final: UsageTotals): Promise<void> {
    return this.#ending.purged(node, job, final);
  }

  /**
   * Shards of a node that joins have not what they had. They keep their slots, and know that what is not written again is lost. Resolves
   * once that is durable.
   */
  shardsEmptied(node: string, shards: readonly number[]): Promise<void> {
    return this.#steering.contentsLost(shards, this.#activeOn(node));
  }

  /** The node's stream is over: nobody waits for its answers any more. */
  disconnected(node: string): void {
    const shards = this.#parts.fleet.node(node)?.record.shards.map(({ shard }) => shard) ?? [];
    this.grants.unreachable(shards);
    this.#ending.disconnected();
    this.settleNode(node);
  }

  /** No new slots for this node; it is told to leave when its last job has ended. Resolves once durable; throws `not-found`. */
  async drainNode(node: string, by: DrainedBy = 'operator'): Promise<NodeView> {
    const view = await this.#parts.fleet.setDraining(node, by);
    this.settleNode(node);
    return view;
  }

  /** Gives a node slots again, whoever drained it. Throws `not-found`, and `unavailable` if it is too late. */
  async undrainNode(node: string): Promise<NodeView> {
    const { fleet } = this.#parts;
    if (fleet.node(node)?.record.draining === true && !this.table.needs(node)) {
      throw new SatchelError('unavailable', `node '${node}' has been told to leave, as no job needs it; start it again`);
    }
    const view = await fleet.setDraining(node, undefined);
    this.#widening.roomier();
    return view;
  }

  /** Gives a node slots again that the autoscaler drained. False if it is too late: no job needs it, so that it has been told to leave. */
  async takeBackNode(node: string): Promise<boolean> {
    if (!this.table.needs(node) || this.#parts.fleet.node(node)?.record.drainedBy !== 'autoscaler') return false;
    await this.undrainNode(node);
    return true;
  }

  /**
   * Forgets a node that is not up. `lost`: also one that jobs need, whose slots there go to others. Throws `not-found`, and `unavailable`
   * saying what is in the way.
   */
  async removeNode(node: string, lost: boolean): Promise<NodeView> {
    const { fleet } = this.#parts;
    const idle = this.table.needs(node) ? undefined : fleet.node(node);
    if (idle !== undefined && !hasSession(idle.connection)) {
      fleet.forget(node);
      return idle;
    }
    if (!lost && this.table.needs(node)) {
      throw new SatchelError('unavailable', `jobs need node '${node}': drain it; if it does not come back, say that it is lost`);
    }
    const view = fleet.giveUp(node);
    await this.lost([node]);
    if (!this.table.needs(node)) fleet.forget(node);
    return view;
  }

  /** Tells a draining node to leave once no job needs it; forgets one that has left. Idempotent. */
  settleNode(node: string): void {
    this.#parts.settler.settle(node);
  }

  /** State or address of shards changed: those who watch a job on them hear of it. */
  shardsChanged(shards: readonly number[]): void {
    const nodes = new Set(shards.map((shard) => this.#parts.fleet.nodeOfShard(shard) ?? ''));
    const jobs = new Set([...nodes].flatMap((node) => this.table.ofNode(node).map(({ job }) => job)));
    for (const job of jobs) if (this.watchers.has(job)) this.watchers.changed(job);
    this.#widening.roomier();
  }

  /** What a node needs to know of a job. */
  configuration(record: JobRecord, node: string): JobConfiguration {
    return this.#parts.configurer.configuration(record, node);
  }

  /** Until when a node is to refuse tokens of a job that is not known here. */
  readonly refuseUnknownUntilMs = (): number => refuseUnknownUntilMs(this.#parts.environment.clock.now());

  close(): void {
    this.#pruning.close();
    this.#steering.close();
    this.#widening.close();
    this.leases.close();
    this.stages.close();
    this.grants.close();
    this.usage.close();
  }

  #activeOn(node: string): string[] {
    return this.table.ofNode(node).flatMap(({ job, state }) => (state.kind === 'active' ? job : []));
  }

  #restore(record: JobRecord): void {
    this.table.set(record);
    if (record.state.kind !== 'active') return;
    this.reserved.add(record.allocation.shares);
    this.grants.open(record);
    this.leases.grant(record.job, record.leaseMs);
  }
}
