import { addUsage, combineUsage, heldBytes, noUsage, type UsageField, type UsageTotals, withoutHeld } from '@satchel/proto/core';
import type { ShardUsage, UsageRecord } from './model.js';
import { nothingReclaimed, type Reclaimed } from './stages/stage-record.js';
import { JobPace, type Rates } from './usage/pace.js';

/** One shard's use over all its incarnations. */
function totalOf({ usage, settled }: ShardUsage): UsageTotals {
  if (settled === noUsage) return usage;
  return { ...addUsage(usage, settled), peakBytes: Math.max(usage.peakBytes, settled.peakBytes) };
}

/** Adds up in place: totals are asked for often, of jobs with many shards. */
function addTo(total: { -readonly [Field in UsageField]: number }, usage: UsageTotals): void {
  total.dramBytes += usage.dramBytes;
  total.ssdBytes += usage.ssdBytes;
  total.objectBytes += usage.objectBytes;
  total.dramByteSeconds += usage.dramByteSeconds;
  total.ssdByteSeconds += usage.ssdByteSeconds;
  total.objectByteSeconds += usage.objectByteSeconds;
  total.bytesIn += usage.bytesIn;
  total.bytesOut += usage.bytesOut;
  total.requests += usage.requests;
  total.localReads += usage.localReads;
  total.localBytes += usage.localBytes;
  total.peakBytes += usage.peakBytes;
  total.objects += usage.objects;
  total.objectRequests += usage.objectRequests;
  total.persistedBytes += usage.persistedBytes;
}

/** Counters as they were highest, and what is held as it was said last. */
function latest(before: UsageTotals, after: UsageTotals): UsageTotals {
  const highest: { -readonly [Field in UsageField]: number } = combineUsage(before, after, Math.max);
  highest.dramBytes = after.dramBytes;
  highest.ssdBytes = after.ssdBytes;
  highest.objectBytes = after.objectBytes;
  highest.objects = after.objects;
  return highest;
}

/**
 * When a report was made, by the clock of its node, how often jobs that change are reported, and whether it is the first on a new stream, which
 * tells of all jobs.
 */
export interface ReportTime {
  readonly atMs: number;
  readonly everyMs: number;
  readonly begins: boolean;
}

/** What one job used, gathered from reports of cumulative counters that may repeat, come late, stop short or start anew. */
export class JobUsageBook {
  readonly job: string;
  readonly namespace: string;
  /** Most bytes and requests in one second, over all shards. */
  peakRates: Rates;
  /** What was held when the job ended. */
  reclaimed: Reclaimed | undefined;
  readonly #shards = new Map<number, ShardUsage>();
  #pace = new JobPace();

  constructor(job: string, namespace: string, record?: UsageRecord) {
    this.job = job;
    this.namespace = namespace;
    this.peakRates = record?.peakRates ?? { bytesPerSecond: 0, requestsPerSecond: 0 };
    this.reclaimed = record?.reclaimed;
    for (const shard of record?.shards ?? []) this.#shards.set(shard.shard, shard);
  }

  record(): UsageRecord {
    const { job, namespace, peakRates, reclaimed } = this;
    return { job, namespace, shards: [...this.#shards.values()], peakRates, ...(reclaimed && { reclaimed }) };
  }

  /** A shard's counters of one incarnation; what an earlier incarnation counted is kept, a late report of it is ignored. */
  report(shard: number, incarnation: number, usage: UsageTotals, time: ReportTime): void {
    const known = this.#shards.get(shard);
    if (known !== undefined && incarnation < known.incarnation) return;
    const restarted = known !== undefined && incarnation > known.incarnation;
    const settled = restarted ? withoutHeld(totalOf(known)) : (known?.settled ?? noUsage);
    const counted = known === undefined || restarted ? usage : latest(known.usage, usage);
    this.#shards.set(shard, { shard, incarnation, usage: counted, settled });
    const first = known === undefined && !time.begins;
    const begins = time.begins || restarted;
    this.#paced(first ? this.#pace.first(shard, counted, time) : this.#pace.report(shard, counted, { ...time, begins }));
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

  /** The job has ended; what it holds is what is reclaimed. */
  ending(): void {
    const total = this.total();
    this.reclaimed ??= { objects: total.objects, bytes: heldBytes(total) };
  }

  /** The job has ended everywhere: what each of its shards did is not told apart any more. */
  ended(): void {
    const usage = this.total();
    this.#shards.clear();
    this.#shards.set(0, { shard: 0, incarnation: 0, usage, settled: noUsage });
    this.#pace = new JobPace();
  }

  total(): UsageTotals {
    const total = { ...noUsage };
    for (const shard of this.#shards.values()) addTo(total, totalOf(shard));
    return total;
  }

  /** Bytes held now; those of incarnations that are over went with them. */
  get heldBytes(): number {
    let bytes = 0;
    for (const { usage } of this.#shards.values()) bytes += heldBytes(usage);
    return bytes;
  }

  #paced({ bytesPerSecond, requestsPerSecond }: Rates): void {
    const { peakRates } = this;
    if (bytesPerSecond <= peakRates.bytesPerSecond && requestsPerSecond <= peakRates.requestsPerSecond) return;
    this.peakRates = {
      bytesPerSecond: Math.max(bytesPerSecond, peakRates.bytesPerSecond),
      requestsPerSecond: Math.max(requestsPerSecond, peakRates.requestsPerSecond),
    };
  }
}

/** What the end of a job gave back; nothing if it goes on or nothing was reported. */
export function reclaimedOf(book: JobUsageBook | undefined): Reclaimed {
  return book?.reclaimed ?? nothingReclaimed;
}
