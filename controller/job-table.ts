import { limits, SatchelError, shardsOf } from '@satchel/proto/core';
import type { JobRecord } from './model.js';

/** How long an ended job is remembered at most. */
const rememberMs = 24 * 3600 * 1000;

/** All remembered jobs and the indexes over them. */
export class JobTable {
  readonly #jobs = new Map<string, JobRecord>();
  /** Active and ending jobs of each node. */
  readonly #ofNode = new Map<string, Set<string>>();
  /** Jobs that are no longer active, oldest first. */
  readonly #finished = new Map<string, number>();

  get(job: string): JobRecord | undefined {
    return this.#jobs.get(job);
  }

  /** Throws `no-job` naming it if it is unknown. */
  known(job: string): JobRecord {
    const record = this.#jobs.get(job);
    if (record === undefined)
      throw new SatchelError('no-job', `no job '${job}' is known here; satchel job list shows those there are`);
    return record;
  }

  /** Throws `no-job` saying why if it is not active. */
  active(job: string): JobRecord {
    const record = this.known(job);
    if (record.state.kind === 'active') return record;
    throw new SatchelError('no-job', endedText(record));
  }

  /** Sets a job as it now is. */
  set(record: JobRecord): void {
    const { job, state } = record;
    this.#jobs.set(job, record);
    const gone = state.kind === 'ended';
    for (const node of nodesOf(record)) {
      if (gone) this.#unlink(node, job);
      else this.#link(node, job);
    }
    if (state.kind === 'active' || this.#finished.has(job)) return;
    this.#finished.set(job, state.kind === 'ending' ? state.sinceMs : state.endedMs);
  }

  /** Forgets a job. */
  remove(job: string): void {
    const record = this.#jobs.get(job);
    if (record === undefined) return;
    for (const node of nodesOf(record)) this.#unlink(node, job);
    this.#jobs.delete(job);
    this.#finished.delete(job);
  }

  all(): IterableIterator<JobRecord> {
    return this.#jobs.values();
  }

  get activeCount(): number {
    return this.#jobs.size - this.#finished.size;
  }

  /** Active and ending jobs that have slots on the node. */
  ofNode(node: string): JobRecord[] {
    return [...(this.#ofNode.get(node) ?? [])].flatMap((job) => this.#jobs.get(job) ?? []);
  }

  /** Active and ending jobs of a node. */
  countOf(node: string): number {
    return this.#ofNode.get(node)?.size ?? 0;
  }

  /** Whether a job is active on the node, or has ended and is yet to be purged there. */
  needs(node: string): boolean {
    for (const job of this.#ofNode.get(node) ?? []) {
      const state = this.#jobs.get(job)?.state;
      if (state?.kind === 'active' || (state?.kind === 'ending' && state.awaiting.includes(node))) return true;
    }
    return false;
  }

  /** Jobs that ended too long ago, or that too many have followed. */
  forgettable(nowMs: number): string[] {
    const jobs: string[] = [];
    let excess = this.#finished.size - limits.endedJobs;
    for (const [job, sinceMs] of this.#finished) {
      if (excess-- <= 0 && sinceMs > nowMs - rememberMs) break;
      jobs.push(job);
    }
    return jobs;
  }

  #link(node: string, job: string): void {
    const jobs = this.#ofNode.get(node);
    if (jobs === undefined) this.#ofNode.set(node, new Set([job]));
    else jobs.add(job);
  }

  #unlink(node: string, job: string): void {
    const jobs = this.#ofNode.get(node);
    jobs?.delete(job);
    if (jobs?.size === 0) this.#ofNode.delete(node);
  }
}

/** The nodes that have slots of a job. */
export function nodesOf(record: JobRecord): string[] {
  return [...new Set(record.allocation.shares.map(({ node }) => node))];
}

/** The job's shards on a node. */
export function shardsOn(record: JobRecord, node: string): number[] {
  const there = new Set(record.allocation.shares.filter((share) => share.node === node).map(({ shard }) => shard));
  return shardsOf(record.ranges).filter((shard) => there.has(shard));
}

/** Why a job that is not active cannot be used. */
export function endedText(record: JobRecord): string {
  const lapsed = record.state.kind !== 'active' && record.state.reason === 'lease-lapsed';
  const why = lapsed ? `its lease of ${record.leaseMs / 1000} s lapsed without renewal` : 'it was ended';
  return `job '${record.job}' is over: ${why}; register a new one`;
}
