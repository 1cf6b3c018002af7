import { ReplyBuffer, type RespVersion } from '@satchel/proto/resp';
import type { Transport } from './transport.js';

/** Buffers kept for reuse; one is enough unless replies have to wait for something. */
const keptBuffers = 64;
/** Fits the replies to one read of pipelined small values. */
const initialBytes = 64 * 1024;

/** Output buffers of a shard: a connection has one only while replies are being written for it. */
export class OutputPool {
  readonly #free: ReplyBuffer[] = [];

  take(version: RespVersion): ReplyBuffer {
    const reply = this.#free.pop() ?? new ReplyBuffer(initialBytes);
    reply.version = version;
    return reply;
  }

  /** Sends a buffer's content and takes the buffer back; returns the bytes sent. */
  send(reply: ReplyBuffer, transport: Transport): number {
    const bytes = transport.writable ? reply.length : 0;
    if (bytes > 0) {
      transport.write(reply.bytes);
      // The kernel took it all: the memory is free. Else it is the transport's until it is sent.
      if (transport.writableLength > 0) reply.detach();
    }
    this.giveBack(reply);
    return bytes;
  }

  /** Takes a buffer back; nobody may hold it, nor its memory, any longer. */
  giveBack(reply: ReplyBuffer): void {
    if (this.#free.length >= keptBuffers) return;
    reply.clear();
    this.#free.push(reply);
  }
}
