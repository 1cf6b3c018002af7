import { SatchelError } from '@satchel/proto/core';
import type { JobRecord } from '../model.js';
import { type Emptied, withContentsLost, withoutEmptied } from '../slots/previous-owners.js';
import type { Decided, JobChanges } from './changes.js';
import type { JobParts } from './parts.js';
import type { JobScaling } from './scaling.js';

/** How long reports of emptied slots are gathered, so that many of them are one change. */
const gatherMs = 50;
/** Jobs that get new owners at the same time, so that their changes are written together, and no turn is long. */
const jobsAtOnce = 16;
/** How much later owners are looked for again if there is no shard that may get slots. */
const ownersAgainMs = 5000;
/** After a change that could not be written it is tried again so much later. */
const againMs = 1000;

/** Follows slots that move: until their previous owners are empty, or gone for good. */
export class JobSteering {
  readonly #parts: JobParts;
  readonly #changes: JobChanges;
  readonly #scaling: JobScaling;
  readonly #emptied = new Map<string, Emptied[]>();
  readonly #timers = new Map<string, () => void>();
  #closed = false;

  constructor(parts: JobParts, changes: JobChanges, scaling: JobScaling) {
    this.#parts = parts;
    this.#changes = changes;
    this.#scaling = scaling;
  }

  /** A previous owner is empty of some slots. It may say so again. */
  emptied(job: string, report: Emptied): void {
    const record = this.#parts.table.get(job);
    if (record?.state.kind !== 'active' || !record.previous.some(({ shard }) => shard === report.shard)) return;
    const reports = this.#emptied.get(job) ?? [];
    reports.push(report);
    this.#emptied.set(job, reports);
    this.#after(job, gatherMs);
  }

  /**
   * Shards are gone for good: their slots of these jobs go to others, which know that what was not written since is lost. Resolves once
   * everything is durable that could be; the rest is tried again.
   */
  async lost(shards: readonly number[], jobs: readonly string[]): Promise<void> {
    const { fleet, environment } = this.#parts;
    // One that came back in the meantime has what it held.
    const gone = new Set(shards.filter((shard) => fleet.shard(shard)?.state !== 'up'));
    const failures: unknown[] = [];
    const left: string[] = [];
    for (let from = 0; from < jobs.length; from += jobsAtOnce) {
      const tried = jobs.slice(from, from + jobsAtOnce);
      const results = await Promise.allSettled(tried.map((job) => this.#lost(job, gone)));
      for (const [index, result] of results.entries()) {
        if (result.status === 'fulfilled') continue;
        failures.push(result.reason);
        left.push(tried[index] as string);
      }
    }
    if (left.length === 0) return;
    environment.log.warn({ err: failures[0], shards, jobs: left.length }, 'slots of shards that are gone have no new owners yet');
    this.#later(`lost ${shards.join()}`, ownersAgainMs, () => void this.lost(shards, left));
  }

  /**
   * Shards go on without what they held: they keep their slots, and know that what is not written again is lost. Resolves once that is
   * durable; throws if it cannot be.
   */
  async contentsLost(shards: readonly number[], jobs: readonly string[]): Promise<void> {
    const emptied = new Set(shards);
    for (let from = 0; from < jobs.length; from += jobsAtOnce) {
      await Promise.all(jobs.slice(from, from + jobsAtOnce).map((job) => this.#contentsLost(job, emptied)));
    }
  }

  close(): void {
    this.#closed = true;
    for (const cancel of this.#timers.values()) cancel();
  }

  #lost(job: string, gone: ReadonlySet<number>): Promise<void> {
    return this.#changeIfActive(job, (before) => {
      const holders = [...before.allocation.shares, ...before.previous.filter(({ lost }) => !lost)];
      const missing = [...new Set(holders.map(({ shard }) => shard))].filter((shard) => gone.has(shard));
      if (missing.length === 0) return undefined;
      return this.#scaling.decide(
        before,
        `${missing.length === 1 ? 'shard' : 'shards'} ${missing.join(', ')} gone for good`,
        gone,
      );
    });
  }

  #contentsLost(job: string, emptied: ReadonlySet<number>): Promise<void> {
    return this.#changeIfActive(job, ({ previous, ranges, epoch }) => {
      const holders = [...ranges, ...previous.filter(({ lost }) => !lost)];
      if (!holders.some(({ shard }) => emptied.has(shard))) return undefined;
      return { fields: { previous: withContentsLost(previous, ranges, emptied, epoch + 1), epoch: epoch + 1 } };
    });
  }

  async #changeIfActive(job: string, decide: (before: JobRecord) => Decided | undefined): Promise<void> {
    try {
      await this.#changes.change(job, decide);
    } catch (error) {
      if (SatchelError.from(error).code !== 'no-job') throw error;
    }
  }

  #after(job: string, delayMs: number): void {
    if (this.#timers.has(job)) return;
    const run = () => {
      this.#timers.delete(job);
      this.#settle(job).catch((error: unknown) => this.#failed(job, error));
    };
    this.#later(job, delayMs, run);
  }

  /** Nothing is tried again once this is closed: what could not be written then is no longer this controller's. */
  #later(key: string, delayMs: number, run: () => void): void {
    if (!this.#closed) this.#timers.set(key, this.#parts.environment.clock.after(delayMs, run));
  }

  async #settle(job: string): Promise<void> {
    const reports = this.#emptied.get(job) ?? [];
    this.#emptied.delete(job);
    try {
      await this.#changes.change(job, (before) => {
        const previous = withoutEmptied(before.previous, reports);
        return previous === before.previous ? undefined : { fields: { previous } };
      });
    } catch (error) {
      this.#emptied.set(job, [...reports, ...(this.#emptied.get(job) ?? [])]);
      throw error;
    }
  }

  #failed(job: string, error: unknown): void {
    if (SatchelError.from(error).code === 'no-job') {
      this.#emptied.delete(job);
      return;
    }
    this.#parts.environment.log.error({ err: error, job }, 'that slots were emptied could not be written');
    this.#after(job, againMs);
  }
}
