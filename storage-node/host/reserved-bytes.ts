import type { ShardReservation } from '../job-configuration.js';
import type { HostMessage } from '../shard/messages.js';
import type { NodeMembership } from './node-file.js';

/** What jobs have reserved on each of the node's shards, as the controller last said; a shard hears of it when it changes. */
export class ReservedBytes {
  readonly #tell: (index: number, message: HostMessage) => void;
  /** By the shard's index. */
  readonly #bytes = new Map<number, Omit<ShardReservation, 'shard'>>();

  constructor(tell: (index: number, message: HostMessage) => void) {
    this.#tell = tell;
  }

  /** The controller said what is reserved now. */
  told(reserved: readonly ShardReservation[], membership: NodeMembership | undefined): void {
    for (const { shard, dramBytes, ssdBytes } of reserved) {
      const index = membership?.shards.indexOf(shard) ?? -1;
      const known = this.#bytes.get(index);
      if (index < 0 || (known?.dramBytes === dramBytes && known.ssdBytes === ssdBytes)) continue;
      this.#bytes.set(index, { dramBytes, ssdBytes });
      this.tellAgain(index);
    }
  }

  /** A shard began anew: it is told what is known. */
  tellAgain(index: number): void {
    const bytes = this.#bytes.get(index);
    if (bytes !== undefined) this.#tell(index, { kind: 'reserved', ...bytes });
  }
}
