import { noUsage, tokenLifetimeMs, type UsageTotals } from '@satchel/proto/core';
import { nodesOf, shardsOn } from '../job-table.js';
import type { EndReason, JobRecord, JobState } from '../model.js';
import type { Stages } from '../stages/stages.js';
import type { Change } from '../state/state-store.js';
import { Waiters } from '../waiters.js';
import type { JobParts } from './parts.js';

/** How long ending a job waits for its nodes, so that the reply has the final usage. */
const purgedMs = 2000;

/** Nobody holds anything of a job that has ended. */
const none: readonly never[] = [];

type Ending = Extract<JobState, { kind: 'ending' }>;

/** Until when a node is to refuse tokens of a job that is not known here. */
export function refuseUnknownUntilMs(nowMs: number): number {
  return nowMs + tokenLifetimeMs;
}

/** Ends jobs and waits until every node has purged them. */
export class JobEnding {
  readonly #parts: JobParts;
  /** Those who wait for a job to be purged. */
  readonly #purgeWaiters: Waiters<void>;
  readonly #stages: Stages;
  readonly #roomier: () => void;

  /** `roomier` is called when a job has given back what it had reserved. */
  constructor(parts: JobParts, stages: Stages, roomier: () => void) {
    this.#parts = parts;
    this.#stages = stages;
    this.#roomier = roomier;
    this.#purgeWaiters = new Waiters(parts.environment.clock);
  }

  /** Ends a job, or waits for one that is ending. Returns its usage, final if its nodes answered in time. */
  async end(job: string): Promise<UsageTotals> {
    const record = this.#parts.table.known(job);
    if (record.state.kind === 'active') await this.#start(record, 'ended');
    if (this.#awaited(job)) await this.#purgeWaiters.wait(job, purgedMs, undefined);
    return this.#parts.usage.total(job);
  }

  /** The job's lease was not renewed in time. */
  lapsed(job: string): void {
    const { table, counters, environment } = this.#parts;
    const record = table.get(job);
    // Where leadership went, the lease has begun anew.
    if (record?.state.kind !== 'active' || environment.leads?.() === false) return;
    counters.lapsed();
    environment.log.info({ job }, 'lease lapsed');
    this.#start(record, 'lease-lapsed').catch((error: unknown) => {
      environment.log.error({ err: error, job }, 'the end of a job could not be written');
    });
  }

  /** A node purged a job; `final` is what the job used there. */
  purged(node: string, job: string, final: UsageTotals): Promise<void> {
    return this.#purged(node, job, final);
  }

  async #purged(node: string, job: string, final: UsageTotals | undefined): Promise<void> {
    const { table, usage, settler } = this.#parts;
    const record = table.get(job);
    if (record?.state.kind !== 'ending' || !record.state.awaiting.includes(node)) return;
    usage.purged(record, shardsOn(record, node), final ?? noUsage);
    const awaiting = record.state.awaiting.filter((other) => other !== node);
    if (awaiting.length > 0) {
      table.set({ ...record, state: { ...record.state, awaiting } });
      settler.settle(node);
    } else {
      await this.#finish(record, record.state);
    }
    this.#tellPurgeWaiters(job);
  }

  /** A node is gone for good with all that jobs had there: nothing of it is awaited. It is told of them should it come back. */
  async lost(node: string): Promise<void> {
    const awaited = this.#parts.table.ofNode(node).filter(({ state }) => state.kind === 'ending');
    await Promise.all(awaited.map(({ job }) => this.#purged(node, job, undefined)));
  }

  /** A node's stream is over: nobody waits for its answers any more. */
  disconnected(): void {
    for (const job of this.#purgeWaiters.keys()) this.#tellPurgeWaiters(job);
  }

  async #start(record: JobRecord, reason: EndReason): Promise<void> {
    const { environment, fleet, table, leases, reserved, grants, watchers, events, usage } = this.#parts;
    const { job } = record;
    const nowMs = environment.clock.now();
    const awaiting = nodesOf(record).filter((node) => fleet.node(node) !== undefined);
    const refuseUntilMs = nowMs + tokenLifetimeMs;
    const state = { kind: 'ending', reason, sinceMs: nowMs, refuseUntilMs, awaiting } as const;
    const ending: JobRecord = { ...record, state };
    table.set(ending);
    leases.drop(job);
    reserved.remove(record.allocation.shares);
    grants.drop(job);
    usage.ending(record);
    events.tell(job, { kind: 'ending', reason });
    watchers.ended(job);
    this.#roomier();
    try {
      await environment.store.commit([
        { collection: 'jobs', key: job, value: ending },
        { collection: 'grants', key: job, value: undefined },
        ...this.#stages.jobEnded(job),
      ]);
    } finally {
      // Also if it could not be written: the bytes are wanted back, and after a restart the lease would lapse again.
      for (const node of awaiting) fleet.session(node)?.endJob(job, refuseUntilMs);
    }
    if (awaiting.length === 0) await this.#finish(ending, state);
  }

  /** Every node has purged a job that was ending. It ran until its end began: how long nodes took to purge it is not its own. */
  async #finish(ending: JobRecord, { reason, refuseUntilMs }: Pick<Ending, 'reason' | 'refuseUntilMs'>): Promise<void> {
    const { table, usage, environment, settler, events, planner } = this.#parts;
    const { job } = ending;
    const record: JobRecord = {
      ...ending,
      previous: none,
      former: none,
      state: { kind: 'ended', reason, endedMs: environment.clock.now(), refuseUntilMs },
    };
    table.set(record);
    usage.ended(job);
    const changes: Change[] = [{ collection: 'jobs', key: job, value: record }];
    changes.push(...usage.changesOf(job), ...planner.ended(ending, usage.total(job), usage.peakRates(job)));
    await environment.store.commit(changes);
    events.tell(job, { kind: 'ended', reason, reclaimed: usage.reclaimed(job) });
    for (const node of nodesOf(ending)) settler.settle(node);
  }

  #tellPurgeWaiters(job: string): void {
    if (!this.#awaited(job)) this.#purgeWaiters.tell(job, undefined);
  }

  /** Whether a node that is connected has yet to purge the job. */
  #awaited(job: string): boolean {
    const state = this.#parts.table.get(job)?.state;
    return state?.kind === 'ending' && state.awaiting.some((node) => this.#parts.fleet.session(node) !== undefined);
  }
}
