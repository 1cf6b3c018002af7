import { type Clock, tiers } from '@satchel/proto/core';
import type { JobGrant } from './grants.js';
import type { ShardJob } from './job.js';
import type { JobStatistics } from './messages.js';
import type { UsageCounters } from './usage.js';

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
  private reported = '';
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
  counters(clock: Clock): UsageCounters {
    const { usage } = this;
    const nowMs = clock.now();
    const [dram, ssd, object] = tiers.map((tier) => ({ bytes: usage.bytes(tier), byteSeconds: usage.byteSeconds(tier, nowMs) }));
    const none = { bytes: 0, byteSeconds: 0 };
    return {
      tiers: { dram: dram ?? none, ssd: ssd ?? none, object: object ?? none },
      bytesIn: usage.bytesIn,
      bytesOut: usage.bytesOut,
      requests: usage.requests,
      localReads: usage.localReads,
      localBytes: usage.localBytes,
      peakBytes: usage.peakBytes,
      objects: this.peek()?.objectCount ?? 0,
      objectRequests: this.objectRequests(),
      persistedBytes: usage.persistedBytes,
    };
  }

  /** The counters if anything but byte-seconds changed since they were last taken. */
  changes(clock: Clock): JobStatistics | undefined {
    const { usage } = this;
    const state = [
      ...tiers.map((tier) => usage.bytes(tier)),
      usage.requests,
      usage.bytesIn,
      usage.bytesOut,
      usage.localReads,
      usage.persistedBytes,
      usage.peakBytes,
    ].join();
    if (state === this.reported) return undefined;
    this.reported = state;
    return { job: this.id, usage: this.counters(clock), final: false };
  }
}
