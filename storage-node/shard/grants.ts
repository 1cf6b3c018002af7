import { type Clock, SatchelError } from '@satchel/proto/core';
import type { Grant } from './grant.js';

const MiB = 2 ** 20;

/** More is asked for once this much of a share is used, so that a writer seldom waits for the answer. */
const aheadShare = 0.75;
/** How long a write waits for the controller's answer. */
export const grantWaitMs = 5000;
/** How long a refusal counts: other shards may free quota without this one hearing of it. */
export const refusalMemoryMs = 250;
/** A request that was not answered for so long is repeated by the next write that waits. */
const repeatMs = 1000;

/** What to ask for when `needBytes` are needed: a quarter more, 1 to 64 MiB, as far as the quota goes. */
export function wantedBytes(needBytes: number, quotaBytes: number): number {
  const aheadBytes = Math.min(Math.max(Math.ceil(needBytes / 4), MiB), 64 * MiB);
  return Math.max(needBytes, Math.min(needBytes + aheadBytes, quotaBytes));
}

/** Whether a share is so full that more is asked for before it is needed. */
export function asksAhead(usedBytes: number, grantBytes: number, quotaBytes: number): boolean {
  return grantBytes < quotaBytes && usedBytes > grantBytes * aheadShare;
}

/**
 * What a shard keeps when the controller wants unused grant back: what is used or waited for and nothing more, since whatever
 * is kept beyond that could be what another shard's write is refused for.
 */
export function keptBytes(usedBytes: number, waitingBytes: number, grantBytes: number): number {
  return Math.min(grantBytes, usedBytes + waitingBytes);
}

/** What an answer that leaves reservations waiting leads to. */
export type NextStep = 'ask-again' | 'refuse';

/**
 * After an answer: as long as the share grows, the rest is asked for; an answer that gave nothing ends it if exactly what is needed
 * had been asked for, and that twice, because a grant may also change for reasons of the controller's own.
 */
export function afterAnswer(grewBytes: number, exactAnswers: number): NextStep {
  return grewBytes > 0 || exactAnswers < 2 ? 'ask-again' : 'refuse';
}

/** How a grant talks to the controller. */
export interface GrantChannel {
  /** The shard needs `bytes` in all. */
  request(bytes: number): void;
  /** The shard keeps `bytes` of the grant of that version. */
  giveBack(bytes: number, version: number): void;
}

interface Waiting {
  readonly bytes: number;
  settle(taken: boolean): void;
  fail(error: SatchelError): void;
}

/** The share of one job on this shard, and its part in the conversation about it. */
export class JobGrant implements Grant {
  readonly #channel: GrantChannel;
  readonly #clock: Clock;
  #quotaBytes: number;
  #bytes: number;
  #version: number;
  #used = 0;
  #waiting: Waiting[] = [];
  /** Bytes asked for and not answered; 0: nothing. */
  #asked = 0;
  #askedMs = 0;
  /** Answers to requests for exactly the need that brought nothing. */
  #exactAnswers = 0;
  /** Until `untilMs`, needs of so many bytes in all are known to be refused. */
  #refused = { needBytes: Number.POSITIVE_INFINITY, untilMs: 0 };
  #aheadAfterMs = 0;
  #closed = false;

  /** `quotaBytes` 0: no quota. A grant never heard of has 0 bytes and version 0. */
  constructor(quotaBytes: number, held: { bytes: number; version: number }, channel: GrantChannel, clock: Clock) {
    this.#quotaBytes = quotaBytes;
    this.#bytes = held.bytes;
    this.#version = held.version;
    this.#channel = channel;
    this.#clock = clock;
  }

  get bytes(): number {
    return this.#quotaBytes === 0 ? Number.POSITIVE_INFINITY : this.#bytes;
  }

  get version(): number {
    return this.#version;
  }

  get usedBytes(): number {
    return this.#used;
  }

  reserve(bytes: number): boolean | Promise<boolean> {
    if (this.#used + bytes <= this.bytes) {
      this.#used += bytes;
      this.#askAhead();
      return true;
    }
    const need = this.#used + bytes;
    if (this.#closed || need > this.#quotaBytes) return false;
    if (need >= this.#refused.needBytes && this.#clock.now() < this.#refused.untilMs) return false;
    return this.#wait(bytes);
  }

  release(bytes: number): void {
    this.#used -= bytes;
    this.#refused.untilMs = 0;
    if (this.#waiting.length > 0) this.#takeWaiting();
  }

  /** Counts bytes that are there already, such as those found after a restart. */
  adopt(bytes: number): void {
    this.#used += bytes;
    this.#askAhead();
  }

  /** The controller's word; older or repeated words are ignored. */
  changed(quotaBytes: number, bytes: number, version: number): void {
    this.#quotaBytes = quotaBytes;
    if (version <= this.#version && quotaBytes !== 0) return;
    const grew = bytes - this.#bytes;
    this.#version = Math.max(version, this.#version);
    this.#bytes = bytes;
    this.#answered(grew);
  }

  /** Gives back what is unused; answers also if that is nothing. */
  reclaim(): void {
    this.#bytes = keptBytes(this.#used, this.#waitingBytes(), this.#bytes);
    this.#channel.giveBack(this.#bytes, this.#version);
  }

  /** Asks again what was not answered: the controller, or the way to it, was away. */
  askAgain(): void {
    if (this.#asked > 0) this.#channel.request(this.#asked);
  }

  /** The job has ended: nobody waits any longer. */
  close(): void {
    this.#closed = true;
    for (const waiting of this.#waiting.splice(0)) waiting.settle(false);
  }

  #wait(bytes: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const remove = () => {
        cancel();
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
      };
      const waiting: Waiting = {
        bytes,
        settle: (taken) => {
          remove();
          resolve(taken);
        },
        fail: (error) => {
          remove();
          reject(error);
        },
      };
      const cancel = this.#clock.after(grantWaitMs, () => {
        // Nobody is going to answer any more; the next write asks anew.
        this.#asked = 0;
        waiting.fail(unanswered());
      });
      this.#waiting.push(waiting);
      if (this.#asked === 0 || this.#clock.now() - this.#askedMs >= repeatMs)
        this.#ask(wantedBytes(this.#need(), this.#quotaBytes));
    });
  }

  #answered(grewBytes: number): void {
    const asked = this.#asked;
    this.#asked = 0;
    const need = this.#need();
    this.#takeWaiting();
    if (this.#waiting.length === 0) {
      this.#exactAnswers = 0;
      if (asked > 0 && grewBytes <= 0) this.#aheadAfterMs = this.#clock.now() + refusalMemoryMs * 4;
      return;
    }
    this.#exactAnswers = grewBytes > 0 ? 0 : this.#exactAnswers + (asked <= need ? 1 : 0);
    if (afterAnswer(grewBytes, this.#exactAnswers) === 'ask-again') this.#ask(this.#need());
    else this.#refuse();
  }

  /** What waits does not fit all together: the larger half is refused, the others are asked for by themselves. */
  #refuse(): void {
    this.#exactAnswers = 0;
    const bySize = [...this.#waiting].sort((a, b) => a.bytes - b.bytes);
    if (bySize.length === 1) this.#refused = { needBytes: this.#need(), untilMs: this.#clock.now() + refusalMemoryMs };
    for (const waiting of bySize.slice(Math.floor(bySize.length / 2))) waiting.settle(false);
    if (this.#waiting.length > 0) this.#ask(this.#need());
  }

  /** Lets those that wait and fit now go on, in the order they came. */
  #takeWaiting(): void {
    for (const waiting of [...this.#waiting]) {
      if (this.#used + waiting.bytes > this.bytes) continue;
      this.#used += waiting.bytes;
      waiting.settle(true);
    }
  }

  #askAhead(): void {
    if (this.#asked > 0 || this.#closed || !asksAhead(this.#used, this.bytes, this.#quotaBytes)) return;
    if (this.#clock.now() < this.#aheadAfterMs) return;
    this.#ask(wantedBytes(Math.max(this.#used, this.#bytes), this.#quotaBytes));
  }

  #ask(bytes: number): void {
    this.#asked = bytes;
    this.#askedMs = this.#clock.now();
    this.#channel.request(bytes);
  }

  #need(): number {
    return Math.min(this.#used + this.#waitingBytes(), Math.max(this.#quotaBytes, this.#used));
  }

  #waitingBytes(): number {
    let sum = 0;
    for (const { bytes } of this.#waiting) sum += bytes;
    return sum;
  }
}

function unanswered(): SatchelError {
  return new SatchelError(
    'quota-exceeded',
    `this shard's share of the job's quota is used up, and the controller, which would give more, did not answer within ${grantWaitMs / 1000} s`,
  );
}
