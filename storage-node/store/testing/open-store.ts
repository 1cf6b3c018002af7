import type { TierStore } from '../tier-store.js';

/** A fresh, empty store, and what to do once the test is over, whether or not the test destroyed the store. */
export interface OpenedStore {
  readonly store: TierStore;
  close?(): void | Promise<void>;
}

/** Opens a store that takes objects up to a charge of `budgetBytes`, and at least a quarter of it. */
export type OpenStore = (options: { budgetBytes: number }) => OpenedStore | Promise<OpenedStore>;
