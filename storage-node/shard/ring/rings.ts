import { closeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { limits, SatchelError } from '@satchel/proto/core';
import { loadMapping, type MadeRing, makeRing, RingEnd, SpinSlot, sendDescriptor } from '@satchel/proto/shared-memory';
import { goOnNextRound } from '../event-round.js';
import type { ReadInput } from '../listener.js';
import type { ServerStatistics } from '../shard-environment.js';
import { RingPoller } from './ring-poller.js';
import { RingTransport } from './ring-transport.js';

export interface RingsOptions {
  /** See RingPollerOptions; 0: clients get no rings. */
  readonly spinMs: number;
  /** Path of the shard's Unix socket, beside which the host's spin slots are; none: clients get no rings. */
  readonly socket: string | undefined;
  readonly readBuffer: Buffer;
  readonly statistics: ServerStatistics;
}

/** A socket, seen as what Node's own `net` keeps in it. */
interface HandleHolder {
  readonly _handle: { readonly fd?: number } | null;
}

const accepted = Buffer.from('+OK\r\n');

/** The rings of a shard: connections of clients on its host whose bytes go through shared memory. */
export class Rings {
  readonly #options: RingsOptions;
  readonly #slot: SpinSlot | undefined;
  readonly #poller: RingPoller | undefined;

  constructor(options: RingsOptions) {
    this.#options = options;
    const { spinMs, socket } = options;
    if (spinMs === 0 || socket === undefined) return;
    this.#slot = new SpinSlot(dirname(socket), availableParallelism());
    this.#poller = new RingPoller({ spinMs, slot: this.#slot, now: () => performance.now(), nextRound: goOnNextRound });
  }

  /**
   * Makes a ring for the client at the other end of a Unix socket, sends it there and serves it until the socket closes. Throws
   * `unavailable` if rings are off or not to be had here, `out-of-memory` if there are too many.
   */
  open(socket: Socket, read: ReadInput): RingTransport {
    const poller = this.#poller;
    const { statistics } = this.#options;
    if (poller === undefined) throw new SatchelError('unavailable', 'rings are off; start the node with --spin to have them');
    if (poller.size >= limits.shardRings) {
      throw new SatchelError('out-of-memory', `${poller.size} clients have rings, the limit; use the socket`);
    }
    const { fd } = (socket as unknown as HandleHolder)._handle ?? {};
    if (fd === undefined || fd < 0) {
      throw new SatchelError('unavailable', 'the connection is closed');
    }
    const ring = makeRing(limits.ringBytes);
    const end = new RingEnd(ring.file.memory, 'shard');
    // From here on the client may write to it whatever it likes.
    this.#handOver(ring, fd);
    const transport: RingTransport = new RingTransport(end, socket, this.#options.readBuffer, read, (each) =>
      poller.attend(each),
    );
    socket.once('close', () => {
      statistics.rings--;
      transport.destroy();
      poller.remove(transport);
      setImmediate(() => loadMapping()?.unmap(ring.file));
    });
    statistics.rings++;
    poller.add(transport);
    return transport;
  }

  /** Gives back what processes share. */
  close(): void {
    this.#slot?.close();
  }

  #handOver(ring: MadeRing, socket: number): void {
    try {
      sendDescriptor(socket, accepted, ring.descriptor);
    } catch (error) {
      loadMapping()?.unmap(ring.file);
      throw error;
    } finally {
      closeSync(ring.descriptor);
    }
  }
}
