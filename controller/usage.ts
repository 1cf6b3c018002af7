import { addUsage, combineUsage, noUsage, type UsageTotals, withoutHeld } from '@satchel/proto/core';
import type { ShardUsage, UsageRecord } from './model.js';

/** One shard's use over all its incarnations. */
function totalOf({ usage, settled }: ShardUsage): UsageTotals {
  return { ...addUsage(usage, settled), peakBytes: Math.max(usage.peakBytes, settled.peakBytes) };
}

/** What one job used, gathered from reports of cumulative counters that may repeat, stop short or start anew. */
export class JobUsageBook {
  readonly job: string;
  readonly #shards = new Map<number, ShardUsage>();

  constructor(job: string, record?: UsageRecord) {
    this.job = job;
    for (const shard of record?.shards ?? []) this.#shards.set(shard.shard, shard);
  }

  record(): UsageRecord {
    return { job: this.job, shards: [...this.#shards.values()] };
  }

  /** A shard's counters of one incarnation; what an earlier incarnation counted is kept, a late report of it is ignored. */
  report(shard: number, incarnation: number, usage: UsageTotals): void {
    const known = this.#shards.get(shard);
    if (known !== undefined && incarnation < known.incarnation) return;
    const restarted = known !== undefined && incarnation > known.incarnation;
    const settled = restarted ? withoutHeld(totalOf(known)) : (known?.settled ?? noUsage);
    this.#shards.set(shard, { shard, incarnation, usage, settled });
  }

  /**
   * The job was purged on the node of these shards, which reported `final` as the sum of their last counters. Nothing of it is
   * held there any more; a counter that was seen higher in a report stays.
   */
  purged(shards: readonly number[], final: UsageTotals): void {
    const known = shards.flatMap((shard) => this.#shards.get(shard) ?? []);
    const first = shards[0];
    if (first === undefined) return;
    const reported = known.map(({ usage }) => usage).reduce(addUsage, noUsage);
    const settled = known.map((entry) => entry.settled).reduce(addUsage, noUsage);
    for (const shard of shards) this.#shards.delete(shard);
    const incarnation = Math.max(0, ...known.map((entry) => entry.incarnation));
    const usage = withoutHeld(combineUsage(reported, final, Math.max));
    this.#shards.set(first, { shard: first, incarnation, usage, settled });
  }

  total(): UsageTotals {
    return [...this.#shards.values()].map(totalOf).reduce(addUsage, noUsage);
  }
}
