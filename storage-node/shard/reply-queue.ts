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
  /** Replies of later commands that were there at once: those in the tail from here on, up to the next one's. */
  tailFrom: number;

  constructor(tailFrom: number) {
    this.tailFrom = tailFrom;
  }
}

/** What has been sent of the tail is thrown away when it is so much, and more than what is left. */
const wornBytes = 64 * 1024;

/** Replies of one connection in the order of its commands, as long as one of them is still to come. */
export class ReplyQueue {
  readonly #entries: PendingReply[] = [];
  #head = 0;
  readonly #pool: OutputPool;
  /** Replies that wait behind entries, in order. */
  #tail: ReplyBuffer | undefined;
  /** Bytes of replies that have come, except those of handlers under way. */
  #settledBytes = 0;

  constructor(pool: OutputPool) {
    this.#pool = pool;
  }

  get size(): number {
    return this.#entries.length - this.#head;
  }

  /** Bytes waiting in it, except those of handlers under way. */
  get waitingBytes(): number {
    return this.#settledBytes + (this.#tail?.length ?? 0);
  }

  /** Adds a reply that is still to come. */
  add(): PendingReply {
    const entry = new PendingReply(this.#tail?.length ?? 0);
    this.#entries.push(entry);
    return entry;
  }

  /** Where replies of later commands are written now; only if the queue is not empty. */
  tail(version: RespVersion): ReplyBuffer {
    this.#tail ??= this.#pool.take(version);
    return this.#tail;
  }

  /** Puts another buffer with the same replies, or none if there are none, in the place of the tail, which somebody else keeps. */
  replaceTail(tail: ReplyBuffer | undefined): void {
    this.#tail = tail;
  }

  /** Notes that a reply has come. The bytes pass over. */
  settle(entry: PendingReply, bytes?: Buffer): void {
    entry.done = true;
    if (bytes !== undefined) {
      entry.bytes = bytes;
      this.#settledBytes += bytes.length;
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
    this.#wear();
  }

  /** Turns the replies that have come into errors. */
  retract(line: string): void {
    const tail = this.#tail;
    const retracted = tail && this.#pool.take(tail.version);
    for (let index = this.#head; index < this.#entries.length; index++) {
      const entry = this.#entries[index] as PendingReply;
      if (entry.done && entry.bytes) this.#retractBytes(entry, line);
      if (entry.done && entry.reply) retractReplies(entry.reply, entry.from, line);
      if (tail === undefined || retracted === undefined) continue;
      const from = retracted.length;
      retracted.raw(tail.buffer.subarray(entry.tailFrom, this.#tailEnd(index)));
      retractReplies(retracted, from, line);
      // The end of the entry before is this one's beginning, which is read before it changes.
      entry.tailFrom = from;
    }
    if (tail === undefined) return;
    this.#pool.giveBack(tail);
    this.#tail = retracted;
  }

  #retractBytes(entry: PendingReply, line: string): void {
    const bytes = entry.bytes as Buffer;
    if (isError(bytes, 0)) return;
    entry.bytes = Buffer.from(`-${line}\r\n`);
    this.#settledBytes += entry.bytes.length - bytes.length;
  }

  /** Forgets everything. Buffers of handlers under way stay theirs. */
  clear(): void {
    if (this.#tail) this.#pool.giveBack(this.#tail);
    this.#tail = undefined;
    this.#entries.length = 0;
    this.#head = 0;
    this.#settledBytes = 0;
  }

  /** Where the replies behind an entry end. */
  #tailEnd(index: number): number {
    return this.#entries[index + 1]?.tailFrom ?? this.#tail?.length ?? 0;
  }

  #move(entry: PendingReply, output: ReplyBuffer): void {
    if (entry.bytes) {
      appendReply(output, entry.bytes, 0, entry.bytes.length);
      this.#settledBytes -= entry.bytes.length;
    }
    if (entry.reply) {
      output.raw(entry.reply.buffer.subarray(entry.from, entry.reply.length));
      this.#pool.giveBack(entry.reply);
    }
    const end = this.#tailEnd(this.#head - 1);
    if (this.#tail && end > entry.tailFrom) output.raw(this.#tail.buffer.subarray(entry.tailFrom, end));
  }

  /** Gives up the part of the tail that was sent. */
  #wear(): void {
    const tail = this.#tail;
    if (tail === undefined) return;
    const worn = this.size === 0 ? tail.length : (this.#entries[this.#head] as PendingReply).tailFrom;
    if (worn === tail.length && this.size === 0) {
      this.#tail = undefined;
      this.#pool.giveBack(tail);
    } else if (worn >= wornBytes && worn * 2 > tail.length) {
      tail.buffer.copyWithin(0, worn, tail.length);
      tail.truncate(tail.length - worn);
      for (let index = this.#head; index < this.#entries.length; index++) (this.#entries[index] as PendingReply).tailFrom -= worn;
    }
  }
}
