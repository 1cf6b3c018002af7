import { limits, SatchelError } from '@satchel/proto/core';
import type { JobRecord } from './model.js';
import { holdersIn } from './slots/previous-owners.js';

/** How long an ended job is remembered at most. */
const rememberMs = 24 * 3600 * 1000;

/** All remembered jobs and the indexes over them. */
export class JobTable {
  readonly #jobs = new Map<string, JobRecord>();
  /** Active and ending jobs that each node is needed for. */
  readonly #ofNode = new Map<string, Set<string>>();
  /** Those of which each node only has to know that it has no slots of them any more. */
  readonly #formerOfNode = new Map<string, Set<string>>();
  /** Active jobs that did not get what they wanted. */
  readonly short = new Set<string>();
  /** Jobs that are no longer active, oldest first. */
  readonly #finished = new Map<string, number>();
  readonly #watchers: ((before: JobRecord | undefined, after: JobRecord | undefined) => void)[] = [];

  /** Calls `changed` with each job as it was and as it is from then on; undefined: not known. */
  watch(changed: (before: JobRecord | undefined, after: JobRecord | undefined) => void): void {
    this.#watchers.push(changed);
  }

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
    const before = this.#jobs.get(job);
    this.#jobs.set(job, record);
    for (const changed of this.#watchers) changed(before, record);
    if (before !== undefined && movedOrEnded(before, record)) this.#unlink(before);
    if (state.kind !== 'ended') this.#link(record);
    if (state.kind === 'active' && record.deficit !== undefined) this.short.add(job);
    else this.short.delete(job);
    if (state.kind === 'active' || this.#finished.has(job)) return;
    this.#finished.set(job, state.kind === 'ending' ? state.sinceMs : state.endedMs);
  }

  /** Forgets a job. */
  remove(job: string): void {
    const record = this.#jobs.get(job);
    if (record === undefined) return;
    this.#unlink(record);
    this.#jobs.delete(job);
    for (const changed of this.#watchers) changed(record, undefined);
    this.short.delete(job);
    this.#finished.delete(job);
  }

  all(): IterableIterator<JobRecord> {
    return this.#jobs.values();
  }

  get activeCount(): number {
    return this.#jobs.size - this.#finished.size;
  }

  /** Active and ending jobs that the node is to know of. */
  ofNode(node: string): JobRecord[] {
    const jobs = [...(this.#ofNode.get(node) ?? []), ...(this.#formerOfNode.get(node) ?? [])];
    return jobs.flatMap((job) => this.#jobs.get(job) ?? []);
  }

  /** Active and ending jobs that have slots on the node, or objects of slots that moved. */
  countOf(node: string): number {
    return this.#ofNode.get(node)?.size ?? 0;
  }

  /**
   * Whether an active job has slots on the node, objects of slots that moved, or its URL, or a job has ended and is yet to be purged there.
   */
  needs(node: string): boolean {
    for (const job of this.#ofNode.get(node) ?? []) if (this.#jobs.get(job)?.state.kind === 'active') return true;
    return this.ofNode(node).some(({ state }) => state.kind === 'ending' && state.awaiting.includes(node));
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

  #link(record: JobRecord): void {
    for (const node of holdingNodes(record)) include(this.#ofNode, node, record.job);
    for (const { node } of record.former) {
      if (!this.#ofNode.get(node)?.has(record.job)) include(this.#formerOfNode, node, record.job);
    }
  }

  #unlink(record: JobRecord): void {
    for (const node of holdingNodes(record)) exclude(this.#ofNode, node, record.job);
    for (const { node } of record.former) exclude(this.#formerOfNode, node, record.job);
  }
}

function movedOrEnded(before: JobRecord, after: JobRecord): boolean {
  return (
    before.allocation !== after.allocation ||
    before.previous !== after.previous ||
    before.former !== after.former ||
    before.endpoint !== after.endpoint ||
    after.state.kind === 'ended'
  );
}

function include(index: Map<string, Set<string>>, node: string, job: string): void {
  const jobs = index.get(node);
  if (jobs === undefined) index.set(node, new Set([job]));
  else jobs.add(job);
}

function exclude(index: Map<string, Set<string>>, node: string, job: string): void {
  const jobs = index.get(node);
  jobs?.delete(job);
  if (jobs?.size === 0) index.delete(node);
}

/** The nodes that have slots of a job, may have objects of slots that moved, or are named by its URL. */
export function holdingNodes(record: JobRecord): string[] {
  const nodes = new Set(record.allocation.shares.map(({ node }) => node));
  if (record.endpoint !== undefined) nodes.add(record.endpoint.node);
  if (record.former.length > 0) {
    const holders = new Set(holdersIn(record.previous));
    for (const { shard, node } of record.former) if (holders.has(shard)) nodes.add(node);
  }
  return [...nodes];
}

/** The nodes that are to know of a job: those that have slots of it, and those that had. */
export function nodesOf(record: JobRecord): string[] {
  const nodes = new Set(record.allocation.shares.map(({ node }) => node));
  for (const { node } of record.former) nodes.add(node);
  return [...nodes];
}

/** The shards that have slots of a job, or had, by their nodes. */
export function shardsByNode({ allocation, former }: JobRecord): ReadonlyMap<string, readonly number[]> {
  const shards = new Map<string, number[]>();
  for (const places of [allocation.shares, former]) {
    for (const { node, shard } of places) {
      const others = shards.get(node);
      if (others === undefined) shards.set(node, [shard]);
      else others.push(shard);
    }
  }
  return shards;
}

/** Those of one node. */
export function shardsOn({ allocation, former }: JobRecord, node: string): number[] {
  const shards: number[] = [];
  for (const places of [allocation.shares, former]) for (const place of places) if (place.node === node) shards.push(place.shard);
  return shards;
}

/** Why a job that is not active cannot be used. */
export function endedText(record: JobRecord): string {
  const lapsed = record.state.kind !== 'active' && record.state.reason === 'lease-lapsed';
  const why = lapsed ? `its lease of ${record.leaseMs / 1000} s lapsed without renewal` : 'it was ended';
  return `job '${record.job}' is over: ${why}; register a new one`;
}
