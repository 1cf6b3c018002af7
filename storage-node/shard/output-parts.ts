import type { Socket } from 'node:net';
import type { ReplyBuffer } from '@satchel/proto/resp';
import type { PinnedValue } from '../store/tier-store.js';
import type { OutputPool } from './output-pool.js';
import { retractReplies } from './uncommitted.js';

/** A value that is sent from where it lies. */
interface PinnedReply {
  readonly header: Buffer;
  readonly value: PinnedValue;
}

const lineEnd = Buffer.from('\r\n');

/** Replies of one connection in order, of which some are values sent from where they lie instead of being copied. */
export class OutputParts {
  /** Bytes of all parts. */
  bytes = 0;
  readonly #pool: OutputPool;
  #parts: (ReplyBuffer | PinnedReply)[] = [];

  constructor(pool: OutputPool) {
    this.#pool = pool;
  }

  /** Appends whole replies; the buffer passes over. */
  addReplies(replies: ReplyBuffer): void {
    this.bytes += replies.length;
    this.#parts.push(replies);
  }

  /** Appends a value of `length` bytes as a bulk string; it is unpinned once it was sent, or is not to be any more. */
  addValue(length: number, value: PinnedValue): void {
    const header = Buffer.from(`$${length}\r\n`);
    this.bytes += header.length + length + lineEnd.length;
    this.#parts.push({ header, value });
  }

  /** Sends everything, or drops it if the socket takes no more; returns the bytes sent. */
  send(socket: Socket): number {
    const sent = socket.writable ? this.bytes : 0;
    const parts = this.#parts;
    this.#parts = [];
    this.bytes = 0;
    for (const part of parts) {
      if (!isPinned(part)) this.#pool.send(part, socket);
      else if (socket.writable) sendPinned(socket, part);
      else part.value.unpin();
    }
    return sent;
  }

  /** Turns replies into errors that may rest on what could not be committed; values in dram do not. */
  retract(line: string): void {
    for (const part of this.#parts) {
      if (isPinned(part)) continue;
      const before = part.length;
      retractReplies(part, 0, line);
      this.bytes += part.length - before;
    }
  }

  /** Forgets everything. */
  clear(): void {
    for (const part of this.#parts) if (isPinned(part)) part.value.unpin();
    this.#parts = [];
    this.bytes = 0;
  }
}

function sendPinned(socket: Socket, { header, value }: PinnedReply): void {
  socket.cork();
  socket.write(header);
  for (const piece of value.pieces) socket.write(piece);
  // Called too if the socket is destroyed before.
  socket.write(lineEnd, () => value.unpin());
  socket.uncork();
}

function isPinned(part: ReplyBuffer | PinnedReply): part is PinnedReply {
  return 'header' in part;
}
