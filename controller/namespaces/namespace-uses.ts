import type { JobRecord } from '../model.js';

/** What the active jobs of one namespace have. */
export interface NamespaceTotals {
  readonly jobs: number;
  /** Quotas. A job without has none here. */
  readonly bytes: number;
  /** Bytes of memory that its jobs reserve. */
  readonly reservedBytes: number;
  /** What they wanted beyond, in the tier they wanted it in. */
  readonly missingBytes: number;
  /** Nodes that hold slots, each with the number of jobs there. */
  readonly nodes: ReadonlyMap<string, number>;
}

interface Totals {
  jobs: number;
  bytes: number;
  reservedBytes: number;
  missingBytes: number;
  nodes: Map<string, number>;
}

const nothing: NamespaceTotals = { jobs: 0, bytes: 0, reservedBytes: 0, missingBytes: 0, nodes: new Map() };

/** Sums over the active jobs of each namespace, kept up to date job by job. */
export class NamespaceUses {
  readonly #totals = new Map<string, Totals>();

  /** A namespace's sums as of now. */
  of(namespace: string): NamespaceTotals {
    return this.#totals.get(namespace) ?? nothing;
  }

  /** Namespaces with active jobs. */
  names(): IterableIterator<string> {
    return this.#totals.keys();
  }

  /** A job became what it is from what it was; undefined: it was not known, or is not any more. */
  changed(before: JobRecord | undefined, after: JobRecord | undefined): void {
    if (before?.state.kind === 'active') this.#count(before, -1);
    if (after?.state.kind === 'active') this.#count(after, 1);
  }

  #count({ namespace, allocation, deficit }: JobRecord, sign: 1 | -1): void {
    const totals = this.#totals.get(namespace) ?? { jobs: 0, bytes: 0, reservedBytes: 0, missingBytes: 0, nodes: new Map() };
    totals.jobs += sign;
    totals.bytes += sign * allocation.quotaBytes;
    totals.reservedBytes += sign * (allocation.dramBytes + allocation.ssdBytes);
    totals.missingBytes += sign * (deficit?.bytes ?? 0);
    for (const node of new Set(allocation.shares.map((share) => share.node))) {
      const jobs = (totals.nodes.get(node) ?? 0) + sign;
      if (jobs === 0) totals.nodes.delete(node);
      else totals.nodes.set(node, jobs);
    }
    if (totals.jobs === 0) this.#totals.delete(namespace);
    else this.#totals.set(namespace, totals);
  }
}
