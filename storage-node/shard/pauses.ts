import { type IntervalHistogram, PerformanceObserver } from 'node:perf_hooks';

/** Upper bounds of the classes in which pauses are counted, in milliseconds. */
export const pauseBoundsMs = [1, 2, 5, 10, 20, 50, 100, 500] as const;

/** Pauses since the process began, by length. */
export interface PauseCounts {
  /** How many were as long as each of `pauseBoundsMs` at most and longer than the one before; last, those longer than all. */
  readonly counts: readonly number[];
  readonly sumMs: number;
}

/** Counts pauses by length. */
export class Pauses {
  readonly #counts = new Array<number>(pauseBoundsMs.length + 1).fill(0);
  #sumMs = 0;

  record(milliseconds: number): void {
    const index = pauseBoundsMs.findIndex((bound) => milliseconds <= bound);
    const at = index < 0 ? pauseBoundsMs.length : index;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#sumMs += milliseconds;
  }

  /** Adds what a histogram of the event loop's delay has seen, in nanoseconds that begin at the interval of its samples. */
  recordDelays(samples: Pick<IntervalHistogram, 'count' | 'percentile'>, resolutionMs: number): void {
    for (let sample = 0; sample < samples.count; sample++) {
      const nanoseconds = samples.percentile((100 * (sample + 0.5)) / samples.count);
      this.record(Math.max(0, nanoseconds / 1e6 - resolutionMs));
    }
  }

  /** A copy of the counts so far. */
  snapshot(): PauseCounts {
    return { counts: [...this.#counts], sumMs: this.#sumMs };
  }
}

/** Counts the garbage collector's pauses of this process from now on. */
export function countCollections(): Pauses {
  const pauses = new Pauses();
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) pauses.record(duration);
  });
  observer.observe({ entryTypes: ['gc'] });
  return pauses;
}
