import type { JobRecord } from '../model.js';
import { type Amounts, combine, dimensions, noAmounts } from './amounts.js';

/** What an active job was to be given and was not, because the fleet did not have it. */
export function missingOf({ state, deficit, hints }: JobRecord): Amounts {
  if (state.kind !== 'active' || deficit === undefined) return noAmounts;
  return {
    // Shards that a job wants for its requests are cores; one that says nothing of itself would take any number and needs none.
    cpu: hints.requests === undefined ? 0 : deficit.shards,
    network: deficit.throughputBytesPerSecond,
    dram: deficit.dramBytes,
    ssd: deficit.ssdBytes,
  };
}

/** What is missing to all active jobs, kept as they change. */
export class MissingDemand {
  readonly #missing = new Map<string, Amounts>();

  /** A job changed. Returns whether more is missing to it than before. */
  changed(before: JobRecord | undefined, after: JobRecord | undefined): boolean {
    const job = after?.job ?? before?.job ?? '';
    const was = this.#missing.get(job) ?? noAmounts;
    const is = after === undefined ? noAmounts : missingOf(after);
    if (dimensions.some((dimension) => is[dimension] > 0)) this.#missing.set(job, is);
    else this.#missing.delete(job);
    return dimensions.some((dimension) => is[dimension] > was[dimension]);
  }

  get jobs(): number {
    return this.#missing.size;
  }

  /** Summed when asked for, so that no rounding adds up over the day. */
  get total(): Amounts {
    let total = noAmounts;
    for (const missing of this.#missing.values()) total = combine(total, missing, (a, b) => a + b);
    return total;
  }
}
