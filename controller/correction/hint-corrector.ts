import { heldBytes, SatchelError, type UsageTotals } from '@satchel/proto/core';
import type { DecisionLog } from '../decisions/decision-log.js';
import type { Environment } from '../environment.js';
import type { Jobs } from '../jobs.js';
import { type Corrected, type Figure, type JobRecord, reservedBytes } from '../model.js';
import { shardsUnhinted } from '../sizing/demand.js';
import { type Correction, type CorrectionPolicy, correctHints, type ObservedJob, widerShards } from './correct-hints.js';

const tickMs = 1000;
/** Jobs looked at in a tick, so that a hundred thousand do not take one long turn; each is looked at again no sooner than after `intervalMs`. */
const jobsPerTick = 1000;
const intervalMs = 5000;

/** What was seen of a job the last time. */
interface Sample {
  readonly atMs: number;
  readonly movedBytes: number;
  readonly heldBytes: number;
  readonly spilledBytes: number;
  /** What had spilled when the job was last given shards: it stays where it is. */
  readonly settledBytes: number;
  readonly bytesPerSecond: number;
}

export interface CorrectorParts {
  readonly environment: Environment;
  readonly jobs: Jobs;
  readonly decisions: DecisionLog;
  readonly policy: CorrectionPolicy;
}

/** Looks at running jobs in turn and corrects reservations that what is seen contradicts. Quotas stay what the jobs said. */
export class HintCorrector {
  readonly #parts: CorrectorParts;
  readonly #startedMs: number;
  /** Of each active job, undefined before it was looked at. */
  readonly #samples = new Map<string, Sample | undefined>();
  /** Where the round over all jobs is. */
  #round: Iterator<string> | undefined;
  #cancel: () => void;

  /** Begins at once. */
  constructor(parts: CorrectorParts) {
    this.#parts = parts;
    this.#startedMs = parts.environment.clock.now();
    const { table } = parts.jobs;
    for (const record of table.all()) this.#follow(record);
    table.watch((before, after) => {
      if (before?.state.kind !== after?.state.kind) this.#follow(after, before?.job);
    });
    this.#cancel = parts.environment.clock.after(tickMs, this.#tick);
  }

  close(): void {
    this.#cancel();
  }

  readonly #tick = (): void => {
    const { jobs, environment } = this.#parts;
    const nowMs = environment.clock.now();
    this.#round ??= this.#samples.keys();
    for (let looked = 0; looked < jobsPerTick; looked++) {
      const next = this.#round.next();
      if (next.done) {
        this.#round = undefined;
        break;
      }
      const record = jobs.table.get(next.value);
      if (record !== undefined) this.#look(record, nowMs);
    }
    this.#cancel = environment.clock.after(tickMs, this.#tick);
  };

  /** Only active jobs are looked at. */
  #follow(record: JobRecord | undefined, job = record?.job): void {
    if (job === undefined) return;
    if (record?.state.kind !== 'active') this.#samples.delete(job);
    else if (!this.#samples.has(job)) this.#samples.set(job, undefined);
  }

  #look(record: JobRecord, nowMs: number): void {
    const { job } = record;
    const before = this.#samples.get(job);
    if (before !== undefined && nowMs - before.atMs < intervalMs) return;
    const total = this.#parts.jobs.usage.total(job);
    const sample = sampleOf(total, before, nowMs);
    this.#samples.set(job, sample);
    if (before === undefined) return;
    if (!reservesAnything(record)) {
      this.#widen(record, before, sample, nowMs);
      return;
    }
    const correction = correctHints(this.#observed(record, total.peakBytes, before, sample, nowMs), this.#parts.policy);
    if (correction !== undefined) this.#correct(record, correction, nowMs);
  }

  /** A job that reserves nothing goes on doing so, and gets more shards if it needs them. */
  #widen(record: JobRecord, before: Sample, now: Sample, nowMs: number): void {
    const { allocation, corrected, hints } = record;
    if (hints.requests !== undefined || allocation.tiers[0] !== 'dram') return;
    const widening = widerShards({
      wanted: corrected?.shards ?? shardsUnhinted,
      shards: allocation.shares.length,
      heldBytes: now.heldBytes,
      spilledBytes: Math.min(before.spilledBytes, now.spilledBytes) - now.settledBytes,
      bytesPerSecond: Math.min(before.bytesPerSecond, now.bytesPerSecond),
    });
    if (widening === undefined) return;
    this.#samples.set(record.job, { ...now, settledBytes: now.spilledBytes });
    const { shards, because, figures } = widening;
    const none = { capacityBytes: undefined, throughputBytesPerSecond: undefined, askedBytes: 0, askedBytesPerSecond: 0 };
    this.#apply(record, { ...none, shards, atMs: nowMs, because }, true, figures);
  }

  #observed(record: JobRecord, peakBytes: number, before: Sample, now: Sample, nowMs: number): ObservedJob {
    const { usage } = this.#parts.jobs;
    const { job, corrected, createdMs, hints, allocation } = record;
    const reserved = reservedOf(record);
    return {
      watchedMs: nowMs - Math.max(createdMs, corrected?.atMs ?? 0, this.#startedMs),
      lifetimeMs: hints.lifetimeSeconds === undefined ? undefined : hints.lifetimeSeconds * 1000,
      bytes: {
        asked: positive(corrected?.askedBytes ?? reserved.bytes),
        reserved: reserved.bytes,
        peak: Math.max(peakBytes, now.heldBytes),
        sustained: Math.min(before.heldBytes, now.heldBytes),
        bound: positive(allocation.quotaBytes),
      },
      bytesPerSecond: {
        asked: positive(corrected?.askedBytesPerSecond ?? reserved.bytesPerSecond),
        reserved: reserved.bytesPerSecond,
        peak: Math.max(usage.peakRates(job).bytesPerSecond, now.bytesPerSecond),
        sustained: Math.min(before.bytesPerSecond, now.bytesPerSecond),
        bound: undefined,
      },
    };
  }

  #correct(record: JobRecord, { because, figures, ...to }: Correction, nowMs: number): void {
    const reserved = reservedOf(record);
    const corrected: Corrected = {
      capacityBytes: to.capacityBytes ?? record.corrected?.capacityBytes,
      throughputBytesPerSecond: to.throughputBytesPerSecond ?? record.corrected?.throughputBytesPerSecond,
      askedBytes: record.corrected?.askedBytes ?? reserved.bytes,
      askedBytesPerSecond: record.corrected?.askedBytesPerSecond ?? reserved.bytesPerSecond,
      atMs: nowMs,
      because,
    };
    const grows = (to.capacityBytes ?? 0) > reserved.bytes || (to.throughputBytesPerSecond ?? 0) > reserved.bytesPerSecond;
    this.#apply(record, corrected, grows, figures);
  }

  #apply(record: JobRecord, corrected: Corrected, grows: boolean, figures: readonly Figure[]): void {
    const { jobs, decisions, environment } = this.#parts;
    const { because } = corrected;
    jobs.correct(record, corrected, grows).then(
      (now) => {
        if (now.corrected === corrected) decisions.record({ kind: 'correct', subject: record.job, figures, because });
      },
      (error: unknown) => {
        if (SatchelError.from(error).code === 'no-job') return;
        environment.log.error({ err: error, job: record.job }, 'a reservation could not be corrected');
      },
    );
  }
}

function sampleOf(total: UsageTotals, before: Sample | undefined, nowMs: number): Sample {
  const movedBytes = total.bytesIn + total.bytesOut + total.localBytes;
  const moved = before === undefined ? 0 : Math.max(0, movedBytes - before.movedBytes);
  const bytesPerSecond = before === undefined ? 0 : (moved * 1000) / (nowMs - before.atMs);
  const spilledBytes = total.ssdBytes + total.objectBytes;
  const settledBytes = Math.min(before?.settledBytes ?? 0, spilledBytes);
  return { atMs: nowMs, movedBytes, heldBytes: heldBytes(total), spilledBytes, settledBytes, bytesPerSecond };
}

/** What is reserved for a job, and what it lacks of that. */
function reservedOf({ allocation, deficit }: JobRecord): { readonly bytes: number; readonly bytesPerSecond: number } {
  return {
    bytes: reservedBytes(allocation),
    bytesPerSecond: allocation.throughputBytesPerSecond + (deficit?.throughputBytesPerSecond ?? 0),
  };
}

function reservesAnything(record: JobRecord): boolean {
  const { bytes, bytesPerSecond } = reservedOf(record);
  return bytes > 0 || bytesPerSecond > 0;
}

const positive = (value: number): number | undefined => (value > 0 ? value : undefined);
