import type { JobRecord } from '../model.js';
import { demandOf } from '../sizing.js';
import { type Amounts, combine, dimensions, noAmounts } from './amounts.js';

/** What an active job was to be given and was not, because the fleet did not have it. */
export function missingOf(record: JobRecord): Amounts {
  if (record.state.kind !== 'active') return noAmounts;
  const { allocation, hints } = record;
  const { demand } = demandOf(hints);
  const bytes = demand.capacityBytes ?? 0;
  const first = demand.tiers[0];
  const network = demand.throughputBytesPerSecond ?? 0;
  // Each share is rounded down by less than one.
  const short = (wanted: number, given: number) => (wanted - given > allocation.shares.length ? wanted - given : 0);
  return {
    cpu: 0,
    network: short(network, allocation.throughputBytesPerSecond),
    dram: first === 'dram' ? short(bytes, allocation.dramBytes) : 0,
    ssd: first === 'ssd' ? short(bytes, allocation.ssdBytes) : 0,
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
