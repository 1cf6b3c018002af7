import { assert, limits, verbs } from '@satchel/proto/core';
import { ByteGate } from '../byte-gate.js';
import type { CommandTable } from '../command-table.js';
import type { ShardJob } from '../job.js';
import type { ReplySink } from '../link.js';
import { argumentsOf, type Peers } from '../peers.js';
import { ByteBudget, type ShardCalls } from './shard-calls.js';

/** Calls over the links of a shard. */
export class PeerCalls implements ShardCalls {
  readonly assemblyBytes = new ByteBudget(limits.shardAssemblyBytes);
  readonly takeOvers = new ByteGate(limits.shardTakeOverBytes);
  readonly #peers: Peers;
  readonly #table: CommandTable;
  readonly addressOf: ShardCalls['addressOf'];

  constructor(peers: Peers, table: CommandTable, addressOf: ShardCalls['addressOf']) {
    this.#peers = peers;
    this.#table = table;
    this.addressOf = addressOf;
  }

  send(job: ShardJob, shard: number, words: readonly (Buffer | string)[], sink: ReplySink): void {
    const args = argumentsOf(words);
    const entry = this.#table.find(args);
    assert(entry, `${String(words[0])} is a command`);
    const { job: id, namespace } = job.configuration;
    const identity = { job: id, namespace, verbs, token: job.token, shardJob: job };
    // A command on this shard runs by itself, never within the one that asks for it.
    if (shard === job.shard) queueMicrotask(() => this.#peers.send(shard, identity, entry, args, sink));
    else this.#peers.send(shard, identity, entry, args, sink);
  }
}
