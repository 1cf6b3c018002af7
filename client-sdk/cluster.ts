import { type JobUrl, limits, SatchelError, slotCount, slotOfBytes } from '@satchel/proto/core';
import type { Reply } from '@satchel/proto/resp';
import { AbortGroups } from './abort-groups.js';
import { type Address, endpointAddress, formatAddress, parseAddress } from './address.js';
import {
  Call,
  type CallContext,
  type CallOptions,
  type Carrier,
  describe,
  type ObjectKey,
  type Pending,
  type Redirector,
} from './call.js';
import { CallQueue } from './call-queue.js';
import { Connection } from './connection.js';
import type { ConnectionContext } from './connection-state.js';
import { decodeNothing } from './decode.js';
import { Detours } from './detours.js';
import { LocalReads } from './local/local-reads.js';
import { movedTo } from './moved-to.js';
import type { CompleteConnectOptions } from './options.js';
import { type SlotRoutes, slotRoutesOf } from './slot-routes.js';
import { StreamPut } from './stream-put.js';
import { Ticker, type Ticking } from './ticker.js';

/** Between two looks at the slot map while the store is in use: slots of the endpoint's own shard move without a MOVED. */
const refreshTicks = Ticker.ticks(10_000);

/** The connections of a job and the way from a key to the one that leads to its shard. */
export class Cluster implements Redirector, Ticking, CallContext {
  readonly ticker = new Ticker();
  readonly redirector = this;
  readonly aborts = new AbortGroups();
  /** Reads from the memory of shards on this host; undefined if there are to be none. */
  readonly local: LocalReads | undefined;
  readonly #url: JobUrl;
  readonly #context: ConnectionContext;
  readonly #endpoint: Connection;
  /** By `host:port` of the direct port. */
  readonly #direct = new Map<string, Connection>();
  #routes: SlotRoutes | undefined;
  /** The connection of each of `#routes.shards`. */
  #owners: readonly Connection[] = [];
  /** Calls that wait for the first slot map. */
  readonly #parked = new CallQueue();
  readonly #streams = new Set<StreamPut>();
  readonly #detours = new Detours((call) => this.#slotOf(call.key as ObjectKey));
  /** The look at the slot map that is under way. */
  #refreshing: Promise<void> | undefined;
  #refreshedTick = 0;
  /** Why no more calls are taken. */
  #closing: SatchelError | undefined;
  #closed = false;
  /** The endpoint's shard in the cluster commands. */
  #endpointId = '';
  #nextWaitId = 1;
  /** A key as bytes, to compute its slot. */
  readonly #scratch = Buffer.allocUnsafeSlow(limits.keyBytes * 3);

  constructor(url: JobUrl, credentials: ConnectionContext['credentials'], options: CompleteConnectOptions) {
    this.#url = url;
    const isLocal = options.local === 'auto' && options.socketDir !== '';
    this.local = isLocal ? new LocalReads(options.socketDir, options.spinMs, (slot) => this.#ownerOfSlot(slot)) : undefined;
    this.#context = {
      ticker: this.ticker,
      options,
      credentials,
      readBuffer: Buffer.allocUnsafeSlow(limits.clientReadBytes),
      local: this.local,
      onTrouble: () => this.#onTrouble(),
    };
    this.#endpoint = new Connection(this.#context, endpointAddress(url, options.socketDir));
    this.ticker.add(this);
  }

  /** Takes a new call: sends it to the shard that owns its key; one without a key to the endpoint, which serves the whole job. */
  submit(call: Call<unknown>): void {
    if (call.settled) return;
    if (this.#closing !== undefined) call.fail(this.#closing);
    else this.#send(call);
  }

  /** A put on a connection of its own to the shard that owns the key now; destroy fails it. */
  streamPut(key: ObjectKey, options: CallOptions | undefined): StreamPut {
    const owner = this.#routes === undefined ? this.#endpoint : this.#ownerOf(key, this.#routes);
    const put = new StreamPut(this.#context, this.aborts, owner.address, options);
    this.#streams.add(put);
    const over = (): void => void this.#streams.delete(put);
    put.promise.then(over, over);
    if (this.#closing !== undefined) put.fail(this.#closing);
    return put;
  }

  /** A shard answered that the slot is elsewhere: repeats the call there, and looks at the slot map. */
  redirect(call: Call<unknown>, line: string, from: Carrier): void {
    const target = parseAddress(movedTo(line) ?? '');
    if (target === undefined || ++call.redirects > limits.clientRedirects) {
      call.fail(new SatchelError('unavailable', `the shards do not agree on who owns a key: ${line}`));
      return;
    }
    this.#refresh();
    const address = { host: target.host || this.#url.host, port: target.port, tls: this.#url.tls };
    this.#detours.redirected(call, from, this.#directTo(address));
  }

  arrived(call: Call<unknown>): void {
    this.#detours.arrived(call);
  }

  /** Lets calls finish and closes; pending waits fail with `unavailable`. Idempotent. */
  async close(): Promise<void> {
    const error = new SatchelError('unavailable', 'the store was closed');
    this.#closing ??= error;
    // What still has to be answered may be nobody's call; the process is to live until it is closed.
    this.ticker.begin();
    try {
      await this.#finish(error);
    } finally {
      this.ticker.end();
    }
    this.destroy(error);
  }

  /** Lets all that is under way end, and reports what was read in place. */
  async #finish(error: SatchelError): Promise<void> {
    for (const call of [...this.#parked, ...this.#detours.waiting()]) if (call.waitId > 0) call.fail(error);
    while (this.#parked.length > 0 && this.#refreshing !== undefined) await this.#refreshing;
    await this.#detours.idle();
    this.local?.report((connection, command) => {
      const call = new Call(this, undefined, command, decodeNothing, false);
      call.promise.catch(() => {});
      connection.send(call);
    });
    await Promise.all(this.#connections().map((connection) => connection.close(error)));
  }

  /** Fails everything that is pending with `error` and closes at once. Idempotent. */
  destroy(error: SatchelError): void {
    this.#closing ??= error;
    this.#closed = true;
    this.ticker.remove(this);
    for (const call of [...this.#parked.takeAll(), ...this.#detours.takeAll()]) call.fail(error);
    for (const put of this.#streams) put.fail(error);
    for (const connection of this.#connections()) connection.destroy(error);
    this.local?.close();
  }

  tick(now: number): void {
    if (now - this.#refreshedTick > refreshTicks) this.#refresh();
    if (this.#parked.length > 0) this.#unpark();
    if (this.#detours.active) this.#detours.tick();
    for (const call of [...this.#parked, ...this.#detours.waiting()]) {
      if (call.deadlineTick <= now) call.fail(new SatchelError('timeout', `${describe(call, now)} did not end in time`));
    }
  }

  get underWay(): CallContext['underWay'] {
    return this.local?.underWay;
  }

  #connections(): Connection[] {
    return [this.#endpoint, ...this.#direct.values()];
  }

  #send(call: Call<unknown>): void {
    if (call.key === undefined) this.#endpoint.send(call);
    else if (this.#routes !== undefined) {
      const owner = this.#ownerOf(call.key, this.#routes);
      if (!this.#detours.active || !this.#detours.take(call, owner)) owner.send(call);
    } else {
      this.#parked.push(call);
      this.#refresh();
    }
  }

  #unpark(): void {
    if (this.#routes === undefined) return;
    for (const call of this.#parked.takeAll()) this.#send(call as Call<unknown>);
  }

  #ownerOf(key: ObjectKey, routes: SlotRoutes): Connection {
    if (this.#owners.length === 1) return this.#owners[0] as Connection;
    return this.#owners[routes.table[this.#slotOf(key)] as number] as Connection;
  }

  #ownerOfSlot(slot: number): Connection | undefined {
    if (this.#routes === undefined || this.#closing !== undefined) return undefined;
    return this.#owners[this.#routes.table[slot] as number];
  }

  #slotOf(key: ObjectKey): number {
    if (typeof key !== 'string') return slotOfBytes(key, 0, key.length);
    return slotOfBytes(this.#scratch, 0, this.#scratch.write(key));
  }

  #directTo(address: Address): Connection {
    const name = formatAddress(address);
    let connection = this.#direct.get(name);
    if (connection === undefined) {
      connection = new Connection(this.#context, address);
      this.#direct.set(name, connection);
    }
    return connection;
  }

  #onTrouble(): void {
    if (this.#routes !== undefined && this.ticker.pending > 0) this.#refresh();
  }

  /** Asks for the slot map, once at a time. */
  #refresh(): void {
    if (this.#refreshing !== undefined || this.#closed) return;
    this.#refreshedTick = this.ticker.now;
    this.#refreshing = this.#askForRoutes().finally(() => {
      this.#refreshing = undefined;
      this.#unpark();
    });
  }

  async #askForRoutes(): Promise<void> {
    try {
      // The endpoint's shard is reached through the endpoint itself; any shard knows the slot map.
      const source = this.#endpoint.ready || this.#routes === undefined ? this.#endpoint : this.#anyReady();
      const slots = this.#ask(source, ['CLUSTER', 'SLOTS']);
      const self = source === this.#endpoint ? this.#ask(source, ['CLUSTER', 'MYID']) : undefined;
      const routes = slotRoutesOf(await slots, this.#url.host);
      const endpointId = self === undefined ? undefined : String(await self.catch(() => ''));
      if (!this.#closed) this.#apply(routes, endpointId);
    } catch (error) {
      // With a slot map calls go on by what is known; without one none can.
      if (this.#routes !== undefined) return;
      for (const call of this.#parked.takeAll()) call.fail(error);
    }
  }

  #ask(source: Connection, command: readonly string[]): Promise<Reply> {
    const call = new Call(this, undefined, command, (reply) => reply, true);
    source.send(call);
    call.promise.catch(() => {});
    return call.promise;
  }

  #anyReady(): Connection {
    return this.#connections().find((connection) => connection.ready) ?? this.#endpoint;
  }

  #apply(routes: SlotRoutes, endpointId: string | undefined): void {
    if (endpointId !== undefined) this.#endpointId = endpointId;
    const before = this.#routes;
    const ownersBefore = this.#owners;
    this.#owners = routes.shards.map((shard) =>
      shard.id !== '' && shard.id === this.#endpointId
        ? this.#endpoint
        : this.#directTo({ host: shard.host, port: shard.port, tls: this.#url.tls }),
    );
    this.#routes = routes;
    if (before !== undefined) this.#detour(before, ownersBefore, routes);
    this.#moveCalls(routes);
  }

  /** Calls on slots that have moved must not overtake those under way to the owners before. */
  #detour(before: SlotRoutes, ownersBefore: readonly Connection[], routes: SlotRoutes): void {
    const moved = new Set<number>();
    for (let slot = 0; slot < slotCount; slot++) {
      if (ownersBefore[before.table[slot] as number] !== this.#owners[routes.table[slot] as number]) moved.add(slot);
    }
    if (moved.size === 0 && !this.#detours.active) return;
    const unanswered = new Map<Connection, Call<unknown>[]>();
    if (moved.size > 0)
      for (const connection of ownersBefore) unanswered.set(connection, [...connection.unanswered()].filter(hasKey));
    this.#detours.routesChanged(moved, (slot) => this.#owners[routes.table[slot] as number] as Connection, unanswered);
  }

  /** What waits at a shard that does not own its key any longer goes to the one that does. */
  #moveCalls(routes: SlotRoutes): void {
    for (const connection of this.#connections()) {
      for (const wait of [...connection.waits]) {
        // One that is not answered yet has its place among the answers; if the shard refuses it, it is redirected.
        if (wait.sent || wait.key === undefined || this.#ownerOf(wait.key, routes) === connection) continue;
        connection.forget(wait);
        this.#send(wait);
      }
      if (!connection.ready && !this.#owners.includes(connection)) {
        for (const call of connection.takeWaiting()) this.#moveCall(call, routes);
      }
    }
    this.#dropUnused();
  }

  #moveCall(call: Pending, routes: SlotRoutes): void {
    if (hasKey(call)) this.#detours.returned(call, this.#ownerOf(call.key as ObjectKey, routes));
    else if (call instanceof Call) this.#endpoint.send(call);
    // A notice concerns only the shard it was for.
    else call.fail(undefined);
  }

  #dropUnused(): void {
    for (const [name, connection] of this.#direct) {
      if (this.#owners.includes(connection) || !connection.unused || this.#detours.leadTo(connection)) continue;
      this.#direct.delete(name);
      connection.destroy(new SatchelError('unavailable', `shard ${name} holds nothing of the job any longer`));
    }
  }

  /** The connection to the owner of a key; undefined: no slot map is known yet. */
  ownerOf(key: ObjectKey): unknown {
    return this.#routes === undefined ? undefined : this.#ownerOf(key, this.#routes);
  }

  /** An id for a wait, unique in this store. */
  newWaitId(): number {
    return this.#nextWaitId++;
  }
}

function hasKey(call: Pending): call is Call<unknown> {
  return call instanceof Call && call.key !== undefined;
}
