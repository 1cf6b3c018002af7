import type { Clock } from '@satchel/proto/core';
import type { EtcdClient, Fence } from './client.js';

/** What a term runs on. */
export interface TermParts {
  readonly client: EtcdClient;
  readonly clock: Clock;
  /** Milliseconds of a clock that never jumps. */
  readonly steadyMs: () => number;
}

/** A term's lease as etcd granted it; asked for at `askedMs` of the steady clock. */
export interface TermLease {
  readonly id: string;
  readonly ms: number;
  readonly askedMs: number;
}

/** Renewals in one period of the lease. */
const renewalsPerPeriod = 4;
const retryMs = 100;

/**
 * One leadership, from the election until it is lost or given up. It is lost when etcd says so, and when etcd has confirmed nothing
 * for a whole period of the lease: from then on another may lead.
 */
export class Term {
  /** Holds in etcd as long as this term does: every write of the leader is bound to it. */
  readonly fence: Fence;
  /** Resolves, with the reason, when leadership is lost; never if it is given up. */
  readonly lost: Promise<string>;
  readonly #parts: TermParts;
  readonly #lease: TermLease;
  #state: 'leads' | 'lost' | 'resigned' = 'leads';
  #confirmedMs: number;
  #tellLost: (why: string) => void = () => {};
  #cancel = () => {};

  constructor(parts: TermParts, fence: Fence, lease: TermLease) {
    this.fence = fence;
    this.#parts = parts;
    this.#lease = lease;
    this.#confirmedMs = lease.askedMs;
    this.lost = new Promise((resolve) => {
      this.#tellLost = resolve;
    });
    this.#renewAfter(lease.ms / renewalsPerPeriod);
  }

  /** Whether nobody else can lead at this moment. */
  leads(): boolean {
    if (this.#state === 'leads' && this.#remainingMs() <= 0) this.lose('etcd did not answer for a whole lease');
    return this.#state === 'leads';
  }

  /** Another leads, or may. Idempotent. */
  lose(why: string): void {
    if (this.#state !== 'leads') return;
    this.#state = 'lost';
    this.#cancel();
    this.#tellLost(why);
  }

  /** Gives leadership up, so that another may lead at once. */
  async resign(): Promise<void> {
    if (this.#state === 'leads') this.#state = 'resigned';
    this.#cancel();
    // Where etcd does not answer the lease runs out.
    await this.#parts.client.revoke(this.#lease.id).catch(() => {});
  }

  #remainingMs(): number {
    return this.#confirmedMs + this.#lease.ms - this.#parts.steadyMs();
  }

  #renewAfter(delayMs: number): void {
    this.#cancel = this.#parts.clock.after(delayMs, () => void this.#renew());
  }

  async #renew(): Promise<void> {
    if (!this.leads()) return;
    const { client, steadyMs } = this.#parts;
    const periodMs = this.#lease.ms / renewalsPerPeriod;
    const askedMs = steadyMs();
    try {
      const alive = await client.renew(this.#lease.id, Math.max(1, Math.min(periodMs, this.#remainingMs())));
      if (!alive) return this.lose('its lease in etcd has run out');
      this.#confirmedMs = askedMs;
      if (this.leads()) this.#renewAfter(periodMs - (steadyMs() - askedMs));
    } catch {
      if (this.leads()) this.#renewAfter(retryMs);
    }
  }
}
