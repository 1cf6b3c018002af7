import { type Tier, tiers } from '@satchel/proto/core';

/** Index of a tier; a table by name would be looked up by a slow path on every command. */
function indexOf(tier: Tier): number {
  return tier === 'dram' ? 0 : tier === 'ssd' ? 1 : 2;
}

/**
 * What a job used of this shard since the shard started. Bytes in tiers are charges (see objectCharge), integrated over time as
 * they change.
 */
export class JobUsage {
  /** Value bytes stored by clients; the job counts them. */
  bytesIn = 0;
  /** Value bytes returned to clients; the job counts them. */
  bytesOut = 0;
  /** Commands; dispatch counts them. */
  requests = 0;
  /** Reads that clients made from shared memory, as they reported them. */
  localReads = 0;
  /** Bytes of those. */
  localBytes = 0;
  /** Most bytes held at one time, all tiers together. */
  peakBytes = 0;
  /** Charge of what was copied to the namespace. */
  persistedBytes = 0;
  /** Bytes held now, all tiers together. */
  heldBytes = 0;
  readonly #bytes = new Float64Array(tiers.length);
  readonly #byteMs = new Float64Array(tiers.length);
  readonly #sinceMs = new Float64Array(tiers.length);

  /** Bytes held now in a tier. */
  bytes(tier: Tier): number {
    return this.#bytes[indexOf(tier)] as number;
  }

  /** Notes that a tier holds `delta` bytes more (or less) from `nowMs` on. */
  change(tier: Tier, delta: number, nowMs: number): void {
    const index = indexOf(tier);
    this.#integrate(index, nowMs);
    this.#bytes[index] = (this.#bytes[index] as number) + delta;
    this.heldBytes += delta;
    if (this.heldBytes > this.peakBytes) this.peakBytes = this.heldBytes;
  }

  /** Byte-seconds of a tier up to `nowMs`. */
  byteSeconds(tier: Tier, nowMs: number): number {
    const index = indexOf(tier);
    this.#integrate(index, nowMs);
    return (this.#byteMs[index] as number) / 1000;
  }

  #integrate(index: number, nowMs: number): void {
    const elapsedMs = nowMs - (this.#sinceMs[index] as number);
    // A clock set back must not take byte-seconds away.
    if (elapsedMs > 0) this.#byteMs[index] = (this.#byteMs[index] as number) + (this.#bytes[index] as number) * elapsedMs;
    this.#sinceMs[index] = nowMs;
  }
}
