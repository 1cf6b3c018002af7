import type { NodeUsage__Output } from '@satchel/proto/gen';
import type { Amounts } from './amounts.js';
import { SmoothedValue } from './smoothing.js';

/** What one node is seen to use. Bytes held are levels and count as they are; cores and bytes per second are noisy and smoothed. */
export class NodeMeter {
  readonly #cores: SmoothedValue;
  readonly #bytesPerSecond: SmoothedValue;
  #last: { readonly atMs: number; readonly movedBytes: number } | undefined;
  #dramBytes = 0;
  #ssdBytes = 0;

  constructor(smoothingMs: number) {
    this.#cores = new SmoothedValue(smoothingMs);
    this.#bytesPerSecond = new SmoothedValue(smoothingMs);
  }

  /** Takes a heartbeat's figures, once each: `heardMs` tells it from the one before. */
  read(usage: NodeUsage__Output, heardMs: number): void {
    this.#dramBytes = usage.dramUsedBytes;
    this.#ssdBytes = usage.ssdUsedBytes;
    const movedBytes = usage.bytesIn + usage.bytesOut;
    const before = this.#last;
    if (before !== undefined && heardMs <= before.atMs) return;
    this.#last = { atMs: heardMs, movedBytes };
    this.#cores.add(usage.cpu, heardMs);
    // Counters begin anew with each shard process: a fall says nothing.
    if (before === undefined || movedBytes < before.movedBytes) return;
    this.#bytesPerSecond.add(((movedBytes - before.movedBytes) / (heardMs - before.atMs)) * 1000, heardMs);
  }

  get used(): Amounts {
    return { cpu: this.#cores.value, network: this.#bytesPerSecond.value, dram: this.#dramBytes, ssd: this.#ssdBytes };
  }
}
