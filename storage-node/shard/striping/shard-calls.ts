import { SatchelError } from '@satchel/proto/core';
import type { ShardAddress } from '../../job-configuration.js';
import { ByteGate } from '../byte-gate.js';
import type { ShardJob } from '../job.js';
import type { ReplySink } from '../link.js';

/** How a job on one shard has commands run on its other shards, or on this one, without a client. */
export interface ShardCalls {
  /** Runs a command; `sink` gets its reply in RESP3, borrowed, or an error that names the shard. */
  send(job: ShardJob, shard: number, words: readonly (Buffer | string)[], sink: ReplySink): void;
  /** Where a shard of the fleet is reached; undefined if it is unknown. */
  addressOf(shard: number): ShardAddress | undefined;
  /** What this shard may put together at a time. */
  readonly assemblyBytes: ByteBudget;
  /** Values on their way here from shards that had their slots before. */
  readonly takeOvers: ByteGate;
}

/** Bytes that may be in use at a time; who finds none free waits for its turn. */
export class ByteBudget {
  #free: number;
  readonly #queue: { readonly bytes: number; readonly enter: () => void }[] = [];

  constructor(bytes: number) {
    this.#free = bytes;
  }

  /** Settles once the bytes, at most the whole budget, are taken; to be given back by `release`. */
  take(bytes: number): Promise<void> {
    if (this.#queue.length === 0 && bytes <= this.#free) {
      this.#free -= bytes;
      return Promise.resolve();
    }
    return new Promise((enter) => this.#queue.push({ bytes, enter }));
  }

  release(bytes: number): void {
    this.#free += bytes;
    for (let next = this.#queue[0]; next !== undefined && next.bytes <= this.#free; next = this.#queue[0]) {
      this.#queue.shift();
      this.#free -= next.bytes;
      next.enter();
    }
  }
}

/** For a job without a server. */
export const noShardCalls: ShardCalls = {
  send: () => {
    throw new SatchelError('unavailable', 'this shard does not serve yet');
  },
  addressOf: () => undefined,
  assemblyBytes: new ByteBudget(0),
  takeOvers: new ByteGate(0),
};

const minus = 0x2d;

/** Runs a command and settles with a copy of its reply; an error reply rejects. */
export function callShard(calls: ShardCalls, job: ShardJob, shard: number, words: readonly (Buffer | string)[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    calls.send(job, shard, words, (bytes, start, end) => {
      if (bytes[start] === minus) reject(SatchelError.fromRespLine(bytes.toString('utf8', start + 1, end).trimEnd()));
      else resolve(Buffer.from(bytes.subarray(start, end)));
    });
  });
}
