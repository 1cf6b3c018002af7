import { ReplyBuffer } from '@satchel/proto/resp';
import type { ReplySink, WatchSink } from './link.js';
import { isError, lengthAt } from './reply-version.js';

/** Starts the watch of one part; returns what ends it. */
export type StartPart = (part: number, counted: ReplySink, pushed: WatchSink) => () => void;

/**
 * Waits until the counts that several shards report add up to a number, or time is up; the sink then gets the sum, or the
 * first error. Nothing is asked twice: each shard says when its count changes.
 */
export class CountWatch {
  readonly #wanted: number;
  readonly #sink: ReplySink;
  readonly #counts: number[];
  readonly #ends: (() => void)[] = [];
  #unknown: number;
  #done = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: number, wanted: number, sink: ReplySink) {
    this.#counts = Array.from({ length: parts }, () => -1);
    this.#unknown = parts;
    this.#wanted = wanted;
    this.#sink = sink;
  }

  /** Begins; a time-out of 0 is none. */
  start(timeoutMs: number, startPart: StartPart): void {
    if (timeoutMs > 0) {
      this.#timer = setTimeout(() => this.#finish(), Math.min(timeoutMs, 2 ** 31 - 1));
      this.#timer.unref();
    }
    for (let part = 0; part < this.#counts.length && !this.#done; part++) {
      const take: ReplySink = (bytes, start, end) => this.#take(part, bytes, start, end);
      this.#ends.push(startPart(part, take, take));
    }
    if (this.#done) this.#endParts();
  }

  /** Ends without an outcome. Idempotent. */
  cancel(): void {
    this.#done = true;
    clearTimeout(this.#timer);
    this.#endParts();
  }

  #take(part: number, bytes: Buffer, start: number, end: number): void {
    if (this.#done) return;
    if (isError(bytes, start)) {
      this.cancel();
      this.#sink(bytes, start, end);
      return;
    }
    if (this.#counts[part] === -1) this.#unknown--;
    this.#counts[part] = lengthAt(bytes, start);
    if (this.#unknown === 0 && this.#sum() >= this.#wanted) this.#finish();
  }

  #finish(): void {
    if (this.#done) return;
    this.cancel();
    const reply = new ReplyBuffer(32);
    reply.integer(this.#sum());
    this.#sink(reply.buffer, 0, reply.length);
  }

  #sum(): number {
    return this.#counts.reduce((sum, count) => sum + Math.max(0, count), 0);
  }

  #endParts(): void {
    for (const end of this.#ends) end();
    this.#ends.length = 0;
  }
}
