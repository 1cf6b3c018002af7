import { assert } from '@satchel/proto/core';

/** The bytes of SSD that all jobs of a shard may charge together. */
export class SsdBudget {
  readonly budgetBytes: number;
  #usedBytes = 0;

  constructor(options: { readonly budgetBytes: number }) {
    this.budgetBytes = options.budgetBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Whether `bytes` more would be within the budget; fewer always are. */
  fits(bytes: number): boolean {
    return bytes <= 0 || this.#usedBytes + bytes <= this.budgetBytes;
  }

  /** Counts bytes as used, also beyond the budget: recovered data is what it is. */
  add(bytes: number): void {
    this.#usedBytes += bytes;
  }

  release(bytes: number): void {
    this.#usedBytes -= bytes;
    assert(this.#usedBytes >= 0, 'a shard releases no more of its ssd budget than was used');
  }
}
