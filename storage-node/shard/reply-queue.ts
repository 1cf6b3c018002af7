import type { ReplyBuffer, RespVersion } from '@satchel/proto/resp';
import type { OutputPool } from './output-pool.js';
import { appendReply, isError } from './reply-version.js';
import { retractReplies } from './uncommitted.js';

/** A reply that is still to come, and what has to wait behind it. */
export class PendingReply {
  /** What has come: whole replies in RESP3. */
  bytes: Buffer | undefined;
  /** Or: the buffer an asynchronous handler writes to, from offset `from` on. */
  reply: ReplyBuffer | undefined;
  from = 0;
  done = false;
  /** Replies of later commands that were there at once. */
  tail: ReplyBuffer | undefined;
}

/** Replies of one connection in the order of its commands, as long as one of them is still to come. */
export class ReplyQueue {
  readonly #entries: PendingReply[] = [];
  #head = 0;
  readonly #pool: OutputPool;
  /** Bytes waiting in it, except those of handlers under way. */
  waitingBytes = 0;

  constructor(pool: OutputPool) {
    this.#pool = pool;
  }

  get size(): number {
    return this.#entries.length - this.#head;
  }

  /** Adds a reply that is still to come. */
  add(): PendingReply {
    const entry = new PendingReply();
    this.#entries.push(entry);
    return entry;
  }

  /** Where replies of later commands are written now; only if the queue is not empty. */
  tail(version: RespVersion): ReplyBuffer {
    const last = this.#entries[this.#entries.length - 1] as PendingReply;
    last.tail ??= this.#pool.take(version);
    return last.tail;
  }

  /** Puts another buffer, or none, in the place of the current tail, which somebody else keeps. */
  replaceTail(tail: ReplyBuffer | undefined): void {
    const last = this.#entries[this.#entries.length - 1];
    if (last) last.tail = tail;
  }

  /** Notes that a reply has come. Borrowed bytes are copied. */
  settle(entry: PendingReply, bytes?: Buffer): void {
    entry.done = true;
    if (bytes !== undefined) {
      entry.bytes = bytes;
      this.waitingBytes += bytes.length;
    }
  }

  /** Whether this entry's reply is the next to be sent. */
  isNext(entry: PendingReply): boolean {
    return this.#entries[this.#head] === entry;
  }

  /** Moves what is complete, from the oldest on, to the output. */
  drainInto(output: ReplyBuffer): void {
    for (let entry = this.#entries[this.#head]; entry?.done; entry = this.#entries[this.#head]) {
      this.#head++;
      this.#move(entry, output);
    }
    if (this.#head === this.#entries.length || this.#head > 512) {
      this.#entries.splice(0, this.#head);
      this.#head = 0;
    }
  }

  /** Turns the replies that have come into errors. */
  retract(line: string): void {
    for (const entry of this.#entries.slice(this.#head)) {
      if (entry.done && entry.bytes) this.#retractBytes(entry, line);
      if (entry.done && entry.reply) retractReplies(entry.reply, entry.from, line);
      if (entry.tail) retractReplies(entry.tail, 0, line);
    }
  }

  #retractBytes(entry: PendingReply, line: string): void {
    const bytes = entry.bytes as Buffer;
    if (isError(bytes, 0)) return;
    entry.bytes = Buffer.from(`-${line}\r\n`);
    this.waitingBytes += entry.bytes.length - bytes.length;
  }

  /** Forgets everything. Buffers of handlers under way stay theirs. */
  clear(): void {
    for (const entry of this.#entries) if (entry.tail) this.#pool.giveBack(entry.tail);
    this.#entries.length = 0;
    this.#head = 0;
    this.waitingBytes = 0;
  }

  #move(entry: PendingReply, output: ReplyBuffer): void {
    if (entry.bytes) {
      appendReply(output, entry.bytes, 0, entry.bytes.length);
      this.waitingBytes -= entry.bytes.length;
    }
    if (entry.reply) {
      output.raw(entry.reply.buffer.subarray(entry.from, entry.reply.length));
      this.#pool.giveBack(entry.reply);
    }
    if (entry.tail) {
      output.raw(entry.tail.bytes);
      this.#pool.giveBack(entry.tail);
    }
  }
}
