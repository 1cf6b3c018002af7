/** Resolution of the SDK's time-outs. */
export const tickMs = 50;

/** Something with time-outs of its own. */
export interface Ticking {
  /** `now` counts ticks; it stands still while nothing is pending. */
  tick(now: number): void;
}

/**
 * The one timer of a store: all time-outs are counted in its ticks, so that no call needs a timer. It runs while calls are
 * pending and keeps the process alive exactly then; the sockets themselves never do.
 */
export class Ticker {
  now = 0;
  #pending = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #listeners = new Set<Ticking>();

  add(listener: Ticking): void {
    this.#listeners.add(listener);
  }

  remove(listener: Ticking): void {
    this.#listeners.delete(listener);
  }

  /** Calls that have begun and not ended. */
  get pending(): number {
    return this.#pending;
  }

  begin(): void {
    if (this.#pending++ > 0) return;
    if (this.#timer === undefined) this.#timer = setInterval(onInterval, tickMs, this);
    else this.#timer.ref();
  }

  end(): void {
    if (--this.#pending === 0) this.#timer?.unref();
  }

  /** Ticks of a duration, rounded up and one more, because the current tick is partly over. */
  static ticks(durationMs: number): number {
    return Math.ceil(durationMs / tickMs) + 1;
  }

  /** One interval is over; the timer goes on only while something is pending. */
  advance(): void {
    this.now++;
    for (const listener of this.#listeners) listener.tick(this.now);
    if (this.#pending > 0 || this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

function onInterval(ticker: Ticker): void {
  ticker.advance();
}
