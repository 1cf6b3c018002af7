import { sendAtRoundEnd } from './event-round.js';
import type { ShardJob } from './job.js';

/** Something with output to send at the end of a turn. */
export interface Sender {
  /** Sends what was written for it. */
  send(): void;
}

/** Replies wait for the end of the round at most about this long. */
const longestWaitMs = 2;

/**
 * Ends a turn of the shard: stores are flushed before anything that was written on top of them is sent. A turn is one read of a
 * socket; what all turns of one round of the event loop wrote is committed once and sent together, so that clients wake up while the
 * shard still sends to others.
 */
export class Turn {
  #depth = 0;
  #nowMs = 0;
  /** When the oldest of the replies that wait was written. */
  #waitingSinceMs = 0;
  #senders: Sender[] = [];
  #spare: Sender[] = [];
  readonly #changedJobs: ShardJob[] = [];
  readonly #flushFailed: (job: ShardJob, error: unknown) => void;
  #scheduled = false;
  #sending = false;
  readonly #onRoundEnd = (): void => {
    this.#scheduled = false;
    this.#flushAndSend();
  };

  /** `flushFailed` is to take back every reply not sent yet that may rest on what the job did not commit. */
  constructor(flushFailed: (job: ShardJob, error: unknown) => void) {
    this.#flushFailed = flushFailed;
  }

  /** Milliseconds since the Unix epoch: read once per turn, and by whoever is not in one. */
  get nowMs(): number {
    return this.#depth > 0 ? this.#nowMs : Date.now();
  }

  begin(): void {
    if (this.#depth++ === 0) this.#nowMs = Date.now();
  }

  /** `hurry`: there is so much to send that it is not to wait for more, unless it would cost a commit. */
  end(hurry = false): void {
    if (--this.#depth > 0 || (this.#senders.length === 0 && this.#changedJobs.length === 0)) return;
    const mayWait = !hurry && (!this.#scheduled || this.#nowMs - this.#waitingSinceMs < longestWaitMs);
    if (mayWait || this.#changedJobs.some(keepsOnDisk)) this.#schedule();
    else this.#flushAndSend();
  }

  /** Reads the clock again, in the midst of a long turn. */
  tick(): void {
    this.#nowMs = Date.now();
  }

  /** Sends at the end of the turn; a sender adds itself once until it was called. */
  add(sender: Sender): void {
    this.#senders.push(sender);
    if (this.#depth === 0) this.#schedule();
  }

  /** Flushes a job that changed before the next reply is sent. */
  jobChanged(job: ShardJob): void {
    if (!this.#changedJobs.includes(job)) this.#changedJobs.push(job);
    if (this.#depth === 0) this.#schedule();
  }

  /** Flushes a job before the turn ends. The error if that failed; `flushFailed` was called then. */
  commit(job: ShardJob): unknown {
    if (!job.dirty) return undefined;
    try {
      job.flush();
      return undefined;
    } catch (error) {
      this.#flushFailed(job, error);
      return error;
    }
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#waitingSinceMs = this.nowMs;
    sendAtRoundEnd(this.#onRoundEnd);
  }

  #flushAndSend(): void {
    if (this.#sending) return;
    this.#sending = true;
    while (this.#senders.length > 0 || this.#changedJobs.length > 0) {
      for (const job of this.#changedJobs) this.commit(job);
      this.#changedJobs.length = 0;
      const senders = this.#senders;
      this.#senders = this.#spare;
      this.#spare = senders;
      for (let index = 0; index < senders.length; index++) (senders[index] as Sender).send();
      senders.length = 0;
    }
    this.#sending = false;
  }
}

/** Whether a flush of the job costs a commit. */
function keepsOnDisk(job: ShardJob): boolean {
  return job.usage.bytes('ssd') > 0;
}
