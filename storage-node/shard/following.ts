import { limits, SatchelError, shardOfSlot } from '@satchel/proto/core';
import type { CommandArguments } from '@satchel/proto/resp';
import type { TableEntry } from './command-table.js';
import { FanOut } from './fan-out.js';
import type { ShardJob } from './job.js';
import { lastKeyIndex, slotOfArgument } from './job-routing.js';
import { KeyGate } from './key-gate.js';
import type { ReplySink } from './link.js';
import { type Peers, pick } from './peers.js';
import { isMoved } from './reply-version.js';
import type { SessionIdentity } from './session.js';
import { onSeveralShards, splitKeys } from './split-keys.js';

/** How long after a refusal a command is tried again, unless something is heard before. */
const retryMs = 5;

/**
 * Carries out commands that this shard has refused, without any effect, because their slots are another's by now, wherever they are: on behalf of
 * clients, and of shards, that cannot follow slots. Those of one slot are carried out in the order in which they were refused.
 */
export class Following {
  readonly #shard: number;
  readonly #peers: Peers;
  readonly #gates = new WeakMap<ShardJob, KeyGate>();

  constructor(shard: number, peers: Peers) {
    this.#shard = shard;
    this.#peers = peers;
  }

  /** Whether a command can be carried out elsewhere: not if it waits, is about chunks, or its value is here only. */
  concerns({ command }: TableEntry, args: CommandArguments, identity: SessionIdentity): boolean {
    const { keys, verb, flags, chunks, name } = command;
    if (identity.stays || keys === undefined || verb === undefined || chunks || args.sink !== undefined) return false;
    return name !== 'satchel.await' && flags?.includes('blocking') !== true;
  }

  /** A sink for the answer to a command that is carried out here: if it is refused, the answer of the shard that has its slot is waited for. */
  elseFollow(entry: TableEntry, args: CommandArguments, identity: SessionIdentity, sink: ReplySink): ReplySink {
    return (bytes, start, end) => {
      if (!isMoved(bytes, start, end) || !this.concerns(entry, args, identity)) sink(bytes, start, end);
      else this.follow(entry, args, identity, sink);
    };
  }

  /** Carries out a command; `args` own their bytes. `sink` gets the answer, which is `MOVED` still after limits.steeringWaitMs. */
  follow(entry: TableEntry, args: CommandArguments, identity: SessionIdentity, sink: ReplySink): void {
    const job = identity.shardJob;
    const gate = this.#gates.get(job) ?? new KeyGate();
    this.#gates.set(job, gate);
    const slots = slotsOf(entry, args);
    const untilMs = Date.now() + limits.steeringWaitMs;
    const staying = { ...identity, token: identity.token || job.token, stays: true };
    const entered = Promise.all(slots.map((slot) => gate.enter(slot, 'write')));
    void entered
      .then(() => this.#carryOut(entry, args, staying, untilMs))
      .catch(errorReply)
      .then((reply) => {
        for (const slot of slots) gate.leave(slot, 'write');
        sink(reply, 0, reply.length);
      });
  }

  async #carryOut(entry: TableEntry, args: CommandArguments, identity: SessionIdentity, untilMs: number): Promise<Buffer> {
    const { keys = noKeys, together } = entry.command;
    for (;;) {
      const { configuration } = identity.shardJob;
      const split = splitKeys(keys, args, { shardOf: (slot) => shardOfSlot(configuration, slot) });
      if (split.parts.size > 1 && together) return errorReply(onSeveralShards(entry.command.name));
      if (split.parts.size > 1) {
        const { merge = 'ok' } = entry.command;
        return new Promise((resolve) => {
          const whole: ReplySink = (bytes, start, end) => resolve(Buffer.from(bytes.subarray(start, end)));
          const fanOut = new FanOut(split.parts.size, merge, whole, merge === 'array' ? split.partOfKey : undefined);
          for (const { number, indexes } of split.parts.values()) {
            const sink = fanOut.sinkOf(number);
            const part = this.#carryOut(entry, pick(args, indexes), identity, untilMs).catch(errorReply);
            void part.then((reply) => sink(reply, 0, reply.length));
          }
        });
      }
      const [shard = this.#shard] = split.parts.keys();
      const reply = await this.#ask(shard, entry, args, identity);
      if (!isMoved(reply, 0, reply.length) || Date.now() >= untilMs) return reply;
      await news(identity.shardJob);
    }
  }

  #ask(shard: number, entry: TableEntry, args: CommandArguments, identity: SessionIdentity): Promise<Buffer> {
    return new Promise((resolve) => {
      // Whoever carries it out may change its arguments.
      this.#peers.send(shard, identity, entry, args.copy(), (bytes, start, end) =>
        resolve(Buffer.from(bytes.subarray(start, end))),
      );
    });
  }
}

function errorReply(error: unknown): Buffer {
  return Buffer.from(`-${SatchelError.from(error).toRespLine()}\r\n`);
}

/** Settles when slots have moved as far as is known here, or after a while. */
function news({ steering }: ShardJob): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      forget();
      resolve();
    };
    const timer = setTimeout(done, retryMs);
    const forget = steering.onRouted(done);
  });
}

const noKeys = { first: 1, last: 0, step: 1 };

function slotsOf({ command: { keys = noKeys } }: TableEntry, args: CommandArguments): number[] {
  const slots = new Set<number>();
  const last = lastKeyIndex(keys, args.count);
  for (let index = keys.first; index <= last; index += keys.step) slots.add(slotOfArgument(args, index));
  return [...slots];
}
