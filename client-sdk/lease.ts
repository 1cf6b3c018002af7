import { type Clock, type ErrorCode, SatchelError } from '@satchel/proto/core';

/** With these the controller says that the job is over; anything else may pass. */
const lostCodes: ReadonlySet<ErrorCode> = new Set(['no-job', 'not-found', 'gone']);
/** However short the period, renewals do not crowd the controller. */
const shortestPauseMs = 50;
const firstRetryMs = 200;
const longestRetryMs = 2000;
/** A renewal under way holds the process: one that a controller does not answer is given up soon, later ones get longer. */
const firstTimeoutMs = 1000;
const longestTimeoutMs = 4000;

/** What a lease does and tells. */
export interface LeaseOptions {
  /** Renews the lease once, giving up after `timeoutMs`; resolves to its period in milliseconds from now. */
  renew(timeoutMs: number): Promise<number>;
  /** The job is over: the lease lapsed or someone ended it. Called once; there are no renewals after it. */
  onLost(error: SatchelError): void;
  /** A third of the lease is left and it could not be renewed. Called once between two renewals; it lapses at `expiresAtMs`. */
  onWarning?(expiresAtMs: number): void;
  readonly clock: Clock;
  /** In [0, 1). */
  random(): number;
}

type State =
  | { readonly kind: 'waiting'; readonly cancel: () => void }
  | { readonly kind: 'renewing' }
  | { readonly kind: 'ended' };

/**
 * Keeps a lease: renews it after a third of its period. When that fails it tries again within seconds for as long as it takes, because leases
 * are judged only by a controller that is there. Its timer never keeps the process alive.
 */
export class Lease {
  readonly #options: LeaseOptions;
  #state: State;
  #failures = 0;
  #cancelWarning = () => {};

  constructor(periodMs: number, options: LeaseOptions) {
    this.#options = options;
    this.#state = this.#after(periodMs / 3);
    this.#renewed(periodMs);
  }

  /** Renews no longer. Idempotent. */
  stop(): void {
    if (this.#state.kind === 'waiting') this.#state.cancel();
    this.#state = { kind: 'ended' };
    this.#cancelWarning();
  }

  #after(delayMs: number): State {
    return { kind: 'waiting', cancel: this.#options.clock.after(Math.max(shortestPauseMs, delayMs), () => void this.#renew()) };
  }

  #renewed(periodMs: number): void {
    const { clock, onWarning } = this.#options;
    this.#cancelWarning();
    const expiresAtMs = clock.now() + periodMs;
    if (onWarning) this.#cancelWarning = clock.after((periodMs * 2) / 3, () => onWarning(expiresAtMs));
  }

  async #renew(): Promise<void> {
    this.#state = { kind: 'renewing' };
    const next = await this.#attempt();
    // It may have been stopped meanwhile.
    if (this.#state.kind === 'renewing') this.#state = next === undefined ? { kind: 'ended' } : this.#after(next);
  }

  /** Milliseconds until the next renewal; undefined: none. */
  async #attempt(): Promise<number | undefined> {
    try {
      const periodMs = await this.#options.renew(doubled(firstTimeoutMs, this.#failures, longestTimeoutMs));
      this.#failures = 0;
      if (this.#state.kind !== 'ended') this.#renewed(periodMs);
      return periodMs / 3;
    } catch (thrown) {
      const error = SatchelError.from(thrown);
      if (lostCodes.has(error.code)) {
        this.#cancelWarning();
        if (this.#state.kind === 'renewing') this.#options.onLost(error);
        return undefined;
      }
      return doubled(firstRetryMs, this.#failures++, longestRetryMs) * (1 - this.#options.random() / 2);
    }
  }
}

function doubled(first: number, times: number, longest: number): number {
  return Math.min(longest, first * 2 ** Math.min(times, 16));
}
