import type { Key } from '../key.js';
import type { StoredObject, TierStore } from '../tier-store.js';

/** Scans several tiers as one, in order of key hash; contract as TierStore.scan. */
export function mergedScan(
  stores: readonly TierStore[],
  position: number,
  count: number,
  visit: (key: Key, object: StoredObject) => void,
): number {
  const found: { key: Key; store: TierStore }[] = [];
  let next = Number.POSITIVE_INFINITY;
  for (const store of stores) {
    const reached = store.scan(position, count, (key) => found.push({ key: key.copy(), store }));
    next = Math.min(next, reached);
  }
  // Only up to where the slowest has come are all objects known; the rest is found again by the next call.
  const complete = found.filter(({ key }) => key.hash < next);
  complete.sort((left, right) => left.key.hash - right.key.hash);
  for (const { key, store } of complete) {
    const object = store.find(key);
    if (object !== undefined) visit(key, object);
  }
  return next;
}
