import { formatBytes, SatchelError } from '@satchel/proto/core';

/** What all jobs of a namespace together may have; what is absent is not limited. */
export interface NamespaceLimits {
  /** Active at a time. */
  readonly jobs?: number;
  /** Quotas, and what jobs without one hold. */
  readonly bytes?: number;
  /** That hold slots of its jobs. */
  readonly nodes?: number;
  /** Of its share when namespaces want more than there is; default {@link defaultWeight}. */
  readonly weight?: number;
}

/** The weight of a namespace that was given none. */
export const defaultWeight = 1;
const mostWeight = 1000;

/** A namespace's limits as they are remembered. */
export interface NamespaceRecord {
  readonly namespace: string;
  readonly limits: NamespaceLimits;
}

export type LimitName = keyof NamespaceLimits;
const limitNames = ['jobs', 'bytes', 'nodes', 'weight'] as const satisfies readonly LimitName[];

/** Changed limits, checked and complete; throws `invalid-argument`. */
export function changedLimits(before: NamespaceLimits, set: NamespaceLimits, unset: readonly string[]): NamespaceLimits {
  const unknown = unset.find((name) => !limitNames.some((known) => known === name));
  if (unknown !== undefined)
    throw new SatchelError('invalid-argument', `limit '${unknown}' is not known; ${limitNames.join(', ')} are`);
  const { weight } = set;
  if (weight !== undefined && !(weight > 0 && weight <= mostWeight)) {
    throw new SatchelError('invalid-argument', `a weight of ${weight} was asked for; above 0 and up to ${mostWeight} is allowed`);
  }
  if (set.nodes === 0) throw new SatchelError('invalid-argument', 'a namespace needs at least one node; to stop it set --jobs 0');
  const all = { ...before, ...set };
  return Object.fromEntries(Object.entries(all).filter(([name]) => !unset.includes(name)));
}

/** What the jobs of a namespace have now. */
export interface NamespaceUse {
  readonly jobs: number;
  readonly bytes: number;
}

/** Throws `quota-exceeded` saying what to do if a namespace that has `use` may not have `more`. Pure. */
export function checkLimits(namespace: string, limits: NamespaceLimits, use: NamespaceUse, more: NamespaceUse): void {
  const refuse = (what: string, instead: string) => {
    throw new SatchelError('quota-exceeded', `namespace '${namespace}' ${what}; ${instead}`);
  };
  if (limits.jobs !== undefined && more.jobs > 0 && use.jobs + more.jobs > limits.jobs) {
    const raise = `satchel namespace set ${namespace} --jobs ${use.jobs + more.jobs}`;
    refuse(
      `has ${use.jobs} active ${use.jobs === 1 ? 'job' : 'jobs'}, and ${limits.jobs} is its limit`,
      `end some, or raise it: ${raise}`,
    );
  }
  if (limits.bytes !== undefined && more.jobs > 0 && more.bytes === 0 && use.bytes >= limits.bytes) {
    refuse(
      `has ${formatBytes(use.bytes)} of its limit of ${formatBytes(limits.bytes)}`,
      `end jobs, have them delete something, or raise it: satchel namespace set ${namespace} --bytes ${Math.ceil(use.bytes * 1.25) + 1}`,
    );
  }
  if (limits.bytes !== undefined && more.bytes > 0 && use.bytes + more.bytes > limits.bytes) {
    const raise = `satchel namespace set ${namespace} --bytes ${use.bytes + more.bytes}`;
    refuse(
      `has ${formatBytes(use.bytes)} of its limit of ${formatBytes(limits.bytes)}, and ${formatBytes(more.bytes)} more were asked for`,
      `ask for less capacity, end jobs, or raise it: ${raise}`,
    );
  }
}
