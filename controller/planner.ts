import type { Hints, UsageTotals } from '@satchel/proto/core';
import { type JobPlan, planJob, replanJob } from './allocation.js';
import type { Environment } from './environment.js';
import type { Corrected, JobRecord } from './model.js';
import type { PresentShards, Rooms, ShardRoom } from './placement.js';
import { type UnitPrices, unitPricesOf } from './prices.js';
import { HistoryDesk } from './sizing/history.js';
import { type Alternatives, plannedAlternatives } from './sizing/planned-alternatives.js';
import type { PriceSheet } from './sizing/price-sheet.js';
import { defaultPriceSheet } from './sizing/price-sheet-file.js';
import type { Change } from './state/state-store.js';
import type { Rates } from './usage/pace.js';

/** Whom a plan is for: what was recorded of the name counts. */
export interface PlannedJob {
  readonly namespace: string;
  readonly name: string;
  readonly hints: Hints;
  readonly corrected?: Corrected | undefined;
}

/** Plans jobs by one price sheet and by what earlier runs of their names needed. */
export class Planner {
  readonly prices: PriceSheet;
  readonly unitPrices: UnitPrices;
  readonly history: HistoryDesk;
  readonly #environment: Environment;

  /** Takes up what is remembered of earlier runs. */
  constructor(environment: Environment) {
    this.#environment = environment;
    this.prices = environment.prices ?? defaultPriceSheet();
    this.unitPrices = unitPricesOf(this.prices);
    this.history = new HistoryDesk(environment.store.all('history'));
  }

  /** See {@link planJob}. */
  plan(job: PlannedJob, rooms: Rooms, present?: PresentShards): JobPlan {
    return planJob({ ...job.hints, corrected: job.corrected }, rooms, this.prices, present, this.#recorded(job));
  }

  /** See {@link replanJob}. */
  replan(job: JobRecord, rooms: readonly ShardRoom[]): JobPlan {
    return replanJob({ ...job.hints, corrected: job.corrected }, job.ranges, rooms, this.prices, this.#recorded(job));
  }

  /** How long a job lives, as it says, or else as the longest of the runs recorded of its name did; undefined: not known. */
  lifetimeMs(job: PlannedJob): number | undefined {
    const { lifetimeSeconds } = job.hints;
    return lifetimeSeconds === undefined ? this.#recorded(job)?.durationMs : lifetimeSeconds * 1000;
  }

  /** Everything that comes into question for a job. */
  alternatives(job: PlannedJob, rooms: Rooms): Alternatives {
    return plannedAlternatives(job.hints, rooms, this.prices, this.#recorded(job));
  }

  /** Takes note of what a job needed that is over; the changes are the caller's to commit. */
  ended({ namespace, name, createdMs, state }: JobRecord, usage: UsageTotals, peak: Rates): Change[] {
    const endedMs = state.kind === 'ending' ? state.sinceMs : this.#environment.clock.now();
    const durationMs = Math.max(1, endedMs - createdMs);
    const movedBytes = usage.bytesIn + usage.bytesOut + usage.localBytes;
    const requests = usage.requests + usage.localReads;
    // A run shorter than the time between two reports has no peak of its own; what one of less than a second did counts as done in one.
    const atLeastMean = (rate: number, amount: number) => Math.max(rate, (amount * 1000) / Math.max(1000, durationMs));
    return this.history.ended(namespace, name, {
      endedMs,
      durationMs,
      peakBytes: usage.peakBytes,
      peakBytesPerSecond: atLeastMean(peak.bytesPerSecond, movedBytes),
      peakRequestsPerSecond: atLeastMean(peak.requestsPerSecond, requests),
      movedBytes,
      requests,
    });
  }

  #recorded({ namespace, name }: { readonly namespace: string; readonly name: string }) {
    return this.history.peaks(namespace, name, this.#environment.clock.now());
  }
}
