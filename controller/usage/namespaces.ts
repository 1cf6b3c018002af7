import { addUsage, combineUsage, noUsage, type UsageTotals, withoutHeld } from '@satchel/proto/core';
import type { NamespaceUsageRecord } from '../model.js';
import type { Change } from '../state/state-store.js';

/** Months that are remembered. */
const monthsKept = 24;

/** The month of a time, in UTC. */
export function monthOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 7);
}

/**
 * What has been added to a use, as it is added to a namespace: what is held now and peaks are a job's own. The sum over all steps from nothing to a
 * use is the use.
 */
export function usageAdded(before: UsageTotals, after: UsageTotals): UsageTotals {
  return { ...withoutHeld(combineUsage(after, before, (x, y) => x - y)), peakBytes: 0 };
}

/** What all jobs of each namespace used, by month. What is added is durable with the next write of `changes`. */
export class NamespaceUsage {
  readonly #records = new Map<string, NamespaceUsageRecord>();
  readonly #dirty = new Set<string>();

  /** Takes up what was remembered. */
  constructor(records: readonly NamespaceUsageRecord[]) {
    for (const record of records) this.#records.set(keyOf(record), record);
  }

  /** Adds what a job used more, in the month of `nowMs`. */
  add(namespace: string, more: UsageTotals, nowMs: number): void {
    const month = monthOf(nowMs);
    const key = keyOf({ namespace, month });
    const usage = addUsage(this.#records.get(key)?.usage ?? noUsage, more);
    this.#records.set(key, { namespace, month, usage });
    this.#dirty.add(key);
  }

  /** Months of a namespace, the latest last. */
  months(namespace: string): NamespaceUsageRecord[] {
    const records = [...this.#records.values()].filter((record) => record.namespace === namespace);
    return records.sort((a, b) => (a.month < b.month ? -1 : 1));
  }

  /** What has changed since the last call, months that are too old to be remembered included; for the caller to commit. */
  changes(): Change[] {
    const namespaces = new Set([...this.#dirty].map((key) => key.slice(0, key.lastIndexOf('/'))));
    const old = [...namespaces].flatMap((namespace) => this.months(namespace).slice(0, -monthsKept).map(keyOf));
    for (const key of old) this.#records.delete(key);
    const changes = [...new Set([...this.#dirty, ...old])].map(
      (key): Change => ({ collection: 'namespace-usage', key, value: this.#records.get(key) }),
    );
    this.#dirty.clear();
    return changes;
  }
}

function keyOf({ namespace, month }: { readonly namespace: string; readonly month: string }): string {
  return `${namespace}/${month}`;
}
