import { type SlotRange, shardOfSlot, slotCount } from '@satchel/proto/core';
import type { JobConfiguration } from '../../job-configuration.js';
import type { SlotSpan } from './slot-set.js';

/** Slots that another shard has fenced off here: from `epoch` on they are its own. */
export interface Fence extends SlotSpan {
  readonly shard: number;
  readonly epoch: number;
}

/** Where the fences of a job are kept, so that a shard that comes back still knows them. */
export interface FenceStore {
  load(): readonly Fence[];
  /** Returns once they are kept. */
  save(fences: readonly Fence[]): void;
}

/** The fences of one job on one shard: of several for a slot the one of the highest epoch counts. */
export class Fences {
  readonly #store: FenceStore | undefined;
  #shards: Int32Array | undefined;
  #epochs: Uint32Array | undefined;

  constructor(store: FenceStore | undefined) {
    this.#store = store;
    const kept = store?.load() ?? [];
    if (kept.length > 0) this.#put(kept);
  }

  get any(): boolean {
    return this.#shards !== undefined;
  }

  /** Who fenced a slot last, and in which epoch; undefined: nobody. */
  of(slot: number): { readonly shard: number; readonly epoch: number } | undefined {
    const shard = this.#shards?.[slot] ?? -1;
    return shard < 0 ? undefined : { shard, epoch: this.#epochs?.[slot] ?? 0 };
  }

  /** Whether all these slots were fenced so already. */
  has(slots: Iterable<number>, shard: number, epoch: number): boolean {
    for (const slot of slots) if (this.#shards?.[slot] !== shard || this.#epochs?.[slot] !== epoch) return false;
    return true;
  }

  /** Adopts fences, and keeps them. */
  add(fences: readonly Fence[]): void {
    this.#put(fences);
    this.#store?.save(this.#all());
  }

  /** A configuration as the fences that are newer change it. */
  over(given: JobConfiguration): JobConfiguration {
    const epochs = this.#epochs;
    if (epochs === undefined || epochs.every((epoch) => epoch <= given.epoch)) return given;
    const ranges: SlotRange[] = [];
    for (let slot = 0; slot < slotCount; slot++) {
      const fence = this.of(slot);
      const shard = fence !== undefined && fence.epoch > given.epoch ? fence.shard : shardOfSlot(given, slot);
      if (ranges.at(-1)?.shard !== shard) ranges.push({ start: slot, shard });
    }
    return { ...given, ranges };
  }

  #put(fences: readonly Fence[]): void {
    this.#shards ??= new Int32Array(slotCount).fill(-1);
    this.#epochs ??= new Uint32Array(slotCount);
    for (const { start, end, shard, epoch } of fences) {
      for (let slot = start; slot < end; slot++) {
        if ((this.#epochs[slot] as number) > epoch) continue;
        this.#shards[slot] = shard;
        this.#epochs[slot] = epoch;
      }
    }
  }

  #all(): Fence[] {
    const all: Fence[] = [];
    for (let slot = 0; slot < slotCount; slot++) {
      const fence = this.of(slot);
      if (fence === undefined) continue;
      const last = all.at(-1);
      if (last?.end === slot && last.shard === fence.shard && last.epoch === fence.epoch)
        all[all.length - 1] = { ...last, end: slot + 1 };
      else all.push({ start: slot, end: slot + 1, ...fence });
    }
    return all;
  }
}
