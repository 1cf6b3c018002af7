import type { StoreUsage } from '../tier-store.js';

/** What one tier holds, kept up to date as objects come and go. */
export class TierUsage implements StoreUsage {
  objects = 0;
  usedBytes = 0;
  /** Bytes held in files or objects of their own. */
  heldBytes = 0;
  readonly #sharedBytes: () => number;

  /** `sharedBytes` tells what is held besides, such as the database file. */
  constructor(sharedBytes: () => number = () => 0) {
    this.#sharedBytes = sharedBytes;
  }

  get reservedBytes(): number {
    return this.heldBytes + this.#sharedBytes();
  }

  set(objects: number, usedBytes: number, heldBytes: number): void {
    this.objects = objects;
    this.usedBytes = usedBytes;
    this.heldBytes = heldBytes;
  }
}
