import { availableParallelism } from 'node:os';
import {
  type ArenaReader,
  type AskReason,
  askReasons,
  hasSpinFolder,
  type LocalStat,
  LookupKey,
  SpinSlot,
} from '@satchel/proto/shared-memory';
import { type Address, isThisHost } from '../address.js';
import { type CallOptions, Notice, type ObjectKey, type Pending } from '../call.js';
import { keyProblem } from '../data.js';
import { CallsUnderWay } from './calls-under-way.js';
import { type ArenaConnection, type ArenaOwner, LocalArena } from './local-arena.js';
import { type SpinningWait, SpinningWaits } from './spinning-waits.js';

/** Why a read was left to the shard: see {@link LocalReadStatistics}. */
export type LocalAskReason = AskReason | 'order' | 'closed';

/** How a store reads in place. */
export interface LocalReadStatistics {
  /** Reads served from shared memory, and the bytes they returned. */
  readonly served: number;
  readonly bytes: number;
  /** Times an object or the index had changed while it was read, and was looked at again. */
  readonly retries: number;
  /**
   * Reads that were left to the shard: it has no such object in dram (`miss`), or the object has `expired`, was stored with a number of `reads`, is
   * striped (`manifest`) or changed all the time (`torn`); the slot has `moved`; an earlier call on the key was not answered yet (`order`); the arena
   * has `ended`, could not be mapped (`unmapped`), or there is none at hand of that shard (`closed`).
   */
  readonly asked: Readonly<Record<LocalAskReason, number>>;
  /** Shards whose memory is mapped now. */
  readonly arenas: number;
  /** Why shards' memory is not read; empty if all is well or nothing is known yet. */
  readonly problem: string;
}

/** Between two reports of what was read, and two looks for memory to let go of. */
const reportMs = 250;
/** Between two looks whether a shard without memory to share may be asked again, so that they cost calls next to nothing. */
const checkPauseMs = 0.5;
/** Reads in place, which never wait, after which the event loop gets its turn. */
const readsPerTurn = 256;

/** Finds the connection that leads to the owner of a slot. */
export type OwnerOfSlot = (slot: number) => { readonly arena: LocalArena | undefined } | undefined;

/** Reads objects from the memory of shards on this host; whatever it cannot answer is left to the network. */
export class LocalReads implements ArenaOwner {
  readonly underWay = new CallsUnderWay();
  readonly #socketDir: string;
  readonly #spinMs: number;
  readonly #ownerOf: OwnerOfSlot;
  readonly #arenas = new Map<ArenaConnection, LocalArena>();
  readonly #key = new LookupKey();
  readonly #asked: Record<LocalAskReason, number> = noneAsked();
  #retiredServed = 0;
  #retiredBytes = 0;
  #retiredRetries = 0;
  #streak = 0;
  #nextCheckMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #arena: LocalArena | undefined;
  #spinning: SpinningWaits | undefined;
  #closed = false;

  /** `spinMs`: see ConnectOptions. */
  constructor(socketDir: string, spinMs: number, ownerOf: OwnerOfSlot) {
    this.#socketDir = socketDir;
    this.#spinMs = spinMs;
    this.#ownerOf = ownerOf;
  }

  /** A connection was made: what it is to be asked first, and where its arena will be; undefined if it leads to another host. */
  connected(
    connection: ArenaConnection,
    address: Address,
  ): { readonly arena: LocalArena; readonly question: Pending } | undefined {
    if (this.#closed || address.tls || (address.socket === undefined && !isThisHost(address.host))) return undefined;
    let arena = this.#arenas.get(connection);
    if (arena === undefined) {
      arena = new LocalArena(connection, this.#socketDir, this);
      this.#arenas.set(connection, arena);
    }
    return { arena, question: arena.connected() };
  }

  /** The connection will not be used again. */
  forget(connection: ArenaConnection): void {
    this.#arenas.get(connection)?.close();
    this.#arenas.delete(connection);
  }

  get(key: ObjectKey, options: CallOptions | undefined): Buffer | undefined {
    const reader = this.#readerFor(key, options);
    return reader && (reader.get(this.#key, Date.now()) ?? this.#missed());
  }

  /** As `get`, for who looks again and again: what is in vain is not counted. */
  peek(key: ObjectKey): Buffer | undefined {
    const { slot, hash } = this.#key.set(key);
    const reader = this.#ownerOf(slot)?.arena?.reader;
    return reader === undefined || this.underWay.concerns(hash) ? undefined : reader.peek(this.#key, Date.now());
  }

  getRange(key: ObjectKey, from: number, to: number, options: CallOptions | undefined): Buffer | undefined {
    // Places counted from the end are the shard's business.
    if (!(from >= 0 && Number.isSafeInteger(from) && Number.isSafeInteger(to))) return undefined;
    const reader = this.#readerFor(key, options);
    return reader && (reader.getRange(this.#key, from, to, Date.now()) ?? this.#missed());
  }

  /** True: there is such an object; undefined: ask the shard. */
  has(key: ObjectKey, options: CallOptions | undefined): true | undefined {
    const reader = this.#readerFor(key, options);
    return reader && (reader.has(this.#key, Date.now()) ? true : this.#missed());
  }

  stat(key: ObjectKey, options: CallOptions | undefined): LocalStat | undefined {
    const reader = this.#readerFor(key, options);
    return reader && (reader.stat(this.#key, Date.now()) ?? this.#missed());
  }

  /** Looks for an awaited object without a pause; see SpinningWaits. Does nothing where shards do not poll, or share no memory. */
  spinFor(key: ObjectKey, wait: SpinningWait): void {
    if (this.#spinning === undefined) {
      const waits = this.#arenas.size > 0 && this.#spinMs > 0 && hasSpinFolder(this.#socketDir);
      if (!waits) return;
      const slot = new SpinSlot(this.#socketDir, availableParallelism());
      this.#spinning = new SpinningWaits((awaited) => this.peek(awaited), slot, this.#spinMs);
    }
    this.#spinning.add(key, wait);
  }

  /** A promise of what was read; now and then one that lets the event loop have its turn, so that a loop of reads does not starve everything else. */
  settled<Result>(result: Result): Promise<Result> {
    if (++this.#streak < readsPerTurn) return Promise.resolve(result);
    this.#streak = 0;
    return new Promise((resolve) => setImmediate(resolve, result));
  }

  get statistics(): LocalReadStatistics {
    const readers = [...this.#arenas.values()].flatMap(({ reader }) => reader ?? []);
    const sum = (of: (reader: ArenaReader) => number): number => readers.reduce((total, reader) => total + of(reader), 0);
    const asked = { ...this.#asked };
    for (const reason of askReasons) asked[reason] += sum((reader) => reader.asked[reason]);
    return {
      served: this.#retiredServed + sum((reader) => reader.served),
      bytes: this.#retiredBytes + sum((reader) => reader.servedBytes),
      retries: this.#retiredRetries + sum((reader) => reader.retries),
      asked,
      arenas: readers.length,
      problem: [...this.#arenas.values()].find(({ problem }) => problem !== '')?.problem ?? '',
    };
  }

  /** Reports what was not reported yet, each shard its part. */
  report(send: (connection: ArenaConnection, command: readonly [string, number, number]) => void): void {
    for (const [connection, arena] of this.#arenas) {
      const command = arena.report();
      if (command !== undefined) send(connection, command);
    }
  }

  /** Lets go of all memory; nothing is read in place from now on. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#spinning?.close();
    for (const connection of [...this.#arenas.keys()]) this.forget(connection);
  }

  answered(): void {
    const arenas = [...this.#arenas.values()];
    // A shard has something to share once a put was carried out there.
    this.underWay.onEnd = arenas.some(({ hopeful }) => hopeful) ? () => this.#checkAll() : undefined;
    if (arenas.some(({ reader }) => reader !== undefined)) {
      this.#timer ??= setInterval(() => this.#onTime(), reportMs).unref();
    }
  }

  retired(reader: ArenaReader): void {
    this.#retiredServed += reader.served;
    this.#retiredBytes += reader.servedBytes;
    this.#retiredRetries += reader.retries;
    for (const reason of askReasons) this.#asked[reason] += reader.asked[reason];
  }

  #readerFor(key: ObjectKey, options: CallOptions | undefined): ArenaReader | undefined {
    if (keyProblem(key) !== undefined || options?.signal?.aborted) return undefined;
    const { slot, hash } = this.#key.set(key);
    this.#arena = this.#ownerOf(slot)?.arena;
    const reader = this.#arena?.reader;
    if (reader === undefined) {
      this.#asked.closed++;
      this.#arena?.check();
    } else if (this.underWay.concerns(hash)) this.#asked.order++;
    else return reader;
    return undefined;
  }

  #checkAll(): void {
    const nowMs = performance.now();
    if (nowMs < this.#nextCheckMs) return;
    this.#nextCheckMs = nowMs + checkPauseMs;
    for (const arena of this.#arenas.values()) arena.check();
  }

  #missed(): undefined {
    this.#arena?.check();
  }

  #onTime(): void {
    this.report((connection, command) => connection.send(new Notice(command)));
    let mapped = false;
    for (const arena of this.#arenas.values()) {
      arena.sweep();
      mapped ||= arena.reader !== undefined;
    }
    if (mapped) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

function noneAsked(): Record<LocalAskReason, number> {
  const none = Object.fromEntries([...askReasons, 'order', 'closed'].map((reason) => [reason, 0]));
  return none as Record<LocalAskReason, number>;
}

/** What a store says that does not read in place. */
export function noLocalReads(problem: string): LocalReadStatistics {
  return { served: 0, bytes: 0, retries: 0, asked: noneAsked(), arenas: 0, problem };
}
