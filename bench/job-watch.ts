import { setTimeout as delay } from 'node:timers/promises';
import { SatchelError } from '@satchel/proto/core';
import type { Job__Output, Node__Output, Usage__Output } from '@satchel/proto/gen';
import { type ControllerChannel, dial } from '@satchel/proto/rpc';

/** Value bytes that a job's shards counted. */
export interface Counters {
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** Counters out of a job's usage; what clients read in place, and reported to the shards, went out too. */
export function countersOf({ bytesIn, bytesOut, localBytes }: Usage__Output): Counters {
  return { bytesIn, bytesOut: bytesOut + localBytes };
}

/** Counters reach the controller with the nodes' heartbeats; longer than this they are not waited for. */
const settleMs = 8_000;
const pollMs = 100;
/** A controller that is away is waited for this long: jobs go on without it, and so does their check. */
const awayMs = 180_000;

/** What the controller knows of a job and the fleet, asked for by a workload that checks it. */
export class JobWatch {
  readonly #channel: ControllerChannel;

  constructor(controller: string) {
    this.#channel = dial(controller);
  }

  job(id: string): Promise<Job__Output> {
    return this.#channel.call(this.#channel.jobs, this.#channel.jobs.getJob, { job: id });
  }

  async nodes(): Promise<Node__Output[]> {
    const answer = await this.#channel.call(this.#channel.fleet, this.#channel.fleet.listNodes, {});
    return answer.nodes ?? [];
  }

  /** The job's usage once its counters have reached `expected`, or when they have not for a while. */
  async usage(id: string, expected: Counters = { bytesIn: 0, bytesOut: 0 }): Promise<Usage__Output> {
    const reached = (usage: Usage__Output) => {
      const { bytesIn, bytesOut } = countersOf(usage);
      return bytesIn >= expected.bytesIn && bytesOut >= expected.bytesOut;
    };
    return this.#until(async () => usageOf(await this.job(id)), reached);
  }

  /** Bytes that all nodes hold, once that is nothing, or when something is left after a while. */
  async heldBytes(): Promise<number> {
    const held = async () =>
      (await this.nodes()).reduce((sum, node) => sum + (node.usage?.dramUsedBytes ?? 0) + (node.usage?.ssdUsedBytes ?? 0), 0);
    return this.#until(held, (bytes) => bytes === 0);
  }

  close(): void {
    this.#channel.close();
  }

  async #until<Value>(read: () => Promise<Value>, enough: (value: Value) => boolean): Promise<Value> {
    let patience = settleMs;
    for (let awaySince = performance.now(); ; ) {
      const value = await read().catch((error: unknown) => {
        const away = error instanceof SatchelError && error.retrySafe && performance.now() - awaySince < awayMs;
        if (!away) throw error;
        return undefined;
      });
      if (value !== undefined) {
        if (enough(value) || patience <= 0) return value;
        patience -= pollMs;
        awaySince = performance.now();
      }
      await delay(pollMs);
    }
  }
}

function usageOf(job: Job__Output): Usage__Output {
  if (!job.usage) throw new SatchelError('internal', `the controller reports no usage of job ${job.job}`);
  return job.usage;
}
