import { getHeapStatistics } from 'node:v8';
import { limits } from '@satchel/proto/core';
import type { HeapSpace } from './heap-space.js';

/** The memory budget of a shard, as far as this needs it; an ArenaPool. */
export interface MemoryBudget {
  readonly availableBytes: number;
  /** Changes what is in use of it, and the number of segments. */
  account(bytes: number, segments: number): void;
}

/** Taken of the budget and given back at a time. */
const blockBytes = 64 * 1024;

/** Heap space within a shard's memory budget, and within what the process can do: a quarter of its heap, at most limits.shardCollectionBytes. */
export class ShardHeap implements HeapSpace {
  readonly #budget: MemoryBudget;
  readonly #limitBytes: number;
  #usedBytes = 0;
  #heldBytes = 0;

  constructor(budget: MemoryBudget, limitBytes = Math.min(limits.shardCollectionBytes, getHeapStatistics().heap_size_limit / 4)) {
    this.#budget = budget;
    this.#limitBytes = limitBytes;
  }

  /** Bytes taken. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  take(bytes: number): boolean {
    const usedBytes = this.#usedBytes + bytes;
    const missing = Math.ceil((usedBytes - this.#heldBytes) / blockBytes) * blockBytes;
    if (usedBytes > this.#limitBytes || (missing > 0 && missing > this.#budget.availableBytes)) return false;
    this.#usedBytes = usedBytes;
    if (missing > 0) this.#hold(missing);
    return true;
  }

  release(bytes: number): void {
    this.#usedBytes -= bytes;
    const free = Math.floor((this.#heldBytes - this.#usedBytes) / blockBytes) * blockBytes;
    // One block stays, so that a list that grows and shrinks a little takes and gives back nothing.
    if (this.#usedBytes === 0) this.#hold(-this.#heldBytes);
    else if (free > blockBytes) this.#hold(blockBytes - free);
  }

  #hold(bytes: number): void {
    this.#heldBytes += bytes;
    this.#budget.account(bytes, 0);
  }
}
