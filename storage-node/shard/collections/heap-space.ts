/** Memory of the JavaScript heap that the lists and sets of all jobs of a shard share, within the shard's DRAM budget. */
export interface HeapSpace {
  /** Takes bytes; false if there is no room for them. */
  take(bytes: number): boolean;
  release(bytes: number): void;
}

/** Room without end, for tests and where nobody counts. */
export const endlessHeap: HeapSpace = { take: () => true, release: () => {} };
