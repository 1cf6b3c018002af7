import { ReplyBuffer, type RespVersion } from '@satchel/proto/resp';

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

  /** Takes a buffer back; nobody may hold it, nor its memory, any longer. */
  giveBack(reply: ReplyBuffer): void {
    if (this.#free.length >= keptBuffers) return;
    reply.clear();
    this.#free.push(reply);
  }
}
