import type { ShardShare } from './model.js';

/** What is reserved on one shard. */
export interface Reserved {
  readonly dramBytes: number;
  readonly ssdBytes: number;
  readonly throughputBytesPerSecond: number;
  readonly jobs: number;
}

const nothing: Reserved = { dramBytes: 0, ssdBytes: 0, throughputBytesPerSecond: 0, jobs: 0 };

/** The sum of all active jobs' shares, shard by shard. */
export class ReservedCapacity {
  readonly #ofShard = new Map<number, Reserved>();

  /** Reserved on a shard; zeros if nothing is. */
  of(shard: number): Reserved {
    return this.#ofShard.get(shard) ?? nothing;
  }

  /** Reserves a job's shares. */
  add(shares: readonly ShardShare[]): void {
    for (const share of shares) this.#change(share, 1);
  }

  /** Gives a job's shares back; they must have been added. */
  remove(shares: readonly ShardShare[]): void {
    for (const share of shares) this.#change(share, -1);
  }

  #change(share: ShardShare, sign: 1 | -1): void {
    const before = this.of(share.shard);
    const jobs = before.jobs + sign;
    if (jobs === 0) this.#ofShard.delete(share.shard);
    else {
      this.#ofShard.set(share.shard, {
        dramBytes: before.dramBytes + sign * share.dramBytes,
        ssdBytes: before.ssdBytes + sign * share.ssdBytes,
        throughputBytesPerSecond: before.throughputBytesPerSecond + sign * share.throughputBytesPerSecond,
        jobs,
      });
    }
  }
}
