import type { Clock } from '@satchel/proto/core';
import type { ControllerMessage, FleetDirectory, Shard } from '@satchel/proto/gen';
import { shareEncoding } from '@satchel/proto/rpc';
import type { NodeSession } from '../node-session.js';

/** A change waits at least so long for others to be told with it, and at most. */
const leastDelayMs = 20;
const mostDelayMs = 5000;

/** The fleet as its directory sees it. */
export interface DirectorySource {
  /** Every shard's id. */
  shards(): Iterable<number>;
  /** A shard's address and state; undefined if there is no such shard. */
  shard(shard: number): Shard | undefined;
  /** Sessions of all nodes that are connected. */
  sessions(): Iterable<NodeSession>;
  nodes(): number;
  /** How often each node is to say that it lives. */
  heartbeatMs(): number;
}

/**
 * Who tells nodes the addresses of all shards. A node gets the whole directory once and then what has changed since; a message is
 * made and encoded once for all nodes that lack the same.
 */
export class DirectoryKeeper {
  readonly #clock: Clock;
  readonly #source: DirectorySource;
  #version = 1;
  /** In which version a shard last changed. */
  readonly #changed = new Map<number, number>();
  /** Messages for nodes by the version they have. */
  readonly #messages = new Map<number, ControllerMessage>();
  #cancel: (() => void) | undefined;
  /** What the last broadcast took. */
  #tookMs = 0;

  constructor(clock: Clock, source: DirectorySource) {
    this.#clock = clock;
    this.#source = source;
  }

  /** Every shard's address. */
  whole(): FleetDirectory {
    return this.#messageFrom(0).directory as FleetDirectory;
  }

  /** These shards changed, or are gone: nodes hear of it soon. */
  changed(shards: Iterable<number>): void {
    this.#version++;
    this.#messages.clear();
    for (const shard of shards) this.#changed.set(shard, this.#version);
    // Changes that come together are told together; telling may take a tenth of the time.
    const delayMs = Math.min(mostDelayMs, Math.max(leastDelayMs + this.#source.nodes(), 10 * this.#tookMs));
    this.#cancel ??= this.#clock.after(delayMs, this.#broadcast);
  }

  /** Sends a node what it lacks; to be called before it hears of jobs on shards that it may not know. */
  refresh(session: NodeSession): void {
    if (session.directoryVersion === this.#version) return;
    const message = this.#messageFrom(session.directoryVersion);
    session.directoryVersion = this.#version;
    session.send(message);
  }

  /** The node has been sent the whole directory of now. */
  sentWhole(session: NodeSession): void {
    session.directoryVersion = this.#version;
  }

  close(): void {
    this.#cancel?.();
  }

  readonly #broadcast = (): void => {
    this.#cancel = undefined;
    const startedMs = this.#clock.now();
    for (const session of this.#source.sessions()) this.refresh(session);
    this.#tookMs = this.#clock.now() - startedMs;
  };

  #messageFrom(version: number): ControllerMessage {
    const known = this.#messages.get(version);
    if (known !== undefined) return known;
    const message = shareEncoding({ directory: this.#directoryFrom(version) });
    this.#messages.set(version, message);
    return message;
  }

  #directoryFrom(since: number): FleetDirectory {
    const shards: Shard[] = [];
    for (const shard of this.#source.shards()) {
      if (since > 0 && (this.#changed.get(shard) ?? 0) <= since) continue;
      const now = this.#source.shard(shard);
      if (now !== undefined) shards.push(now);
    }
    return { version: this.#version, shards, since, heartbeatMs: this.#source.heartbeatMs() };
  }
}
