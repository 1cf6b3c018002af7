import { addUsage, extrapolateUsage, heldBytes, noUsage, type UsageTotals, withoutHeld } from '@satchel/proto/core';
import type { JobStatistics } from '../shard/messages.js';
import type { LeftUsage } from '../shard/usage-pages.js';

/** Counters of one job on one shard since this host process started. */
export interface UsageRow {
  readonly job: string;
  /** Fleet-wide id. */
  readonly shard: number;
  readonly incarnation: number;
  readonly usage: UsageTotals;
}

/** A job that holds bytes but is otherwise quiet is reported this often: only its byte-seconds grow. */
const quietReportMs = 10_000;

interface Entry {
  /** Of loads of the job and of processes of the shard that are over. */
  settled: UsageTotals;
  current: UsageTotals;
  /** When `current` was true. */
  seenMs: number;
  reportedMs: number;
  changed: boolean;
  /** The shard was gone since `current` was made: it is what the job has in slower tiers. */
  away: boolean;
}

/**
 * What the jobs of a node used, by the node's shard index, as its shards last said. Counters go on over deaths of shards, so that a report that
 * was lost is made up for by the next; they begin at 0 with the host process, in a new incarnation. In memory: the controller keeps the sums.
 */
export class UsageLedger {
  private readonly incarnation: number;
  private readonly jobs = new Map<string, Map<number, Entry>>();
  /** Up to when each shard's counters are known to be complete. */
  private readonly heardMs = new Map<number, number>();
  private readonly down = new Set<number>();

  constructor(incarnation: number) {
    this.incarnation = incarnation;
  }

  /** Takes in counters of one shard: those of jobs that changed since it was last heard. Ignored while it is down. */
  record(index: number, statistics: readonly JobStatistics[], nowMs: number): void {
    if (this.down.has(index)) return;
    this.heardMs.set(index, nowMs);
    for (const one of statistics) this.recordOne(index, one, nowMs);
  }

  /** A job is gone from a shard; these are its last counters there. Of a shard that has died since they are settled already. */
  purged(index: number, job: string, usage: UsageTotals, nowMs: number): void {
    if (!this.down.has(index)) this.recordOne(index, { job, usage, final: true }, nowMs);
  }

  /**
   * A shard has died. What its jobs had counted is settled: `left` is what it left in memory, of jobs not in it what was last heard counts. What
   * they have in slower tiers goes on costing.
   */
  shardDown(index: number, left: readonly LeftUsage[], nowMs: number): void {
    if (this.down.has(index)) return;
    this.down.add(index);
    for (const { job, usage } of left) {
      const entry = this.entry(job, index);
      this.settle(entry, usage, nowMs);
    }
    const settled = new Set(left.map(({ job }) => job));
    for (const [job, entries] of this.jobs) {
      const entry = settled.has(job) ? undefined : entries.get(index);
      if (entry) this.settle(entry, extrapolateUsage(entry.current, nowMs - entry.seenMs), nowMs);
    }
  }

  /** The shard runs again; its counters begin at 0. */
  shardUp(index: number): void {
    this.down.delete(index);
  }

  /** What is to be reported now: rows that changed, and from time to time those of jobs that just hold bytes. */
  report(shardIds: readonly number[], nowMs: number): UsageRow[] {
    const rows: UsageRow[] = [];
    for (const [job, entries] of this.jobs) {
      for (const [index, entry] of entries) {
        const shard = shardIds[index];
        const due = entry.changed || (heldBytes(entry.current) > 0 && nowMs - entry.reportedMs >= quietReportMs);
        if (!due || shard === undefined) continue;
        entry.changed = false;
        entry.reportedMs = nowMs;
        rows.push({ job, shard, incarnation: this.incarnation, usage: this.usageOf(index, entry, nowMs) });
      }
    }
    return rows;
  }

  /** Everything is to be reported again: the last report may have been lost. */
  reportAgain(): void {
    for (const entries of this.jobs.values()) for (const entry of entries.values()) entry.changed = true;
  }

  /** The sum of a job's counters over the shards. */
  total(job: string, nowMs: number): UsageTotals {
    let sum = noUsage;
    for (const [index, entry] of this.jobs.get(job) ?? []) sum = addUsage(sum, this.usageOf(index, entry, nowMs));
    return sum;
  }

  forgetJob(job: string): void {
    this.jobs.delete(job);
  }

  private recordOne(index: number, { job, usage, final }: JobStatistics, nowMs: number): void {
    const entry = this.entry(job, index);
    // A shard that found what the job has on disk counts it from its predecessor's death on.
    if (entry.away && usage.ssdByteSeconds + usage.objectByteSeconds === 0) {
      entry.settled = addOver(entry.settled, withoutHeld(extrapolateUsage(entry.current, nowMs - entry.seenMs)));
    }
    entry.away = false;
    entry.seenMs = nowMs;
    entry.changed = true;
    entry.current = final ? noUsage : usage;
    if (final) entry.settled = addOver(entry.settled, withoutHeld(usage));
  }

  private settle(entry: Entry, usage: UsageTotals, nowMs: number): void {
    const { ssdBytes, objectBytes } = usage;
    entry.settled = addOver(entry.settled, withoutHeld(usage));
    entry.current = { ...noUsage, ssdBytes, objectBytes };
    entry.away = ssdBytes + objectBytes > 0;
    entry.seenMs = nowMs;
    entry.changed = true;
  }

  /** Nothing that is not known yet: up to when the shard was heard, or up to now if nothing can change. */
  private usageOf(index: number, { settled, current, seenMs, away }: Entry, nowMs: number): UsageTotals {
    const knownMs = away ? nowMs : (this.heardMs.get(index) ?? seenMs);
    return addOver(settled, extrapolateUsage(current, knownMs - seenMs));
  }

  private entry(job: string, index: number): Entry {
    const entries = this.jobs.get(job) ?? new Map<number, Entry>();
    this.jobs.set(job, entries);
    const known = entries.get(index);
    if (known) return known;
    const fresh: Entry = { settled: noUsage, current: noUsage, seenMs: 0, reportedMs: 0, changed: true, away: false };
    entries.set(index, fresh);
    return fresh;
  }
}

/** The uses of one shard one after the other: peaks were not at the same time. */
function addOver(before: UsageTotals, after: UsageTotals): UsageTotals {
  return { ...addUsage(before, after), peakBytes: Math.max(before.peakBytes, after.peakBytes) };
}
