import { SatchelError } from '@satchel/proto/core';
import type { Logger } from 'pino';
import type { Key } from '../../store/key.js';
import { scanEnd } from '../../store/tier-store.js';
import type { TierShare, YieldingTier } from '../job-stores.js';
import type { Demoted, Flight, JobDemotions } from './job-demotions.js';

/** A job as far as it yields a tier. */
export interface YieldingJob {
  readonly configuration: { readonly job: string; readonly evict: '' | 'lru' };
  readonly objects: { readonly demotions: Pick<JobDemotions, 'keys' | 'demote'>; evict(): boolean };
}

export interface DemoterOptions {
  /** What is freed. */
  readonly tier: YieldingTier;
  /** Bytes of it that are reserved and that others hold. */
  readonly missingBytes: () => number;
  /** Jobs with objects. */
  readonly jobs: () => Iterable<YieldingJob>;
  /** What a job has reserved of it and what it holds beyond; undefined: it has none. */
  readonly shareOf: (job: string) => TierShare | undefined;
  readonly log: Pick<Logger, 'warn'>;
}

/** What was taken out of the tier so far for those who reserved it. */
export interface DemotionCounts {
  /** Objects moved to another tier, and what they are charged. */
  objects: number;
  bytes: number;
  /** Objects that caches dropped instead. */
  dropped: number;
}

/** Longer than this nobody waits for a piece of work. */
const sliceMs = 0.25;
/** Between two pieces of work, if somebody else had something to do: so they have four fifths of the time. */
const pauseMs = 1;
/** A turn of the event loop that was shorter was idle. */
const idleTurnMs = 0.1;
const keysPerScan = 16;
/** Values that are being written to slower tiers at a time. */
const flyingBytesLimit = 8 * 1024 * 1024;
/** So many refusals in a row, of objects of all sizes, and the other tiers are taken for full. */
const refusalsLimit = 8;
/** How long a job is left alone that could yield nothing. */
const retryMs = 5000;

/**
 * Frees what is reserved of a tier and others hold: moves their objects to slower tiers, or has caches drop from DRAM what they used least recently, until
 * there is room. Jobs without a reservation come first, then those with the most beyond theirs. A little at a time, so that commands hardly notice.
 */
export class Demoter {
  readonly counts: DemotionCounts = { objects: 0, bytes: 0, dropped: 0 };
  readonly #options: DemoterOptions;
  /** When jobs that could yield nothing are asked again. */
  readonly #restingUntilMs = new Map<string, number>();
  #running: Promise<void> | undefined;
  readonly #flights = new Flights();
  #stopped = false;

  constructor(options: DemoterOptions) {
    this.#options = options;
  }

  /** Begins if there is something to do; to be called when reservations change, and now and then. */
  review(): void {
    if (this.#running !== undefined || this.#stopped || this.#options.missingBytes() <= 0) return;
    this.#running = this.#run()
      .catch((error: unknown) =>
        this.#options.log.warn(
          { err: error, tier: this.#options.tier },
          'what is reserved of a tier could not be freed; it is tried again',
        ),
      )
      .finally(() => {
        this.#running = undefined;
      });
  }

  /** Settles when nothing is going on. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** Goes on with nothing more. */
  stop(): void {
    this.#stopped = true;
  }

  async #run(): Promise<void> {
    for (const job of this.#inOrder()) {
      if (!this.#isWanted()) break;
      const id = job.configuration.job;
      const before = this.counts.objects + this.counts.dropped;
      try {
        if (job.configuration.evict !== 'lru') await this.#demote(job);
        else if (this.#options.tier === 'dram') await this.#shrink(job);
      } catch (error) {
        if (!(error instanceof SatchelError && error.code === 'no-job')) throw error;
      }
      await this.#flights.allLanded();
      if (this.counts.objects + this.counts.dropped === before) this.#restingUntilMs.set(id, performance.now() + retryMs);
    }
  }

  #inOrder(): YieldingJob[] {
    const nowMs = performance.now();
    for (const [job, untilMs] of this.#restingUntilMs) if (untilMs <= nowMs) this.#restingUntilMs.delete(job);
    const candidates: { job: YieldingJob; share: TierShare; excessBytes: number }[] = [];
    for (const job of this.#options.jobs()) {
      const share = this.#options.shareOf(job.configuration.job);
      if (share === undefined || share.excessBytes === 0 || this.#restingUntilMs.has(job.configuration.job)) continue;
      candidates.push({ job, share, excessBytes: share.excessBytes });
    }
    candidates.sort(
      (left, right) => Number(left.share.bytes > 0) - Number(right.share.bytes > 0) || right.excessBytes - left.excessBytes,
    );
    return candidates.map(({ job }) => job);
  }

  /** Whether more is to be freed than what is on its way already. */
  #isWanted(): boolean {
    return !this.#stopped && this.#options.missingBytes() > this.#flights.bytes;
  }

  #mustYield(job: YieldingJob): boolean {
    return this.#isWanted() && (this.#options.shareOf(job.configuration.job)?.excessBytes ?? 0) > this.#flights.bytes;
  }

  async #demote(job: YieldingJob): Promise<void> {
    const pass = new Pass(this.#options.tier, job, this.#flights, this.counts);
    while (pass.goesOn) {
      if (this.#mustYield(job) && this.#flights.bytes < flyingBytesLimit) {
        const endMs = performance.now() + sliceMs;
        do pass.step();
        while (pass.goesOn && performance.now() < endMs && this.#flights.bytes < flyingBytesLimit && this.#mustYield(job));
        await letOthersIn();
        continue;
      }
      // What is on its way may be enough.
      if (this.#flights.count === 0) return;
      await this.#flights.next();
    }
  }

  /** Has a cache drop what it used least recently. */
  async #shrink(job: YieldingJob): Promise<void> {
    while (this.#mustYield(job)) {
      const endMs = performance.now() + sliceMs;
      do {
        if (!job.objects.evict()) return;
        this.counts.dropped++;
      } while (performance.now() < endMs && this.#mustYield(job));
      await letOthersIn();
    }
  }
}

/** Objects that are being written to slower tiers. */
class Flights {
  bytes = 0;
  count = 0;
  #waiting: (() => void)[] = [];

  add({ bytes, landed }: Flight, told: (outcome: Demoted) => void): void {
    this.bytes += bytes;
    this.count++;
    const ended = (outcome: Demoted) => {
      this.bytes -= bytes;
      this.count--;
      told(outcome);
      for (const go of this.#waiting.splice(0)) go();
    };
    landed.then(ended, () => ended('refused'));
  }

  /** Settles when one has ended. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async allLanded(): Promise<void> {
    while (this.count > 0) await this.next();
  }
}

/** One way through what a job has in a tier. */
class Pass {
  readonly #tier: YieldingTier;
  readonly #demotions: YieldingJob['objects']['demotions'];
  readonly #flights: Flights;
  readonly #counts: DemotionCounts;
  readonly #keys: Key[] = [];
  #position = 0;
  #refusals = 0;

  constructor(tier: YieldingTier, job: YieldingJob, flights: Flights, counts: DemotionCounts) {
    this.#tier = tier;
    this.#demotions = job.objects.demotions;
    this.#flights = flights;
    this.#counts = counts;
  }

  /** False: all was looked at, or the other tiers are full. */
  get goesOn(): boolean {
    return this.#refusals < refusalsLimit && (this.#keys.length > 0 || this.#position < scanEnd);
  }

  /** Looks at some keys, or sends one object on its way. */
  step(): void {
    const key = this.#keys.shift();
    if (key === undefined) {
      this.#position = this.#demotions.keys(this.#tier, this.#position, keysPerScan, this.#keys);
      return;
    }
    const outcome = this.#demote(key);
    if (typeof outcome === 'object') this.#flights.add(outcome, (landed) => this.#ended(landed));
    else this.#ended(outcome);
  }

  #demote(key: Key): Demoted | Flight {
    try {
      return this.#demotions.demote(this.#tier, key);
    } catch (error) {
      // A disk that fails takes nothing.
      if (error instanceof SatchelError && error.code === 'unavailable') return 'refused';
      throw error;
    }
  }

  #ended(outcome: Demoted): void {
    if (outcome === 'refused') this.#refusals++;
    if (typeof outcome !== 'number') return;
    this.#refusals = 0;
    this.#counts.objects++;
    this.#counts.bytes += outcome;
  }
}

/** Ends a piece of work. */
async function letOthersIn(): Promise<void> {
  const fromMs = performance.now();
  await new Promise((resolve) => setImmediate(resolve));
  if (performance.now() - fromMs > idleTurnMs) await new Promise((resolve) => setTimeout(resolve, pauseMs));
}
