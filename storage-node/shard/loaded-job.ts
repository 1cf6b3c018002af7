import { type Clock, type UsageField, type UsageTotals, usageFields } from '@satchel/proto/core';
import type { JobGrant } from './grants.js';
import type { ShardJob } from './job.js';
import type { JobStatistics } from './messages.js';

/** What grows while nothing happens. */
const overTime: ReadonlySet<UsageField> = new Set(['dramByteSeconds', 'ssdByteSeconds', 'objectByteSeconds']);

/**
 * A job that is open on this shard. One that has no objects is let go of after a while: it then lives only for as long as a
 * session refers to it, so that there is never a second ShardJob of the same job.
 */
export class LoadedJob {
  readonly id: string;
  readonly grant: JobGrant;
  /** Whether its store was opened: it then stays until it ends. */
  stored = false;
  private strong: ShardJob | undefined;
  private readonly weak: WeakRef<ShardJob>;
  private readonly usage: ShardJob['usage'];
  private readonly objectRequests: () => number;
  private reported: UsageTotals | undefined;
  private activeMs: number;
  private requests = 0;

  constructor(job: ShardJob, grant: JobGrant, objectRequests: () => number, nowMs: number) {
    this.id = job.configuration.job;
    this.grant = grant;
    this.strong = job;
    this.weak = new WeakRef(job);
    this.usage = job.usage;
    this.objectRequests = objectRequests;
    this.activeMs = nowMs;
  }

  /** The job, held again from now on; undefined if it was let go of and nobody refers to it any more. */
  take(nowMs: number): ShardJob | undefined {
    this.strong ??= this.weak.deref();
    this.activeMs = nowMs;
    return this.strong;
  }

  /** The job as long as anybody refers to it. */
  peek(): ShardJob | undefined {
    return this.strong ?? this.weak.deref();
  }

  /** Lets go of the job. */
  release(): void {
    this.strong = undefined;
  }

  /** Lets go of a job without a store that did nothing for `idleMs`, if it can be opened again. */
  releaseIfIdle(idleMs: number, nowMs: number, canBeOpened: () => boolean): void {
    if (this.usage.requests !== this.requests) this.activeMs = nowMs;
    this.requests = this.usage.requests;
    if (this.stored || nowMs - this.activeMs < idleMs) return;
    if (this.strong !== undefined && canBeOpened()) this.release();
  }

  /** The counters now. */
  counters(clock: Clock): UsageTotals {
    this.usage.objectRequests = this.objectRequests() + this.usage.persistRequests;
    const job = this.peek();
    // Those of slots that have moved on are charged here until they have moved, too.
    return this.usage.totals(clock.now(), job === undefined ? 0 : job.objects.count - job.striping.parts.chunks);
  }

  /** The counters if anything but byte-seconds changed since they were last taken. */
  changes(clock: Clock): JobStatistics | undefined {
    const usage = this.counters(clock);
    const { reported } = this;
    if (reported !== undefined && !usageFields.some((field) => !overTime.has(field) && usage[field] !== reported[field])) {
      return undefined;
    }
    this.reported = usage;
    return { job: this.id, usage, final: false };
  }
}
