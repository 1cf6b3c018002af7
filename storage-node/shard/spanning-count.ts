import { SatchelError, shardsOf } from '@satchel/proto/core';
import { ReplyBuffer } from '@satchel/proto/resp';
import type { ReplySink } from './link.js';
import type { Peers } from './peers.js';
import { isError, lengthAt } from './reply-version.js';
import type { SessionIdentity } from './session.js';
import type { WholeJob } from './whole-job.js';

/** How long after something moved it is looked at anew. */
const retryMs = 10;
/** The same, if the shards have said nothing new since. */
const patientMs = 50;

/**
 * Waits until a job's objects under a prefix are so many, or time is up; the sink then gets their number, or the first error. Each shard says when its
 * count changes. While slots move the sum of what they said is but a hint, and all are asked by one epoch before it is believed.
 */
export class SpanningCount {
  readonly #peers: Peers;
  readonly #whole: WholeJob;
  readonly #identity: SessionIdentity;
  readonly #prefix: Buffer;
  readonly #wanted: number;
  readonly #sink: ReplySink;
  readonly #forgetRoutes: () => void;
  #counts: number[] = [];
  #ends: (() => void)[] = [];
  #attempt = 0;
  #confirming = false;
  #done = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(peers: Peers, whole: WholeJob, identity: SessionIdentity, prefix: Buffer, wanted: number, sink: ReplySink) {
    this.#peers = peers;
    this.#whole = whole;
    this.#identity = identity;
    this.#prefix = prefix;
    this.#wanted = wanted;
    this.#sink = sink;
    this.#forgetRoutes = identity.shardJob.steering.onRouted(() => this.#begin());
  }

  /** Begins; a time-out of 0 is none. */
  start(timeoutMs: number): void {
    if (timeoutMs > 0) {
      this.#timer = setTimeout(() => this.#timeOut(), Math.min(timeoutMs, 2 ** 31 - 1));
      this.#timer.unref();
    }
    this.#begin();
  }

  /** Ends without an outcome. Idempotent. */
  cancel(): void {
    this.#done = true;
    clearTimeout(this.#timer);
    this.#forgetRoutes();
    this.#endParts();
  }

  #begin(): void {
    if (this.#done) return;
    this.#endParts();
    const attempt = ++this.#attempt;
    const shards = shardsOf(this.#identity.shardJob.configuration.ranges);
    this.#counts = shards.map(() => -1);
    for (const [part, shard] of shards.entries()) {
      if (this.#done || attempt !== this.#attempt) return;
      const take: ReplySink = (bytes, start, end) => this.#take(attempt, part, bytes, start, end);
      this.#ends.push(this.#peers.watch(shard, this.#identity, 'SATCHEL.WATCHCOUNT', [this.#prefix], take, take));
    }
    if (this.#done) this.#endParts();
  }

  #take(attempt: number, part: number, bytes: Buffer, start: number, end: number): void {
    if (this.#done || attempt !== this.#attempt) return;
    if (isError(bytes, start)) {
      this.#settle(bytes, start, end);
      return;
    }
    this.#counts[part] = lengthAt(bytes, start);
    this.#consider();
  }

  #consider(): void {
    if (this.#counts.includes(-1) || this.#sum() < this.#wanted || this.#confirming) return;
    if (!this.#moves) this.#finish(this.#sum());
    else void this.#confirm();
  }

  /** Slots come from somewhere, or may without this shard having heard of it. */
  get #moves(): boolean {
    const { previous = [], epoch } = this.#identity.shardJob.configuration;
    return previous.length > 0 || epoch > 1;
  }

  async #confirm(): Promise<void> {
    this.#confirming = true;
    const before = this.#counts.join();
    const count = await this.#exact();
    this.#confirming = false;
    if (this.#done) return;
    if (typeof count === 'number' && count >= this.#wanted) this.#finish(count);
    else if (count instanceof SatchelError && count.code === 'lost') this.#fail(count);
    // A shard that counts again and finds what it said before does not say so.
    else setTimeout(() => this.#consider(), this.#counts.join() === before ? patientMs : retryMs).unref();
  }

  /** The number at some moment from now, or why it cannot be had. */
  #exact(): Promise<number | SatchelError> {
    return this.#whole.count(this.#prefix, this.#identity).catch((error: unknown) => SatchelError.from(error));
  }

  #fail(error: SatchelError): void {
    const reply = new ReplyBuffer(256);
    reply.error(error.toRespLine());
    this.#settle(reply.buffer, 0, reply.length);
  }

  #timeOut(): void {
    if (!this.#moves && !this.#counts.includes(-1)) this.#finish(this.#sum());
    else void this.#exact().then((count) => this.#finish(typeof count === 'number' ? count : this.#sum()));
  }

  #finish(count: number): void {
    const reply = new ReplyBuffer(32);
    reply.integer(count);
    this.#settle(reply.buffer, 0, reply.length);
  }

  #settle(bytes: Buffer, start: number, end: number): void {
    if (this.#done) return;
    const own = Buffer.from(bytes.subarray(start, end));
    this.cancel();
    this.#sink(own, 0, own.length);
  }

  #endParts(): void {
    for (const end of this.#ends.splice(0)) end();
  }

  #sum(): number {
    return this.#counts.reduce((sum, count) => sum + Math.max(0, count), 0);
  }
}
