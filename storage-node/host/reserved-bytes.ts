import type { ShardReservation } from '../job-configuration.js';
import type { HostMessage } from '../shard/messages.js';
import type { NodeMembership } from './node-file.js';

/** What jobs have reserved on each of the node's shards, as the controller last said; a shard hears of it when it changes. */
export class ReservedBytes {
  readonly #tell: (index: number, message: HostMessage) => void;
  /** By the shard's index. */
  readonly #dramBytes = new Map<number, number>();

  constructor(tell: (index: number, message: HostMessage) => void) {
    this.#tell = tell;
  }

  /** The controller said what is reserved now. */
  told(reserved: readonly ShardReservation[], membership: NodeMembership | undefined): void {
    for (const { shard, dramBytes } of reserved) {
      const index = membership?.shards.indexOf(shard) ?? -1;
      if (index < 0 || this.#dramBytes.get(index) === dramBytes) continue;
      this.#dramBytes.set(index, dramBytes);
      this.tellAgain(index);
    }
  }

  /** A shard began anew: it is told what is known. */
  tellAgain(index: number): void {
    const dramBytes = this.#dramBytes.get(index);
    if (dramBytes !== undefined) this.#tell(index, { kind: 'reserved', dramBytes });
  }
}
