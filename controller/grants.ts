import type { GrantRecord, ShardGrant } from './model.js';

/** What follows from an event: grants to send (raised, or unchanged with a new version), and shards to ask for unused bytes. */
export interface GrantOutcome {
  readonly answer: readonly number[];
  readonly reclaim: readonly number[];
}

const nothing: GrantOutcome = { answer: [], reclaim: [] };

/** Part of a quota that is not dealt out at first, so that a shard that fills sooner than others need not wait for them. */
const reserveShare = 1 / 4;
/** A raise is at least this part of the quota if the reserve has it, so that a shard asks a bounded number of times. */
const raiseShare = 1 / 16;

/**
 * How one job's quota is dealt to its shards. Pure decisions: no clock, no messages. What {@link record} returns must be durable
 * before anything in `answer` is sent; then the shards never hold more than the quota together, whoever crashes:
 * a shard's entry goes down only when it said that it keeps less, and that only if it answered for the latest version.
 */
export class GrantBook {
  readonly job: string;
  #quotaBytes: number;
  readonly #grants = new Map<number, ShardGrant>();
  /** Requests that wait for the round: shard → bytes it needs in all. */
  readonly #waiting = new Map<number, number>();
  /** Shards that have yet to answer in this round. */
  readonly #asked = new Set<number>();

  private constructor(record: GrantRecord) {
    this.job = record.job;
    this.#quotaBytes = record.quotaBytes;
    for (const grant of record.grants) this.#grants.set(grant.shard, grant);
  }

  /** Deals a new job's quota in proportion to the weights, less the reserve. */
  static open(job: string, quotaBytes: number, weights: readonly { shard: number; weight: number }[]): GrantBook {
    const total = weights.reduce((sum, { weight }) => sum + weight, 0);
    const dealt = weights.length === 1 ? quotaBytes : quotaBytes * (1 - reserveShare);
    const grants = weights.map(({ shard, weight }) => ({ shard, bytes: Math.floor((dealt * weight) / total), version: 1 }));
    return new GrantBook({ job, quotaBytes, grants });
  }

  static restore(record: GrantRecord): GrantBook {
    return new GrantBook(record);
  }

  /** What must survive a restart. */
  record(): GrantRecord {
    return { job: this.job, quotaBytes: this.#quotaBytes, grants: [...this.#grants.values()] };
  }

  of(shard: number): ShardGrant | undefined {
    return this.#grants.get(shard);
  }

  /** Bytes of the quota that no shard holds. */
  get reserveBytes(): number {
    let held = 0;
    for (const { bytes } of this.#grants.values()) held += bytes;
    return Math.max(0, this.#quotaBytes - held);
  }

  /** Whether requests wait for shards to answer. */
  get reclaiming(): boolean {
    return this.#waiting.size > 0;
  }

  /** A shard needs `bytes` in all. Answers from the reserve, or asks the other shards that can be reached. */
  request(shard: number, bytes: number, reachable: (shard: number) => boolean): GrantOutcome {
    const grant = this.#grants.get(shard);
    if (grant === undefined) return nothing;
    const missing = bytes - grant.bytes;
    if (missing <= 0 || bytes > this.#quotaBytes || missing <= this.reserveBytes) {
      this.#waiting.delete(shard);
      if (this.#waiting.size === 0) this.#asked.clear();
      this.#answer(shard, bytes);
      return { answer: [shard], reclaim: [] };
    }
    const underWay = this.reclaiming;
    this.#waiting.set(shard, bytes);
    if (underWay) return nothing;
    return this.#startRound(reachable);
  }

  /** A shard keeps `bytes`, saying so for the grant of `version`. Not having been asked is fine. */
  returned(shard: number, bytes: number, version: number): GrantOutcome {
    const grant = this.#grants.get(shard);
    // An answer for an older version crossed a raise: the shard will hold the raised amount.
    if (grant !== undefined && grant.version === version) this.#grants.set(shard, { ...grant, bytes });
    return this.#heard(shard);
  }

  /** A shard cannot answer now; the round goes on without it. It keeps its grant. */
  unreachable(shard: number): GrantOutcome {
    return this.#heard(shard);
  }

  /** The round took too long: those who wait get their answer from what there is. */
  expire(): GrantOutcome {
    return this.#settle();
  }

  /**
   * What a shard holds, as its node says when it joins. The larger of both counts until the shard has answered a reclaim,
   * which follows here if the shard holds more than it was known to.
   */
  reconcile(shard: number, bytes: number, version: number): GrantOutcome {
    const grant = this.#grants.get(shard);
    if (grant === undefined) return nothing;
    this.#grants.set(shard, { shard, bytes: Math.max(bytes, grant.bytes), version: Math.max(version, grant.version) });
    return bytes > grant.bytes ? { answer: [], reclaim: [shard] } : nothing;
  }

  /** Changes the quota. When it shrinks below what is held, unused bytes are asked back. */
  resize(quotaBytes: number): GrantOutcome {
    this.#quotaBytes = quotaBytes;
    let held = 0;
    for (const { bytes } of this.#grants.values()) held += bytes;
    return { answer: [], reclaim: held > quotaBytes ? [...this.#grants.keys()] : [] };
  }

  /**
   * The job's slots have other owners: those that had none get a part of the reserve by weight. Shards without slots keep what their objects
   * need and are asked for the rest; what shards held that are gone for good is free.
   */
  redeal(weights: readonly { shard: number; weight: number }[], lost: ReadonlySet<number>): GrantOutcome {
    for (const shard of lost) this.#forfeit(shard);
    const total = weights.reduce((sum, { weight }) => sum + weight, 0);
    const dealt = weights.length === 1 ? this.#quotaBytes : this.#quotaBytes * (1 - reserveShare);
    for (const { shard, weight } of weights) {
      const grant = this.#grants.get(shard) ?? { shard, bytes: 0, version: 0 };
      if (grant.bytes > 0) continue;
      const bytes = Math.min(this.reserveBytes, Math.floor((dealt * weight) / total));
      this.#grants.set(shard, { shard, bytes, version: grant.version + 1 });
    }
    const owners = new Set(weights.map(({ shard }) => shard));
    const reclaim = [...this.#grants.values()].filter(({ shard, bytes }) => bytes > 0 && !owners.has(shard));
    return { answer: [], reclaim: reclaim.map(({ shard }) => shard) };
  }

  /** A shard is gone with everything it held. Should it come back, what it says it holds counts until it has answered for it. */
  #forfeit(shard: number): void {
    const grant = this.#grants.get(shard);
    if (grant !== undefined) this.#grants.set(shard, { shard, bytes: 0, version: grant.version + 1 });
    this.#waiting.delete(shard);
    this.#heard(shard);
  }

  #startRound(reachable: (shard: number) => boolean): GrantOutcome {
    for (const { shard, bytes } of this.#grants.values()) {
      if (bytes > 0 && !this.#waiting.has(shard) && reachable(shard)) this.#asked.add(shard);
    }
    if (this.#asked.size === 0) return this.#settle();
    return { answer: [], reclaim: [...this.#asked] };
  }

  #heard(shard: number): GrantOutcome {
    const last = this.#asked.delete(shard) && this.#asked.size === 0;
    return last ? this.#settle() : nothing;
  }

  #settle(): GrantOutcome {
    const answer = [...this.#waiting.keys()];
    for (const [shard, bytes] of this.#waiting) this.#answer(shard, bytes);
    this.#waiting.clear();
    this.#asked.clear();
    return { answer, reclaim: [] };
  }

  /** Raises the grant to what is needed, and some more, if the reserve has it; the version grows in any case. */
  #answer(shard: number, bytes: number): void {
    const grant = this.#grants.get(shard);
    if (grant === undefined) return;
    const missing = bytes - grant.bytes;
    const reserve = this.reserveBytes;
    const raise =
      missing > 0 && missing <= reserve ? Math.max(missing, Math.min(reserve, Math.floor(this.#quotaBytes * raiseShare))) : 0;
    this.#grants.set(shard, { shard, bytes: grant.bytes + raise, version: grant.version + 1 });
  }
}
