import { type Clock, SatchelError } from '@satchel/proto/core';
import type { FleetDirectory, NodeUsage__Output, Shard } from '@satchel/proto/gen';
import type { Logger } from 'pino';
import { commitInBackground, type Environment } from './environment.js';
import { DirectoryKeeper } from './fleet/fleet-directory.js';
import type { FleetEvents, NodeView } from './fleet/fleet-events.js';
import { FleetRooms, openNodes } from './fleet/fleet-rooms.js';
import { LivedTime } from './fleet/lived-time.js';
import { hasSession, type LifeTimes, lifeTimes, type NodeConnection, type NodeEvent, nextConnection } from './fleet/node-life.js';
import { type NodeIntroduction, recordOf, shardsWithOtherContents } from './fleet/node-records.js';
import { checkNotTaken } from './fleet/rivals.js';
import { shardOf } from './fleet/shard-of.js';
import { ShardPlaces } from './fleet/shard-places.js';
import { InTurn } from './in-turn.js';
import type { DrainedBy, FleetRecord, NodeRecord } from './model.js';
import { drainMessage, type NodeSession } from './node-session.js';
import type { ReservedCapacity, RoomIndex, ShardRoom } from './placement.js';
import type { StateStore } from './state/state-store.js';
import { Waiters } from './waiters.js';

export type { NodeView } from './fleet/fleet-events.js';
export type { NodeIntroduction } from './fleet/node-records.js';

const sweepMs = 500;

interface Entry {
  record: NodeRecord;
  connection: NodeConnection;
  lastHeardMs: number;
  usage: NodeUsage__Output | undefined;
  downShards: Set<number>;
}

/** The nodes of the fleet: who they are (durable) and whether they are there (not). */
export class Fleet {
  readonly #store: StateStore;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #events: FleetEvents;
  readonly #times: LifeTimes;
  readonly #lived: LivedTime;
  readonly #turns = new InTurn();
  readonly #nodes = new Map<string, Entry>();
  /** Nodes that want to join under a name that is connected. */
  readonly #rivals: Waiters<'there' | 'gone'>;
  readonly #directory: DirectoryKeeper;
  readonly #rooms: FleetRooms;
  readonly #places: ShardPlaces;
  #cancelSweep: () => void;

  /** Nodes that were up when the state was written are awaited. */
  constructor({ store, clock, log }: Environment, fleet: FleetRecord, events: FleetEvents, times: LifeTimes = lifeTimes) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
    this.#places = new ShardPlaces(fleet);
    this.#events = events;
    this.#times = times;
    this.#lived = new LivedTime(clock, 2 * sweepMs);
    this.#rivals = new Waiters(clock);
    const nodes = this.#nodes;
    this.#directory = new DirectoryKeeper(clock, {
      shards: () => this.#places.shards,
      shard: (shard) => this.shard(shard),
      sessions: () => this.#sessions(),
      heartbeatMs: () => this.heartbeatMs,
      nodes: () => nodes.size,
    });
    this.#rooms = new FleetRooms(
      () => openNodes(nodes.values()),
      (shard) => this.#nodes.get(this.nodeOfShard(shard) ?? '')?.record,
      (node) => this.#nodes.get(node)?.usage?.dramUsedBytes ?? 0,
    );
    for (const record of store.all('nodes')) this.#restore(record);
    this.#cancelSweep = clock.after(sweepMs, this.#sweep);
  }

  /**
   * A node introduces itself. Its shard ids are those of its earlier joins; new places get new ids. Resolves once that is durable, and
   * with it what is lost if shards have other contents than before. Throws `unavailable` if a node of the same name is connected from
   * another address.
   */
  join(introduction: NodeIntroduction, session: NodeSession): Promise<{ record: NodeRecord; heartbeatMs: number }> {
    return this.#turns.run(introduction.node, () => this.#join(introduction, session));
  }

  async #join(introduction: NodeIntroduction, session: NodeSession): Promise<{ record: NodeRecord; heartbeatMs: number }> {
    await checkNotTaken(introduction, this.#nodes.get(introduction.node), this.#rivals);
    const { node } = introduction;
    const before = this.#nodes.get(node);
    const record = recordOf(introduction, before?.record, () => this.#places.newShard());
    if (before !== undefined && hasSession(before.connection)) before.connection.session.close();
    const entry: Entry = {
      record,
      connection: this.#next(before?.connection ?? { kind: 'lost', sinceMs: 0 }, { kind: 'introduced', session }),
      lastHeardMs: this.#clock.now(),
      usage: before?.usage,
      downShards: new Set(),
    };
    this.#nodes.set(node, entry);
    this.#places.add(record);
    try {
      await this.#writeDown(record, before?.record);
    } catch (error) {
      // It is as it was before: what it lost is found out again when it comes again.
      if (before === undefined) {
        this.#nodes.delete(node);
        this.#places.remove(record);
      } else this.#nodes.set(node, { ...before, connection: this.#next(before.connection, { kind: 'ended' }) });
      throw error;
    }
    const everyMs = this.heartbeatMs;
    entry.connection = this.#next(entry.connection, { kind: 'joined', heartbeatMs: everyMs });
    this.#changed(record.shards.map(({ shard }) => shard));
    return { record: entry.record, heartbeatMs: everyMs };
  }

  /** What is lost comes first: a controller that fails between the two finds it out again. */
  async #writeDown(record: NodeRecord, before: NodeRecord | undefined): Promise<void> {
    const emptied = shardsWithOtherContents(before, record);
    if (emptied.length > 0) {
      this.#log.warn({ node: record.node, shards: emptied }, 'a node is back without what it held');
      await this.#events.emptied(record.node, emptied);
    }
    await this.#store.commit([
      { collection: 'fleet', key: 'fleet', value: this.#places.fleet },
      { collection: 'nodes', key: record.node, value: record },
    ]);
  }

  /** How often each node is to say that it lives, by now. */
  get heartbeatMs(): number {
    return this.#times.heartbeatMs(this.#nodes.size);
  }

  /** A connected node was heard. */
  heard(node: string, usage?: NodeUsage__Output): void {
    const entry = this.#nodes.get(node);
    if (entry?.connection.kind !== 'connected') return;
    this.#rivals.tell(node, 'there');
    const { suspect } = entry.connection;
    entry.lastHeardMs = this.#clock.now();
    entry.connection = this.#next(entry.connection, { kind: 'heard' });
    if (usage !== undefined) {
      entry.usage = usage;
      this.#rooms.heard(node);
    }
    if (suspect) this.#rooms.fleetChanged();
  }

  /** The node's stream ended; nothing happens if another has replaced it. */
  disconnected(session: NodeSession): void {
    const entry = this.#entryOf(session);
    session.close();
    if (entry === undefined) return;
    entry.connection = this.#next(entry.connection, { kind: 'ended' });
    this.#rooms.fleetChanged();
    this.#rivals.tell(session.node, 'gone');
    this.#events.disconnected(session.node);
  }

  /** A draining node stopped for good: it is not awaited. */
  left(session: NodeSession): void {
    const entry = this.#entryOf(session);
    if (!entry?.record.draining) return;
    this.#log.info({ node: session.node }, 'node left');
    this.#down(session.node, entry, this.#next(entry.connection, { kind: 'left' }));
  }

  /** A node says that one of its shards stopped or runs again. */
  shardChanged(node: string, shard: number, state: string): void {
    const entry = this.#nodes.get(node);
    if (entry === undefined || this.#places.nodeOf(shard) !== node) return;
    if (state === 'down') entry.downShards.add(shard);
    else entry.downShards.delete(shard);
    this.#changed([shard]);
  }

  /**
   * Whether this node gets new slots. Resolves once durable, when the node is told. Throws `not-found`, and `unavailable` if it cannot be
   * written down: then it is as it was.
   */
  setDraining(node: string, by: DrainedBy | undefined): Promise<NodeView> {
    return this.#turns.run(node, () => this.#setDraining(node, by));
  }

  async #setDraining(node: string, by: DrainedBy | undefined): Promise<NodeView> {
    const entry = this.#known(node);
    const { draining, drainedBy } = entry.record;
    this.#drain(entry, by !== undefined, by);
    try {
      await this.#store.commit([{ collection: 'nodes', key: node, value: entry.record }]);
    } catch (error) {
      this.#drain(entry, draining, drainedBy);
      throw error;
    }
    if (by !== undefined) this.session(node)?.send(drainMessage(false));
    return entry;
  }

  /** Gives up a node that is not connected. Throws `not-found`, and `unavailable` if it is there or no other could take its place. */
  giveUp(node: string): NodeView {
    const entry = this.#known(node);
    if (hasSession(entry.connection)) throw new SatchelError('unavailable', `node '${node}' is up; drain it, or stop it first`);
    if (entry.connection.kind === 'awaited') this.#down(node, entry, this.#next(entry.connection, { kind: 'left' }));
    if (entry.connection.kind !== 'lost') this.#lose(node, entry, { kind: 'lost', sinceMs: this.#lived.now() });
    if (entry.connection.kind === 'lost') return entry;
    throw new SatchelError('unavailable', `no other node is up that could take what jobs have on '${node}'`);
  }

  /** Forgets a node that has left for good; its shard ids are not given out again. */
  forget(node: string): void {
    const entry = this.#nodes.get(node);
    if (entry === undefined) return;
    this.#nodes.delete(node);
    this.#places.remove(entry.record);
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
    return this.#places.nodeOf(shard);
  }

  /** The node's session if it is connected. */
  session(node: string): NodeSession | undefined {
    const connection = this.#nodes.get(node)?.connection;
    return connection?.kind === 'connected' ? connection.session : undefined;
  }

  /** A shard's address and state; undefined if there is no such shard. */
  shard(shard: number): Shard | undefined {
    const entry = this.#nodes.get(this.nodeOfShard(shard) ?? '');
    return entry && shardOf(entry, shard);
  }

  /** What shards have free that may get new jobs: up, on a node that does not drain, and above suspicion unless none is. */
  rooms(reserved: ReservedCapacity): RoomIndex {
    return this.#rooms.of(reserved);
  }

  /** The same for given shards, whatever their state. */
  roomsOf(shards: readonly number[], reserved: ReservedCapacity): ShardRoom[] {
    return this.#rooms.ofShards(shards, reserved);
  }

  /** Every shard's address, for a node that is welcomed on this session. */
  directory(session: NodeSession): FleetDirectory {
    this.#directory.sentWhole(session);
    return this.#directory.whole();
  }

  /** Sends a node the addresses that it lacks; to be called before it hears of jobs on new shards. */
  refreshDirectory(session: NodeSession): void {
    this.#directory.refresh(session);
  }

  close(): void {
    this.#cancelSweep();
    this.#directory.close();
    for (const { connection } of this.#nodes.values()) if (hasSession(connection)) connection.session.close();
  }

  #drain(entry: Entry, draining: boolean, drainedBy: DrainedBy | undefined): void {
    entry.record = { ...entry.record, draining, drainedBy };
    this.#rooms.fleetChanged();
  }

  #known(node: string): Entry {
    const entry = this.#nodes.get(node);
    if (entry === undefined) throw new SatchelError('not-found', `no node '${node}'; satchel node list shows those there are`);
    return entry;
  }

  #next(connection: NodeConnection, event: NodeEvent): NodeConnection {
    return nextConnection(connection, event, this.#lived.now(), this.#times);
  }

  /** The node of a session, unless another session has replaced it. */
  #entryOf(session: NodeSession): Entry | undefined {
    const entry = this.#nodes.get(session.node);
    return entry !== undefined && hasSession(entry.connection) && entry.connection.session === session ? entry : undefined;
  }

  *#sessions(): Generator<NodeSession> {
    for (const { connection } of this.#nodes.values()) if (connection.kind === 'connected') yield connection.session;
  }

  #restore(record: NodeRecord): void {
    const now = this.#lived.now();
    const { leastDownMs } = this.#times;
    const connection: NodeConnection = record.up
      ? { kind: 'awaited', untilMs: now + leastDownMs }
      : { kind: 'down', sinceMs: now };
    this.#nodes.set(record.node, { record, connection, lastHeardMs: 0, usage: undefined, downShards: new Set() });
    this.#places.add(record);
  }

  #changed(shards: readonly number[]): void {
    this.#rooms.fleetChanged();
    this.#directory.changed(shards);
    this.#events.shardsChanged(shards);
  }

  readonly #sweep = (): void => {
    this.#lived.tick();
    const lost = [...this.#nodes.keys()].filter((node) => this.#judge(node));
    if (lost.length > 0) this.#events.lost(lost);
    this.#cancelSweep = this.#clock.after(sweepMs, this.#sweep);
  };

  /** Whether the node is given up now. */
  #judge(node: string): boolean {
    const entry = this.#known(node);
    const next = this.#next(entry.connection, { kind: 'tick', heartbeatMs: this.heartbeatMs });
    if (next === entry.connection) return false;
    if (next.kind === 'lost') return this.#lose(node, entry, next);
    if (next.kind === 'down') this.#down(node, entry, next);
    else {
      entry.connection = next;
      this.#rooms.fleetChanged();
    }
    return false;
  }

  #down(node: string, entry: Entry, connection: NodeConnection): void {
    if (hasSession(entry.connection)) entry.connection.session.close();
    entry.connection = connection;
    entry.record = { ...entry.record, up: false };
    commitInBackground(this.#store, this.#log, [{ collection: 'nodes', key: node, value: entry.record }]);
    this.#changed(entry.record.shards.map(({ shard }) => shard));
    this.#events.disconnected(node);
  }

  /** A node is given up only while others can take its place: before, nothing is gained by it, and it may come back with all it has. */
  #lose(node: string, entry: Entry, connection: NodeConnection): boolean {
    if (openNodes(this.#nodes.values()).length === 0) return false;
    this.#log.warn({ node }, 'node is given up');
    entry.connection = connection;
    return true;
  }
}
