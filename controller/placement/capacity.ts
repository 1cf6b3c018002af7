import type { ShardShare } from '../model.js';

/** What is reserved on one shard. */
export interface Reserved {
  readonly dramBytes: number;
  readonly ssdBytes: number;
  readonly throughputBytesPerSecond: number;
  /** Jobs that span it, whether they reserve or not. */
  readonly jobs: number;
}

type Mutable<Type> = { -readonly [Name in keyof Type]: Type[Name] };

const nothing: Reserved = { dramBytes: 0, ssdBytes: 0, throughputBytesPerSecond: 0, jobs: 0 };

/** The sum of all active jobs' shares, shard by shard. */
export class ReservedCapacity {
  readonly #ofShard = new Map<number, Mutable<Reserved>>();
  readonly #watchers: ((shard: number) => void)[] = [];

  /** Reserved on a shard as of now; zeros if nothing is. Not to be kept: it changes. */
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

  /** Calls `changed` after each change of a shard. */
  watch(changed: (shard: number) => void): void {
    this.#watchers.push(changed);
  }

  #change(share: ShardShare, sign: 1 | -1): void {
    const reserved = this.#ofShard.get(share.shard) ?? { ...nothing };
    reserved.dramBytes += sign * share.dramBytes;
    reserved.ssdBytes += sign * share.ssdBytes;
    reserved.throughputBytesPerSecond += sign * share.throughputBytesPerSecond;
    reserved.jobs += sign;
    if (reserved.jobs === 0) this.#ofShard.delete(share.shard);
    else this.#ofShard.set(share.shard, reserved);
    for (const changed of this.#watchers) changed(share.shard);
  }
}
