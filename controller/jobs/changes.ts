import type { Environment } from '../environment.js';
import { InTurn } from '../in-turn.js';
import { holdingNodes, nodesOf } from '../job-table.js';
import type { GrantRecord, JobRecord } from '../model.js';
import type { Change } from '../state/state-store.js';
import type { JobParts } from './parts.js';

/** Fields of a job that change, and its book of grants if that changes too. */
export interface Decided {
  readonly fields: Partial<Omit<JobRecord, 'job' | 'state' | 'revision'>>;
  readonly grants?: GrantRecord | undefined;
  /** What else is to be written with it. */
  readonly changes?: readonly Change[];
}

/**
 * Changes running jobs, one change of a job after the other. Each is durable before it is in the table, and in the table before
 * anybody hears of it: after a crash no two configurations go by the same revision.
 */
export class JobChanges {
  readonly #parts: JobParts;
  readonly #environment: Environment;
  readonly #turns = new InTurn();

  constructor(parts: JobParts) {
    this.#parts = parts;
    this.#environment = parts.environment;
  }

  /**
   * Waits for the job's turn, lets `decide` say what changes, and makes it so. While it decides, what the job has reserved counts as
   * free; undefined changes nothing. Returns the job as it then is, and when its nodes know. Throws `no-job` if it is not active.
   */
  change(job: string, decide: (before: JobRecord) => Decided | undefined): Promise<{ record: JobRecord; told: Promise<void> }> {
    return this.#turns.run(job, () => this.#run(job, decide));
  }

  async #run(job: string, decide: (before: JobRecord) => Decided | undefined) {
    for (;;) {
      const before = this.#parts.table.active(job);
      const change = this.#decide(before, decide);
      if (change === undefined) return { record: before, told: Promise.resolve() };
      await this.#commit(before, change.record, change);
      const now = this.#parts.table.get(job);
      if (now === before) return { record: change.record, told: this.#tell(before, change.record) };
      // It ended or changed otherwise while this was written; nobody has heard of it, and what is there now was written after it.
      this.#takeBack(change.record, before);
    }
  }

  #decide(before: JobRecord, decide: (before: JobRecord) => Decided | undefined) {
    const { reserved, namespaces } = this.#parts;
    reserved.remove(before.allocation.shares);
    let after = before;
    try {
      const decided = decide(before);
      if (decided === undefined) return undefined;
      after = { ...before, ...decided.fields, revision: before.revision + 1 };
      return { ...decided, record: after };
    } finally {
      // From now on, so that changes of other jobs that are decided while this is written find it taken.
      reserved.add(after.allocation.shares);
      namespaces.count(after.job, after);
    }
  }

  async #commit(before: JobRecord, after: JobRecord, { grants, changes: others = [] }: Decided): Promise<void> {
    const { job } = before;
    const changes: Change[] = [{ collection: 'jobs', key: job, value: after }, ...others];
    // A book that was never written follows from the allocation, which may not change under it.
    const book = grants ?? (after.allocation === before.allocation ? undefined : this.#parts.grants.recordOf(job));
    if (book !== undefined) changes.push({ collection: 'grants', key: job, value: book });
    try {
      await this.#environment.store.commit(changes);
    } catch (error) {
      this.#takeBack(after, before);
      if (grants !== undefined) this.#resize(before);
      throw error;
    }
  }

  #takeBack(after: JobRecord, before: JobRecord): void {
    const { reserved, namespaces, table } = this.#parts;
    reserved.remove(after.allocation.shares);
    reserved.add(before.allocation.shares);
    namespaces.count(before.job, table.get(before.job));
  }

  /** Gives a job's book of grants the quota it had. */
  #resize({ job, allocation }: JobRecord): void {
    const { grants } = this.#parts;
    if (allocation.quotaBytes === 0) grants.drop(job);
    else grants.resize(job, allocation.quotaBytes);
  }

  #tell(before: JobRecord, after: JobRecord): Promise<void> {
    const { table, watchers, events, configurer, settler } = this.#parts;
    table.set(after);
    if (after.epoch !== before.epoch) {
      watchers.changed(after.job);
      events.tell(after.job, { kind: 'slots-changed', epoch: after.epoch });
    }
    const told = configurer.configure(after, [...new Set([...nodesOf(before), ...nodesOf(after)])]);
    const needed = new Set(holdingNodes(after));
    for (const node of holdingNodes(before)) if (!needed.has(node)) settler.settle(node);
    return told;
  }
}
