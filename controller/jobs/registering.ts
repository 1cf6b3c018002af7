import { type Hints, limits, newJobId, SatchelError, type Verb } from '@satchel/proto/core';
import type { JobPlan } from '../allocation.js';
import { nodesOf } from '../job-table.js';
import type { JobRecord } from '../model.js';
import type { PlannedJob } from '../planner.js';
import { refuseUnknownUntilMs } from './ending.js';
import type { JobParts } from './parts.js';
import { type Registered, RequestIds } from './request-ids.js';

/** A registration, checked. */
export interface NewJob {
  /** Of the caller's; the same again means the same job. */
  readonly requestId?: string | undefined;
  readonly name: string;
  readonly namespace: string;
  readonly hints: Hints;
  readonly leaseMs: number;
  readonly verbs: readonly Verb[];
}

/** Shared by all jobs whose slots never moved. */
const none: readonly never[] = [];
const active = { kind: 'active' } as const;

/** Starts jobs. */
export class JobRegistering {
  readonly #parts: JobParts;
  readonly #requests: RequestIds;

  constructor(parts: JobParts) {
    this.#parts = parts;
    this.#requests = new RequestIds(parts.table, () => parts.environment.clock.now());
  }

  /** What a job would get. */
  plan(job: PlannedJob): JobPlan {
    const { planner, namespaces, fleet, reserved } = this.#parts;
    return planner.plan(job, namespaces.roomsForNew(job.namespace, job.hints.capacity ?? 0, fleet.rooms(reserved)));
  }

  /** Starts a job. Resolves when its nodes know it, or after a short bound. Throws `unavailable` without nodes, and `quota-exceeded`. */
  async register(request: NewJob): Promise<Registered> {
    const { namespace, requestId } = request;
    if (requestId === undefined) return this.#start(request);
    return this.#requests.once(
      { namespace, requestId },
      () => this.#start(request),
      async (record) => ({ record, token: await this.#parts.tokens.forJob(record, this.#parts.environment.clock.now()) }),
    );
  }

  async #start(request: NewJob): Promise<Registered> {
    const { table, environment, leases, counters, namespaces } = this.#parts;
    if (table.activeCount >= limits.activeJobs) {
      throw new SatchelError('unavailable', `${limits.activeJobs} jobs are active, which is the limit; end some first`);
    }
    const plan = this.plan(request);
    namespaces.checkNew(request.namespace, plan.allocation);
    const record = newRecord(request, plan, table.activeCount, environment.clock.now());
    const token = await this.#begin(record);
    leases.grant(record.job, record.leaseMs);
    counters.registered();
    return { record, token };
  }

  /**
   * Writes a new job down while its nodes learn of it: nobody can use it before its token is returned, and nodes are told to
   * end jobs that a restarted controller does not know. Takes everything back if it cannot be written.
   */
  async #begin(record: JobRecord): Promise<string> {
    const { environment, table, reserved, grants, tokens, configurer } = this.#parts;
    const { job, allocation } = record;
    reserved.add(allocation.shares);
    table.set(record);
    // The book is not written before it changes: as it is at first it follows from the job.
    grants.open(record);
    try {
      const committed = environment.store.commit([{ collection: 'jobs', key: job, value: record }]);
      const [token] = await Promise.all([
        tokens.forJob(record, record.createdMs),
        committed,
        configurer.configure(record, nodesOf(record)),
      ]);
      return token;
    } catch (error) {
      this.#takeBack(record);
      throw error;
    }
  }

  #takeBack(record: JobRecord): void {
    const { environment, fleet, table, reserved, grants, settler } = this.#parts;
    reserved.remove(record.allocation.shares);
    grants.drop(record.job);
    table.remove(record.job);
    // It may have been written after all as leadership was lost: then it is another's job.
    if (environment.leads?.() === false) return;
    for (const node of nodesOf(record)) {
      fleet.session(node)?.endJob(record.job, refuseUnknownUntilMs(environment.clock.now()));
      settler.settle(node);
    }
  }
}

/**
 * A job as it begins; `turn` chooses which of its shards its URL names. Every field is written out, for all records to have one layout: put
 * together by spreading, each would take several times the memory.
 */
function newRecord(request: NewJob, plan: JobPlan, turn: number, createdMs: number): JobRecord {
  const { shares } = plan.allocation;
  const { shard = 0, node = '' } = shares[turn % shares.length] ?? {};
  return {
    job: newJobId(request.name),
    requestId: request.requestId,
    name: request.name,
    namespace: request.namespace,
    hints: request.hints,
    verbs: request.verbs,
    leaseMs: request.leaseMs,
    createdMs,
    allocation: plan.allocation,
    reasons: plan.reasons,
    epoch: 1,
    revision: 1,
    ranges: plan.ranges,
    previous: none,
    former: none,
    endpoint: { shard, node },
    endedPrefixes: undefined,
    deficit: plan.deficit,
    corrected: undefined,
    state: active,
  };
}
