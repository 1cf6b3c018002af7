import type { JobStatistics } from '../shard/messages.js';
import { addUsage, extrapolate, holdsBytes, noUsage, type UsageCounters, withoutBytes } from '../shard/usage.js';

/** Counters of one job on one shard in one incarnation. */
export interface UsageRow {
  readonly job: string;
  /** Fleet-wide id. */
  readonly shard: number;
  readonly incarnation: number;
  readonly usage: UsageCounters;
}

/** A job that holds bytes but is otherwise quiet is reported this often: only its byte-seconds grow. */
const quietReportMs = 10_000;

interface Entry {
  readonly incarnation: number;
  /** Of loads of the job that are over, in this incarnation. */
  settled: UsageCounters;
  current: UsageCounters;
  seenMs: number;
  reportedMs: number;
  changed: boolean;
}

/** What the jobs of a node used, by the node's shard index, as its shards last said. In memory: the controller keeps the sums. */
export class UsageLedger {
  private readonly jobs = new Map<string, Map<number, Entry>>();

  /** Takes in counters of one shard. */
  record(index: number, incarnation: number, statistics: readonly JobStatistics[], nowMs: number): void {
    for (const { job, usage, final } of statistics) {
      const entry = this.entry(job, index, incarnation);
      entry.seenMs = nowMs;
      entry.changed = true;
      entry.current = final ? noUsage : usage;
      if (final) entry.settled = addUsage(entry.settled, withoutBytes(usage));
    }
  }

  /** What is to be reported now: rows that changed, and from time to time those of jobs that just hold bytes. */
  report(shardIds: readonly number[], nowMs: number): UsageRow[] {
    const rows: UsageRow[] = [];
    for (const [job, entries] of this.jobs) {
      for (const [index, entry] of entries) {
        const shard = shardIds[index];
        const due = entry.changed || (holdsBytes(entry.current) && nowMs - entry.reportedMs >= quietReportMs);
        if (!due || shard === undefined) continue;
        entry.changed = false;
        entry.reportedMs = nowMs;
        rows.push({ job, shard, incarnation: entry.incarnation, usage: usageAt(entry, nowMs) });
      }
    }
    return rows;
  }

  /** Everything is to be reported again: the last report may have been lost. */
  reportAgain(): void {
    for (const entries of this.jobs.values()) for (const entry of entries.values()) entry.changed = true;
  }

  /** A shard has ended: what it held in memory is gone, and its next incarnation counts from 0. Call after a last report. */
  forgetShard(index: number): void {
    for (const [job, entries] of this.jobs) {
      entries.delete(index);
      if (entries.size === 0) this.jobs.delete(job);
    }
  }

  /** The sum of a job's last counters over the shards. */
  total(job: string): UsageCounters {
    let sum = noUsage;
    for (const entry of this.jobs.get(job)?.values() ?? []) sum = addUsage(sum, addUsage(entry.settled, entry.current));
    return sum;
  }

  forgetJob(job: string): void {
    this.jobs.delete(job);
  }

  private entry(job: string, index: number, incarnation: number): Entry {
    const entries = this.jobs.get(job) ?? new Map<number, Entry>();
    this.jobs.set(job, entries);
    const known = entries.get(index);
    if (known?.incarnation === incarnation) return known;
    const fresh: Entry = { incarnation, settled: noUsage, current: noUsage, seenMs: 0, reportedMs: 0, changed: true };
    entries.set(index, fresh);
    return fresh;
  }
}

function usageAt(entry: Entry, nowMs: number): UsageCounters {
  return addUsage(entry.settled, extrapolate(entry.current, nowMs - entry.seenMs));
}
