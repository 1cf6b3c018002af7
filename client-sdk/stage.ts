import { SatchelError, systemClock } from '@satchel/proto/core';
import type { Stage__Output } from '@satchel/proto/gen';
import type { ControllerChannel } from '@satchel/proto/rpc';
import { Lease } from './lease.js';

/** What the end of a stage or job gave back; bytes are those the job was charged. */
export interface Reclaimed {
  readonly objects: number;
  readonly bytes: number;
}

/** How a stage is held. */
export interface StageOptions {
  /** A lease of its own, from 1 s to a day, renewed as long as the stage is held. Default: it lives as long as what is above it. */
  readonly leaseMs?: number;
  /** The stage above it. Default: the job. */
  readonly parent?: Stage;
  /** Begins with the parent's prefix, and shares keys with no other stage. Default: made of the stage's id. */
  readonly prefix?: string;
  /** Called once when the stage is over although it is held. */
  readonly onLeaseLost?: (error: SatchelError) => void;
  /** Called when a third of the lease is left and it could not be renewed. */
  readonly onLeaseWarning?: (expiresAtMs: number) => void;
}

/**
 * A part of a job with a key prefix: when it ends everything under the prefix is deleted on every shard, and nothing can be written there any more.
 * Its lease, if it has one, is renewed as long as the process lives, until `end` or `release`; that does not keep the process alive.
 */
export class Stage {
  /** Unique in the job. */
  readonly id: string;
  readonly name: string;
  /** What keys of the stage begin with. */
  readonly prefix: string;
  readonly #channel: ControllerChannel;
  readonly #job: string;
  readonly #lease: Lease | undefined;

  /** See {@link Job.beginStage}. */
  constructor(channel: ControllerChannel, { job, stage, name, prefix, leaseMs }: Stage__Output, options: StageOptions) {
    this.id = stage;
    this.name = name;
    this.prefix = prefix;
    this.#channel = channel;
    this.#job = job;
    if (leaseMs === 0) return;
    this.#lease = new Lease(leaseMs, {
      renew: (timeoutMs) => this.renew(timeoutMs),
      onLost: (error) => options.onLeaseLost?.(error),
      ...(options.onLeaseWarning && { onWarning: options.onLeaseWarning }),
      clock: systemClock,
      random: Math.random,
    });
  }

  /** Renews the lease now, besides the automatic renewals; resolves to its period in milliseconds. */
  async renew(timeoutMs?: number): Promise<number> {
    const { jobs } = this.#channel;
    return (await this.#channel.call(jobs, jobs.renewStage, this.#name(), timeoutMs)).leaseMs;
  }

  /** Ends the stage and those below it; resolves, to what was deleted, once every shard that can be reached has done so. Idempotent. */
  async end(): Promise<Reclaimed> {
    this.release();
    const { jobs } = this.#channel;
    const { reclaimed } = await this.#channel.call(jobs, jobs.endStage, this.#name());
    return { objects: reclaimed?.objects ?? 0, bytes: reclaimed?.bytes ?? 0 };
  }

  /** Renews the lease no longer: without anybody who does the stage lapses. Idempotent. */
  release(): void {
    this.#lease?.stop();
  }

  /** Ends the stage. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }

  #name() {
    return { job: this.#job, stage: this.id };
  }
}

/** Begins a stage; see {@link Job.beginStage}. */
export async function beginStage(channel: ControllerChannel, job: string, name: string, options: StageOptions): Promise<Stage> {
  const { leaseMs = 0, parent, prefix = '' } = options;
  if (!Number.isInteger(leaseMs) || leaseMs < 0) {
    throw new SatchelError('invalid-argument', `option leaseMs is ${leaseMs}; it must be a whole number of milliseconds`);
  }
  const { jobs } = channel;
  const request = { job, name, leaseMs, parent: parent?.id ?? '', prefix };
  return new Stage(channel, await channel.call(jobs, jobs.beginStage, request), options);
}
