import type { SpinSlot } from '@satchel/proto/shared-memory';
import type { RingTransport } from './ring-transport.js';

export interface RingPollerOptions {
  /** How long the poller goes on looking after it last found something; 0: it never polls, clients wake it each time. */
  readonly spinMs: number;
  readonly slot: Pick<SpinSlot, 'take' | 'release'>;
  /** Milliseconds with fractions, ascending. */
  readonly now: () => number;
  /** Calls back in the next round of the event loop, after sockets had their turn. */
  readonly nextRound: (callback: () => void) => void;
}

/** Looks at each ring in one round of the event loop, while there is nothing in any. */
const looksPerRound = 16;

/**
 * Looks at a shard's rings, between the turns of its sockets, while they are in use and for `spinMs` after; then sleeps until a
 * client wakes it. So a request that comes while it polls waits for nobody, and each pause of the clients costs at most `spinMs`
 * of processor time.
 */
export class RingPoller {
  readonly #options: RingPollerOptions;
  readonly #rings = new Set<RingTransport>();
  #polling = false;
  #usefulMs = 0;
  readonly #onRound = (): void => this.#round();

  constructor(options: RingPollerOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#rings.size;
  }

  /** Whether rings are looked at without being woken. */
  get polling(): boolean {
    return this.#polling;
  }

  add(ring: RingTransport): void {
    this.#rings.add(ring);
    this.attend(ring);
  }

  remove(ring: RingTransport): void {
    this.#rings.delete(ring);
  }

  /** A client calls, or there is something to do for a ring. */
  attend(ring: RingTransport): void {
    if (!this.#rings.has(ring) || this.#polling) return;
    this.#polling = true;
    this.#usefulMs = this.#options.now();
    for (const each of this.#rings) each.wake();
    this.#options.nextRound(this.#onRound);
  }

  #round(): void {
    const { now, spinMs, slot, nextRound } = this.#options;
    for (let looks = 0; looks < looksPerRound; looks++) {
      if (!this.#poll()) continue;
      this.#usefulMs = now();
      break;
    }
    const nowMs = now();
    const goesOn = nowMs - this.#usefulMs < spinMs && slot.take(nowMs);
    if (goesOn || !this.#sleep()) {
      nextRound(this.#onRound);
      return;
    }
    slot.release();
    this.#polling = false;
  }

  #poll(): boolean {
    let useful = false;
    for (const ring of this.#rings) if (ring.poll()) useful = true;
    return useful;
  }

  #sleep(): boolean {
    let slept = true;
    for (const ring of this.#rings) if (!ring.sleep()) slept = false;
    if (!slept) for (const ring of this.#rings) ring.wake();
    return slept;
  }
}
