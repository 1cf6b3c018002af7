import { SatchelError } from '@satchel/proto/core';
import type { Deficit, JobRecord } from '../model.js';
import type { JobChanges } from './changes.js';
import type { JobParts } from './parts.js';
import { isWorthMoving, mostPreviousOwners } from './replanning.js';
import type { JobScaling } from './scaling.js';

/** Jobs that are planned anew in one turn, and the time between turns: what widening may take from everything else is bounded. */
const jobsATurn = 16;
const turnMs = 100;
/** Time between the begins of two rounds at least, in each of which every job that is short of something is looked at once. */
const roundMs = 1000;

/**
 * Gives jobs that got less than they wanted more, when there is more: nodes joined, shards came back, others gave room back. Those whose
 * namespaces have least for their weight come first, and of these the ones that are short of most.
 */
export class JobWidening {
  readonly #parts: JobParts;
  readonly #changes: JobChanges;
  readonly #scaling: JobScaling;
  /** Jobs that are yet to be looked at in this round. */
  #round: string[] = [];
  /** Whether there has been more room since the round began. */
  #again = false;
  #roundStartedMs = 0;
  #cancel: (() => void) | undefined;

  constructor(parts: JobParts, changes: JobChanges, scaling: JobScaling) {
    this.#parts = parts;
    this.#changes = changes;
    this.#scaling = scaling;
  }

  /** There may be more room than before. */
  roomier(): void {
    this.#again = true;
    if (this.#parts.table.short.size === 0 || this.#cancel !== undefined) return;
    const { clock } = this.#parts.environment;
    this.#schedule(Math.max(turnMs, this.#roundStartedMs + roundMs - clock.now()));
  }

  close(): void {
    this.#round = [];
    this.#again = false;
    this.#cancel?.();
  }

  #schedule(delayMs: number): void {
    this.#cancel = this.#parts.environment.clock.after(delayMs, () => {
      this.#turn().catch((error: unknown) =>
        this.#parts.environment.log.error({ err: error }, 'jobs that are short of something could not be widened'),
      );
    });
  }

  async #turn(): Promise<void> {
    if (this.#round.length === 0) this.#begin();
    try {
      await Promise.all(this.#round.splice(0, jobsATurn).map((job) => this.#widen(job)));
    } finally {
      this.#cancel = undefined;
      if (this.#round.length > 0) this.#schedule(turnMs);
      else if (this.#again) this.roomier();
    }
  }

  #begin(): void {
    const { environment, table, fleet, reserved, namespaces } = this.#parts;
    this.#again = false;
    this.#roundStartedMs = environment.clock.now();
    const shards = fleet.rooms(reserved).length;
    const deficits = [...table.short].flatMap((job) => {
      const record = table.get(job);
      return record?.deficit !== undefined && mayGetMore(record, record.deficit, shards)
        ? { job, namespace: record.namespace, deficit: record.deficit }
        : [];
    });
    const byFullness = (a: string, b: string) => namespaces.fullnessOf(a) - namespaces.fullnessOf(b);
    deficits.sort((a, b) => byFullness(a.namespace, b.namespace) || byDeficit(b.deficit, a.deficit) || (a.job < b.job ? -1 : 1));
    this.#round = deficits.map(({ job }) => job);
  }

  async #widen(job: string): Promise<void> {
    if (!this.#parts.table.short.has(job)) return;
    try {
      await this.#changes.change(job, (before) => {
        if (before.deficit === undefined || before.previous.length > mostPreviousOwners / 2) return undefined;
        const planned = this.#scaling.plan(before);
        if (!isWorthMoving(before.deficit, planned.deficit)) return undefined;
        return this.#scaling.decide(before, 'widened, as there is more room than before', undefined, planned);
      });
    } catch (error) {
      if (!['no-job', 'unavailable'].includes(SatchelError.from(error).code)) throw error;
    }
  }
}

/** A job that is short of nothing but shards gets more only where there are more. */
function mayGetMore({ allocation }: JobRecord, { bytes, throughputBytesPerSecond }: Deficit, shards: number): boolean {
  return bytes > 0 || throughputBytesPerSecond > 0 || shards > allocation.shares.length;
}

/** By bytes, then throughput, then shards. */
function byDeficit(a: Deficit, b: Deficit): number {
  return a.bytes - b.bytes || a.throughputBytesPerSecond - b.throughputBytesPerSecond || a.shards - b.shards;
}
