import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { UsageTotals } from '@satchel/proto/core';
import { type Database, open, type RootDatabase } from 'lmdb';
import { type JobConfiguration, supersedes } from '../job-configuration.js';

/** What the controller let a shard of this node hold of a job's quota. */
export interface ShardGrant {
  readonly shard: number;
  readonly bytes: number;
  /** Grows with each change by the controller. */
  readonly version: number;
}

export interface ActiveJob {
  readonly state: 'active';
  readonly configuration: JobConfiguration;
  /** Of this node's shards. */
  readonly grants: readonly ShardGrant[];
}

/** A tombstone: the job's tokens are refused while they might still verify. */
export interface EndedJob {
  readonly state: 'ended';
  readonly refuseUntilMs: number;
  /** The node's final usage, once every shard has purged the job. */
  readonly purged?: UsageTotals;
}

export type JobRecord = ActiveJob | EndedJob;

/** A configuration as the controller sends it. */
export interface ConfiguredJob {
  readonly configuration: JobConfiguration;
  readonly grants: readonly ShardGrant[];
}

/**
 * What a record becomes when a configuration arrives, or undefined if nothing changes: an ended job stays ended, an older epoch or revision
 * and an older grant are ignored, so that configurations may be repeated in any order.
 */
export function mergeConfiguration(before: JobRecord | undefined, arrived: ConfiguredJob): ActiveJob | undefined {
  if (before?.state === 'ended') return undefined;
  if (!before) return { state: 'active', ...arrived };
  const newer = supersedes(arrived.configuration, before.configuration);
  const grants = new Map(before.grants.map((grant) => [grant.shard, grant]));
  for (const grant of arrived.grants) {
    if (grant.version > (grants.get(grant.shard)?.version ?? -1)) grants.set(grant.shard, grant);
  }
  const after: ActiveJob = {
    state: 'active',
    configuration: newer ? arrived.configuration : before.configuration,
    grants: [...grants.values()],
  };
  return JSON.stringify(after) === JSON.stringify(before) ? undefined : after;
}

const mapBytes = 2 ** 30;

/**
 * The node's jobs on disk: the host writes it, its shards read it, so that a job nobody uses costs a shard nothing. Reads
 * are of the moment they are made.
 */
export class JobTable {
  private readonly root: RootDatabase<unknown, string>;
  private readonly jobs: Database<JobRecord, string>;

  private constructor(path: string, readOnly: boolean) {
    // The map is larger than the table ever gets, so that readers never have to map anew; it costs address space only.
    this.root = open<unknown, string>({ path, readOnly, mapSize: mapBytes, maxDbs: 4, noSubdir: true });
    this.jobs = this.root.openDB<JobRecord, string>('jobs', { encoding: 'json' });
  }

  static openForWriting(path: string): JobTable {
    mkdirSync(dirname(path), { recursive: true });
    const table = new JobTable(path, false);
    table.forgetDeadReaders();
    return table;
  }

  /** Opens a table that exists. */
  static openForReading(path: string): JobTable {
    if (!existsSync(path)) throw new Error(`there is no job table at ${path}`);
    return new JobTable(path, true);
  }

  get(job: string): JobRecord | undefined {
    this.root.resetReadTxn();
    return this.jobs.get(job);
  }

  /** Frees what processes that were killed hold of the table; what they last read could otherwise never be overwritten. */
  forgetDeadReaders(): void {
    this.root.readerCheck();
  }

  /** Every record, in the order of job ids. */
  *entries(): Generator<{ job: string; record: JobRecord }> {
    for (const { key, value } of this.jobs.getRange()) yield { job: key, record: value };
  }

  /** Active jobs with stages that ended here and of which not every shard has deleted what was left. */
  awaiting(): string[] {
    return [...this.entries()].flatMap(({ job, record }) =>
      record.state === 'active' && record.configuration.endedPrefixes?.some(({ pending }) => pending) ? job : [],
    );
  }

  /**
   * Takes over configurations in one transaction. `complete`: they are all active jobs; active ones on disk and `known` ones that
   * are not among them have ended. Resolves once committed, with the ids of the jobs that changed and of those that ended.
   */
  apply(
    arrived: readonly ConfiguredJob[],
    complete: { readonly known: Iterable<string>; readonly refuseUntilMs: number } | undefined,
  ): Promise<{ changed: string[]; ended: string[] }> {
    return this.root.transaction(() => {
      const changed: string[] = [];
      for (const job of arrived) {
        const merged = mergeConfiguration(this.jobs.get(job.configuration.job), job);
        if (!merged) continue;
        this.jobs.put(job.configuration.job, merged);
        changed.push(job.configuration.job);
      }
      const ended = complete ? this.unlisted(arrived, complete.known) : [];
      for (const job of ended) this.jobs.put(job, { state: 'ended', refuseUntilMs: complete?.refuseUntilMs ?? 0 });
      return { changed, ended };
    });
  }

  /** Makes a job's record a tombstone; resolves with it once committed. An older tombstone keeps what is known of its purge. */
  end(job: string, refuseUntilMs: number): Promise<EndedJob> {
    return this.root.transaction(() => {
      const before = this.jobs.get(job);
      const ended: EndedJob =
        before?.state === 'ended'
          ? { ...before, refuseUntilMs: Math.max(before.refuseUntilMs, refuseUntilMs) }
          : { state: 'ended', refuseUntilMs };
      this.jobs.put(job, ended);
      return ended;
    });
  }

  /** Notes that all shards have purged an ended job, and its final usage, unless one is noted already; resolves with what is noted. */
  purged(job: string, usage: UsageTotals): Promise<UsageTotals> {
    return this.root.transaction(() => {
      const before = this.jobs.get(job);
      if (before?.state === 'ended' && before.purged) return before.purged;
      const refuseUntilMs = before?.state === 'ended' ? before.refuseUntilMs : 0;
      this.jobs.put(job, { state: 'ended', refuseUntilMs, purged: usage });
      return usage;
    });
  }

  /** Notes what a shard keeps of its grant after a return; ignored if the controller has changed the grant since. */
  returned(job: string, grant: ShardGrant): Promise<boolean> {
    return this.root.transaction(() => {
      const record = this.jobs.get(job);
      if (record?.state !== 'active') return false;
      const held = record.grants.find(({ shard }) => shard === grant.shard);
      if (held && held.version > grant.version) return false;
      const others = record.grants.filter(({ shard }) => shard !== grant.shard);
      this.jobs.put(job, { ...record, grants: [...others, grant] });
      return true;
    });
  }

  /** Forgets tombstones of purged jobs whose tokens no longer verify; returns how many. */
  sweep(nowMs: number): Promise<number> {
    return this.root.transaction(() => {
      const over = [...this.entries()].filter(
        ({ record }) => record.state === 'ended' && record.purged !== undefined && record.refuseUntilMs <= nowMs,
      );
      for (const { job } of over) this.jobs.remove(job);
      return over.length;
    });
  }

  close(): Promise<void> {
    return this.root.close();
  }

  private unlisted(arrived: readonly ConfiguredJob[], known: Iterable<string>): string[] {
    const listed = new Set(arrived.map(({ configuration }) => configuration.job));
    const ended = new Set<string>();
    for (const { job, record } of this.entries()) if (record.state === 'active' && !listed.has(job)) ended.add(job);
    for (const job of known) if (!listed.has(job) && this.jobs.get(job)?.state !== 'ended') ended.add(job);
    return [...ended];
  }
}
