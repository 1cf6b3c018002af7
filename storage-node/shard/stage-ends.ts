import type { Clock } from '@satchel/proto/core';
import type { EndedPrefix, JobConfiguration } from '../job-configuration.js';
import { emptyPrefix, type Reclaimed } from './empty-prefix.js';
import type { ShardJob } from './job.js';
import type { ShardMessage } from './messages.js';

/** A deletion that met an error is tried again so much later. */
const againMs = 1000;

export interface StageEndsOptions {
  readonly clock: Clock;
  readonly send: (message: ShardMessage) => void;
  readonly complain: (job: string, error: unknown) => void;
}

/** Carries out the ends of stages on this shard, each once, and says so as often as it is reminded. */
export class StageEnds {
  readonly #options: StageEndsOptions;
  /** What was reclaimed, by job and serial; undefined while it is under way. */
  readonly #ends = new Map<string, Map<number, Reclaimed | undefined>>();

  constructor(options: StageEndsOptions) {
    this.#options = options;
  }

  /** Follows what a job's configuration says has ended. `open`: the job, if it holds anything here. */
  follow({ job, endedPrefixes = [] }: JobConfiguration, open: ShardJob | undefined): void {
    if (open?.objects.seals.follow(endedPrefixes))
      open.waits.endKeys((key) => open.objects.seals.errorOf(Buffer.from(key, 'latin1')));
    for (const ended of endedPrefixes) if (ended.pending) this.#carryOut(job, ended, open);
  }

  /** The job is over. */
  forget(job: string): void {
    this.#ends.delete(job);
  }

  #carryOut(job: string, ended: EndedPrefix, open: ShardJob | undefined): void {
    const ends = this.#ends.get(job) ?? new Map<number, Reclaimed | undefined>();
    this.#ends.set(job, ends);
    const { serial, prefix } = ended;
    const reclaimed = open === undefined && !ends.has(serial) ? { objects: 0, bytes: 0 } : ends.get(serial);
    if (reclaimed !== undefined) this.#options.send({ kind: 'prefix-emptied', job, serial, reclaimed });
    if (open === undefined || ends.has(serial)) return;
    ends.set(serial, undefined);
    emptyPrefix(open, Buffer.from(prefix)).then(
      (done) => {
        ends.set(serial, done);
        if (!open.ended) this.#options.send({ kind: 'prefix-emptied', job, serial, reclaimed: done });
      },
      (error: unknown) => {
        ends.delete(serial);
        if (open.ended) return;
        this.#options.complain(job, error);
        this.#options.clock.after(againMs, () => this.#carryOut(job, ended, open));
      },
    );
  }
}
