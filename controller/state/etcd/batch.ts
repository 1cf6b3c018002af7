import type { KeyChange } from './client.js';

/** Operations in one transaction: etcd's default `--max-txn-ops`. */
export const transactionOperations = 128;
/** Bytes of keys and values in one transaction, well under etcd's default `--max-request-bytes` of 1.5 MiB. */
export const transactionBytes = 1024 * 1024;
/** What each operation adds to a request beside key and value, at most. */
const operationBytes = 64;

/** Bytes a change adds to a transaction. */
export function changeBytes({ key, value }: KeyChange): number {
  return operationBytes + Buffer.byteLength(key) + (value === undefined ? 0 : Buffer.byteLength(value));
}

/** Whether changes fit into one transaction. */
export function fitsTransaction(changes: readonly KeyChange[]): boolean {
  if (changes.length > transactionOperations) return false;
  return changes.reduce((bytes, change) => bytes + changeBytes(change), 0) <= transactionBytes;
}

/**
 * How many of the first commits go into one transaction, and what they do together: of changes of one key the last counts. At least the
 * first commit is taken, whether it fits or not.
 */
export function nextBatch(commits: readonly (readonly KeyChange[])[]): { commits: number; changes: KeyChange[] } {
  const merged = new Map<string, KeyChange>();
  let bytes = 0;
  let taken = 0;
  for (const changes of commits) {
    const added = changes.reduce((sum, change) => sum + changeBytes(change), 0);
    const keys = merged.size + changes.filter(({ key }) => !merged.has(key)).length;
    if (taken > 0 && (keys > transactionOperations || bytes + added > transactionBytes)) break;
    for (const change of changes) merged.set(change.key, change);
    bytes += added;
    taken++;
  }
  return { commits: taken, changes: [...merged.values()] };
}

/** Changes in runs that each fit into one transaction. */
export function inTransactions(changes: readonly KeyChange[]): KeyChange[][] {
  const runs: KeyChange[][] = [];
  let rest = changes;
  while (rest.length > 0) {
    const { commits } = nextBatch(rest.slice(0, transactionOperations).map((change) => [change]));
    runs.push(rest.slice(0, commits));
    rest = rest.slice(commits);
  }
  return runs;
}
