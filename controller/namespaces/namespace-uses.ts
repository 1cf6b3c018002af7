import { type JobRecord, reservedBytes } from '../model.js';

/** What the active jobs of one namespace have. */
export interface NamespaceTotals {
  readonly jobs: number;
  /** Quotas, of jobs that have one. */
  readonly bytes: number;
  /** Bytes of memory that its jobs reserve. */
  readonly reservedBytes: number;
  /** What they wanted beyond, in the tier they wanted it in. */
  readonly missingBytes: number;
  /** Jobs without a quota, each with the bytes that it reserves all the same, as runs of its name needed them. */
  readonly unquoted: ReadonlyMap<string, number>;
  /** Nodes that hold slots, each with the number of jobs there. */
  readonly nodes: ReadonlyMap<string, number>;
}

interface Totals {
  jobs: number;
  bytes: number;
  reservedBytes: number;
  missingBytes: number;
  unquoted: Map<string, number>;
  nodes: Map<string, number>;
}

const nothing = (): Totals => ({
  ...{ jobs: 0, bytes: 0, reservedBytes: 0, missingBytes: 0 },
  ...{ unquoted: new Map(), nodes: new Map() },
});

/** Sums over the active jobs of each namespace, kept up to date job by job. */
export class NamespaceUses {
  readonly #totals = new Map<string, Totals>();
  readonly #counted = new Map<string, JobRecord>();

  /** A namespace's sums as of now. */
  of(namespace: string): NamespaceTotals {
    return this.#totals.get(namespace) ?? nothing();
  }

  /** Namespaces with active jobs. */
  names(): IterableIterator<string> {
    return this.#totals.keys();
  }

  /** Counts a job as it is from now on, in the place of what it was counted as; undefined: it is not known any more. */
  set(job: string, record: JobRecord | undefined): void {
    const before = this.#counted.get(job);
    if (before === record) return;
    if (before !== undefined) this.#count(before, -1);
    this.#counted.delete(job);
    if (record?.state.kind !== 'active') return;
    this.#count(record, 1);
    this.#counted.set(job, record);
  }

  #count({ job, namespace, allocation, deficit }: JobRecord, sign: 1 | -1): void {
    const totals = this.#totals.get(namespace) ?? nothing();
    const { dramBytes, ssdBytes, quotaBytes } = allocation;
    if (quotaBytes === 0) {
      if (sign > 0) totals.unquoted.set(job, reservedBytes(allocation));
      else totals.unquoted.delete(job);
    }
    totals.jobs += sign;
    totals.bytes += sign * quotaBytes;
    totals.reservedBytes += sign * (dramBytes + ssdBytes);
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
