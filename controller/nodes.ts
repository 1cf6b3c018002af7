import { type Clock, limits, SatchelError } from '@satchel/proto/core';
import type { FleetDirectory, NodeUsage__Output, Shard } from '@satchel/proto/gen';
import type { Logger } from 'pino';
import { commitInBackground, type Environment } from './environment.js';
import type { DrainedBy, FleetRecord, NodeRecord, NodeShard } from './model.js';
import type { NodeSession } from './node-session.js';
import { type NodeTotals, type ReservedCapacity, RoomIndex, type ShardRoom } from './placement.js';
import { shardBytesPerSecond } from './sizing/tier-facts.js';
import type { StateStore } from './state/state-store.js';
import { Waiters } from './waiters.js';

/** How often a node is to say that it lives. */
export const heartbeatMs = 1000;
/** Silence after which a connected node is down. */
const silenceMs = 5000;
/** How long a node whose stream ended may take to come back before it is down; after a controller's start too. */
const graceMs = 3000;
const sweepMs = 500;
/** What a draining node is told. */
export const drainReason = 'an operator drains this node';
/** Longest time a change of addresses takes to be sent to nodes; they hear at once what a job of theirs needs. */
const longestBroadcastDelayMs = 5000;

/** `awaited`: the stream ended, or the controller has just started; the node still counts as up. */
export type NodeConnection =
  | { readonly kind: 'connected'; readonly session: NodeSession; readonly heardMs: number }
  | { readonly kind: 'awaited'; readonly untilMs: number }
  | { readonly kind: 'down'; readonly sinceMs: number };

/** A node and how it is reached now. */
export interface NodeView {
  readonly record: NodeRecord;
  readonly connection: NodeConnection;
  readonly lastHeardMs: number;
  readonly usage: NodeUsage__Output | undefined;
}

/** A node as it introduces itself. */
export type NodeIntroduction = Omit<NodeRecord, 'shards' | 'draining' | 'drainedBy' | 'up'> & {
  readonly shards: readonly Omit<NodeShard, 'shard'>[];
};

interface Entry {
  record: NodeRecord;
  connection: NodeConnection;
  lastHeardMs: number;
  usage: NodeUsage__Output | undefined;
  downShards: Set<number>;
}

/** What others do when the fleet changes. Called after the change. */
export interface FleetEvents {
  /** State or address of these shards changed. */
  shardsChanged(shards: readonly number[]): void;
  /** The node's stream ended or fell silent. */
  disconnected(node: string): void;
}

/** The nodes of the fleet: who they are (durable) and whether they are there (not). */
export class Fleet {
  readonly #store: StateStore;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #events: FleetEvents;
  readonly #nodes = new Map<string, Entry>();
  readonly #shards = new Map<number, { readonly node: string; readonly index: number }>();
  /** Nodes that want to join under a name that is connected. */
  readonly #rivals: Waiters<'there' | 'gone'>;
  #fleet: FleetRecord;
  #directoryVersion = 1;
  #directory: FleetDirectory | undefined;
  #cancelBroadcast: (() => void) | undefined;
  /** What the last broadcast of the directory took. */
  #broadcastMs = 0;
  /** What {@link rooms} returns until the fleet changes. */
  #rooms: RoomIndex | undefined;
  #roomsOf: ReservedCapacity | undefined;
  #cancelSweep: () => void;
  #sweptMs: number;

  /** Nodes that were up when the state was written are awaited. */
  constructor({ store, clock, log }: Environment, fleet: FleetRecord, events: FleetEvents) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
    this.#fleet = fleet;
    this.#events = events;
    this.#sweptMs = clock.now();
    this.#rivals = new Waiters(clock);
    for (const record of store.all('nodes')) this.#restore(record);
    this.#cancelSweep = clock.after(sweepMs, this.#sweep);
  }

  /**
   * A node introduces itself. Its shard ids are those of its earlier joins; new places get new ids. Resolves once that is durable.
   * Throws `unavailable` if a node of the same name is connected from another address.
   */
  async join(introduction: NodeIntroduction, session: NodeSession): Promise<NodeRecord> {
    await this.#checkNotTaken(introduction);
    const record = this.#recordOf(introduction);
    const before = this.#nodes.get(record.node);
    if (before?.connection.kind === 'connected') before.connection.session.close();
    this.#nodes.set(record.node, {
      record,
      connection: { kind: 'connected', session, heardMs: this.#clock.now() },
      lastHeardMs: this.#clock.now(),
      usage: before?.usage,
      downShards: new Set(),
    });
    for (const { index, shard } of record.shards) this.#shards.set(shard, { node: record.node, index });
    await this.#store.commit([
      { collection: 'fleet', key: 'fleet', value: this.#fleet },
      { collection: 'nodes', key: record.node, value: record },
    ]);
    this.#changed(record.shards.map(({ shard }) => shard));
    return record;
  }

  /** A connected node was heard. */
  heard(node: string, usage?: NodeUsage__Output): void {
    const entry = this.#nodes.get(node);
    if (entry?.connection.kind !== 'connected') return;
    this.#rivals.tell(node, 'there');
    entry.lastHeardMs = this.#clock.now();
    entry.connection = { ...entry.connection, heardMs: entry.lastHeardMs };
    if (usage !== undefined) entry.usage = usage;
  }

  /** The node's stream ended; nothing happens if another has replaced it. */
  disconnected(session: NodeSession): void {
    const entry = this.#nodes.get(session.node);
    session.close();
    if (entry?.connection.kind !== 'connected' || entry.connection.session !== session) return;
    entry.connection = { kind: 'awaited', untilMs: this.#clock.now() + graceMs };
    this.#rivals.tell(session.node, 'gone');
    this.#events.disconnected(session.node);
  }

  /** A draining node stopped for good: it is not awaited. */
  left(session: NodeSession): void {
    const entry = this.#nodes.get(session.node);
    if (entry?.connection.kind !== 'connected' || entry.connection.session !== session || !entry.record.draining) return;
    this.#log.info({ node: session.node }, 'node left');
    session.close();
    this.#down(session.node, entry);
  }

  /** A node says that one of its shards stopped or runs again. */
  shardChanged(node: string, shard: number, state: string): void {
    const entry = this.#nodes.get(node);
    if (entry === undefined || this.#shards.get(shard)?.node !== node) return;
    if (state === 'down') entry.downShards.add(shard);
    else entry.downShards.delete(shard);
    this.#changed([shard]);
  }

  /** Whether this node gets new slots. Resolves once durable, when the node is told; throws `not-found`. */
  async setDraining(node: string, by: DrainedBy | undefined): Promise<NodeView> {
    const entry = this.#nodes.get(node);
    if (entry === undefined) throw new SatchelError('not-found', `no node '${node}'; satchel node list shows those there are`);
    entry.record = { ...entry.record, draining: by !== undefined, drainedBy: by };
    this.#rooms = undefined;
    await this.#store.commit([{ collection: 'nodes', key: node, value: entry.record }]);
    if (by !== undefined) this.session(node)?.send({ drain: { reason: drainReason, leave: false } });
    return this.#nodes.get(node) ?? entry;
  }

  /** Forgets a node that has left for good; its shard ids are not given out again. */
  forget(node: string): void {
    const entry = this.#nodes.get(node);
    if (entry === undefined) return;
    this.#nodes.delete(node);
    for (const { shard } of entry.record.shards) this.#shards.delete(shard);
    commitInBackground(this.#store, this.#log, [{ collection: 'nodes', key: node, value: undefined }]);
    this.#changed([]);
  }

  nodes(): IterableIterator<NodeView> {
    return this.#nodes.values();
  }

  node(node: string): NodeView | undefined {
    return this.#nodes.get(node);
  }

  nodeOfShard(shard: number): string | undefined {
    return this.#shards.get(shard)?.node;
  }

  /** The node's session if it is connected. */
  session(node: string): NodeSession | undefined {
    const connection = this.#nodes.get(node)?.connection;
    return connection?.kind === 'connected' ? connection.session : undefined;
  }

  /** A shard's address and state; undefined if there is no such shard. */
  shard(shard: number): Shard | undefined {
    const place = this.#shards.get(shard);
    const entry = place && this.#nodes.get(place.node);
    const listen = entry?.record.shards.find(({ index }) => index === place?.index);
    if (entry === undefined || listen === undefined) return undefined;
    const up = entry.connection.kind !== 'down' && !entry.downShards.has(shard) && listen.endpointPort > 0;
    const { index: _index, ...ports } = listen;
    return { ...ports, node: entry.record.node, host: entry.record.host, state: up ? 'up' : 'down' };
  }

  /** What shards have free that may get new jobs: up, and on a node that does not drain. */
  rooms(reserved: ReservedCapacity): RoomIndex {
    if (this.#roomsOf !== reserved) {
      this.#roomsOf = reserved;
      this.#rooms = undefined;
      reserved.watch((shard) => this.#reservedChanged(shard, reserved));
    }
    this.#rooms ??= this.#indexRooms(reserved);
    return this.#rooms;
  }

  #indexRooms(reserved: ReservedCapacity): RoomIndex {
    const rooms: ShardRoom[] = [];
    const totals = new Map<string, NodeTotals>();
    for (const { record, connection, downShards } of this.#nodes.values()) {
      if (connection.kind === 'down' || record.draining) continue;
      const { dramBytes, ssdBytes, throughputBytesPerSecond } = record;
      totals.set(record.node, { dramBytes, ssdBytes, throughputBytesPerSecond });
      for (const { shard, endpointPort } of record.shards) {
        if (endpointPort > 0 && !downShards.has(shard)) rooms.push(roomOf(record, shard, reserved));
      }
    }
    return new RoomIndex(rooms, totals);
  }

  #reservedChanged(shard: number, reserved: ReservedCapacity): void {
    const record = this.#rooms && this.#nodes.get(this.nodeOfShard(shard) ?? '')?.record;
    if (record !== undefined) this.#rooms?.set(shard, roomOf(record, shard, reserved));
  }

  /** The same for given shards, whatever their state. */
  roomsOf(shards: readonly number[], reserved: ReservedCapacity): ShardRoom[] {
    return shards.flatMap((shard) => {
      const record = this.#nodes.get(this.nodeOfShard(shard) ?? '')?.record;
      return record === undefined ? [] : [roomOf(record, shard, reserved)];
    });
  }

  /** Every shard's address, as nodes get it. */
  directory(): FleetDirectory {
    this.#directory ??= {
      version: this.#directoryVersion,
      shards: [...this.#shards.keys()].flatMap((shard) => this.shard(shard) ?? []),
    };
    return this.#directory;
  }

  /** Sends the directory to a node that has an older one; to be called before it hears of jobs on new shards. */
  refreshDirectory(session: NodeSession): void {
    if (session.directoryVersion === this.#directoryVersion) return;
    session.directoryVersion = this.#directoryVersion;
    session.send({ directory: this.directory() });
  }

  close(): void {
    this.#cancelSweep();
    this.#cancelBroadcast?.();
    for (const { connection } of this.#nodes.values()) {
      if (connection.kind === 'connected') connection.session.close();
    }
  }

  #restore(record: NodeRecord): void {
    const now = this.#clock.now();
    const connection: NodeConnection = record.up ? { kind: 'awaited', untilMs: now + silenceMs } : { kind: 'down', sinceMs: now };
    this.#nodes.set(record.node, { record, connection, lastHeardMs: 0, usage: undefined, downShards: new Set() });
    for (const { index, shard } of record.shards) this.#shards.set(shard, { node: record.node, index });
  }

  /**
   * A node that was killed and starts again may be back before its old stream is seen to end: whoever is connected under its
   * name from another address has two heartbeats' time to be heard.
   */
  async #checkNotTaken(introduction: NodeIntroduction): Promise<void> {
    const entry = this.#nodes.get(introduction.node);
    const address = ({ host, shards }: NodeIntroduction) => `${host}:${shards[0]?.endpointPort}`;
    if (entry?.connection.kind !== 'connected' || address(entry.record) === address(introduction)) return;
    if ((await this.#rivals.wait(introduction.node, 2 * heartbeatMs, 'gone')) === 'gone') return;
    throw new SatchelError(
      'unavailable',
      `a node named ${introduction.node} is already up at ${address(entry.record)}; give this one another --id`,
    );
  }

  #recordOf(introduction: NodeIntroduction): NodeRecord {
    const known = this.#nodes.get(introduction.node)?.record;
    const shards = introduction.shards.map((listen) => {
      const shard = known?.shards.find(({ index }) => index === listen.index)?.shard ?? this.#newShard();
      return { ...listen, shard };
    });
    // Places that the node no longer has keep their ids, for when it has them again.
    const absent = (known?.shards ?? []).filter(({ index }) => !shards.some((shard) => shard.index === index));
    const gone = absent.map((shard) => ({ ...shard, endpointPort: 0, directPort: 0, socket: '' }));
    return {
      ...introduction,
      shards: [...shards, ...gone],
      draining: known?.draining ?? false,
      drainedBy: known?.drainedBy,
      up: true,
    };
  }

  #newShard(): number {
    const shard = this.#fleet.nextShard;
    this.#fleet = { ...this.#fleet, nextShard: shard + 1 };
    if (this.#shards.size >= limits.fleetShards) {
      throw new SatchelError('unavailable', `the fleet has ${limits.fleetShards} shards, which is the limit`);
    }
    return shard;
  }

  #changed(shards: readonly number[]): void {
    this.#directoryVersion++;
    this.#directory = undefined;
    this.#rooms = undefined;
    // Many nodes joining at once share a broadcast, whose cost grows with the square of the fleet: it may take a tenth of the time.
    const delayMs = Math.min(longestBroadcastDelayMs, Math.max(20 + this.#nodes.size, 10 * this.#broadcastMs));
    this.#cancelBroadcast ??= this.#clock.after(delayMs, this.#broadcast);
    this.#events.shardsChanged(shards);
  }

  readonly #broadcast = (): void => {
    this.#cancelBroadcast = undefined;
    const startedMs = this.#clock.now();
    for (const node of this.#nodes.keys()) {
      const session = this.session(node);
      if (session !== undefined) this.refreshDirectory(session);
    }
    this.#broadcastMs = this.#clock.now() - startedMs;
  };

  readonly #sweep = (): void => {
    const now = this.#clock.now();
    // After a stop of this process its nodes get their time again to be heard.
    const lateMs = Math.max(0, now - this.#sweptMs - 2 * sweepMs);
    this.#sweptMs = now;
    for (const [node, entry] of this.#nodes) this.#judge(node, entry, now - lateMs);
    this.#cancelSweep = this.#clock.after(sweepMs, this.#sweep);
  };

  #judge(node: string, entry: Entry, nowMs: number): void {
    const { connection } = entry;
    if (connection.kind === 'connected' && nowMs - connection.heardMs > silenceMs) {
      connection.session.close();
      this.#down(node, entry);
    } else if (connection.kind === 'awaited' && nowMs > connection.untilMs) this.#down(node, entry);
  }

  #down(node: string, entry: Entry): void {
    entry.connection = { kind: 'down', sinceMs: this.#clock.now() };
    entry.record = { ...entry.record, up: false };
    commitInBackground(this.#store, this.#log, [{ collection: 'nodes', key: node, value: entry.record }]);
    this.#changed(entry.record.shards.map(({ shard }) => shard));
    this.#events.disconnected(node);
  }
}

function roomOf(record: NodeRecord, shard: number, reserved: ReservedCapacity): ShardRoom {
  const listening = record.shards.filter(({ endpointPort }) => endpointPort > 0).length || 1;
  const { dramBytes, ssdBytes, throughputBytesPerSecond, jobs } = reserved.of(shard);
  const throughput = record.throughputBytesPerSecond > 0 ? record.throughputBytesPerSecond / listening : shardBytesPerSecond;
  return {
    shard,
    node: record.node,
    dramFreeBytes: Math.max(0, record.dramBytes / listening - dramBytes),
    ssdFreeBytes: Math.max(0, record.ssdBytes / listening - ssdBytes),
    throughputFreeBytesPerSecond: Math.max(0, throughput - throughputBytesPerSecond),
    jobs,
  };
}
