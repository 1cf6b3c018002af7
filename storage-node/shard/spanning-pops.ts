import { randomBytes } from 'node:crypto';
import { SatchelError, shardOfSlot, slotOf } from '@satchel/proto/core';
import type { CommandArguments } from '@satchel/proto/resp';
import { decodeReply } from '@satchel/proto/resp';
import { timeoutArgument } from './commands/pop-requests.js';
import type { Connection } from './connection.js';
import { hold } from './hold.js';
import type { ReplySink, WatchSink } from './link.js';
import type { Peers } from './peers.js';
import { replyTo } from './reply-to.js';
import { isError, isMoved, wordAt } from './reply-version.js';
import type { SessionIdentity } from './session.js';

/** Commands that wait for lists. */
const popsOrWaits: ReadonlySet<string> = new Set(['blpop', 'brpop', 'blmove', 'brpoplpush']);

/** How long after a list has moved it is looked for anew. */
const retryMs = 5;

const nil = Buffer.from('_\r\n');
const underscore = 0x5f;

/** The lists of one command that are on one shard. */
interface Part {
  readonly shard: number;
  readonly keys: Buffer[];
  acknowledged: boolean;
  /** What is promised there: place of the key among those of the command. */
  offered: number | undefined;
  cancel: () => void;
}

/**
 * Pops of endpoint connections that wait for lists of other shards. Each shard promises an element when it has one; one promise is accepted, the
 * others are given back. So an element goes to nobody twice, nor to a client that has gone.
 */
export class SpanningPops {
  readonly #peers: Peers;
  readonly #prefix = randomBytes(9).toString('base64url');
  #last = 0;

  constructor(peers: Peers) {
    this.#peers = peers;
  }

  /** Whether a command waits for lists. */
  waits(name: string): boolean {
    return popsOrWaits.has(name);
  }

  /** Begins `name`, with the time-out as its last argument, wherever its lists are. Throws on wrong usage. */
  start(connection: Connection, name: string, args: CommandArguments, identity: SessionIdentity): void {
    if (!identity.verbs.includes('read')) {
      throw new SatchelError(
        'permission-denied',
        `the token does not allow read, which ${name.toUpperCase()} needs besides write`,
      );
    }
    timeoutArgument(args, args.count - 1);
    connection.hold(hold.command);
    const reply = replyTo(connection);
    let cancel = () => {};
    const forget = connection.onClose(() => cancel());
    cancel = this.follow(args, identity, 0, (bytes, start, end) => {
      forget();
      reply(bytes, start, end);
      connection.release(hold.command);
    });
  }

  /** As `start`, of a command that has waited for a while already; `sink` gets the outcome. Returns what ends the wait. */
  follow(args: CommandArguments, identity: SessionIdentity, waitedMs: number, sink: ReplySink): () => void {
    const timeoutMs = timeoutArgument(args, args.count - 1);
    const words = Array.from({ length: args.count }, (_, index) => args.bytes(index));
    const pop = new SpanningPop(this.#peers, identity, `${this.#prefix}-${++this.#last}`, words);
    pop.start(timeoutMs === 0 ? 0 : Math.max(1, timeoutMs - waitedMs), sink);
    return () => pop.close();
  }
}

class SpanningPop {
  readonly #peers: Peers;
  readonly #identity: SessionIdentity;
  readonly #token: string;
  readonly #words: readonly Buffer[];
  #parts: Part[] = [];
  /** Place of each key among those of the command. */
  readonly #places = new Map<string, number>();
  #finish: (bytes: Buffer, start: number, end: number) => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #accepting = false;
  #hasMoved = false;
  #attempt = 0;
  #late = false;
  #done = false;

  constructor(peers: Peers, identity: SessionIdentity, token: string, words: readonly Buffer[]) {
    this.#peers = peers;
    this.#identity = identity;
    this.#token = token;
    this.#words = words;
  }

  start(timeoutMs: number, finish: (bytes: Buffer, start: number, end: number) => void): void {
    this.#finish = finish;
    if (timeoutMs > 0) {
      this.#timer = setTimeout(() => this.#timeOut(), Math.min(timeoutMs, 2 ** 31 - 1));
      this.#timer.unref();
    }
    this.#begin();
  }

  /** Waits where the lists are now. */
  #begin(): void {
    if (this.#done) return;
    this.#hasMoved = false;
    const attempt = ++this.#attempt;
    for (const part of this.#plan()) {
      const heard: WatchSink = (bytes, start, end) => {
        if (attempt === this.#attempt) this.#heard(part, bytes, start, end);
      };
      const begun: WatchSink = (bytes, start, end) => {
        part.acknowledged = true;
        heard(bytes, start, end);
      };
      part.cancel = this.#peers.watch(
        part.shard,
        this.#identity,
        'SATCHEL.BLOCK',
        [this.#name, ...this.#commandOf(part)],
        begun,
        heard,
      );
      if (this.#done) part.cancel();
      if (this.#done || attempt !== this.#attempt) return;
    }
  }

  /** The lists by the shard that has them. */
  #plan(): readonly Part[] {
    const { configuration } = this.#identity.shardJob;
    const keys = this.#words.slice(1, this.#moves ? 2 : -1);
    this.#parts = [];
    for (const [place, key] of keys.entries()) {
      const shard = shardOfSlot(configuration, slotOf(key));
      if (!this.#places.has(key.toString('latin1'))) this.#places.set(key.toString('latin1'), place);
      let part = this.#parts.find((known) => known.shard === shard);
      if (part === undefined) {
        part = { shard, keys: [], acknowledged: false, offered: undefined, cancel: () => {} };
        this.#parts.push(part);
      }
      part.keys.push(key);
    }
    return this.#parts;
  }

  /** Whether it puts what it takes into another list. */
  get #moves(): boolean {
    return /^(blmove|brpoplpush)$/i.test((this.#words[0] as Buffer).toString());
  }

  /** What this attempt is called on the shards. */
  get #name(): string {
    return `${this.#token}.${this.#attempt}`;
  }

  /** A list is on another shard by now: looks for all of them again, unless an element is on its way. */
  #moved(): void {
    this.#hasMoved = true;
    if (this.#accepting) return;
    this.#attempt++;
    for (const part of this.#parts) part.cancel();
    setTimeout(() => this.#begin(), retryMs).unref();
  }

  /** The client has gone. */
  close(): void {
    if (this.#done) return;
    this.#end();
  }

  /** The command as the shard of a part has to carry it out. */
  #commandOf(part: Part): (Buffer | string)[] {
    const name = (this.#words[0] as Buffer).toString();
    if (this.#moves) return [name, ...this.#words.slice(1)];
    return [name, ...part.keys, '0'];
  }

  /** A key whose element is promised, nil, or an error. */
  #heard(part: Part, bytes: Buffer, start: number, end: number): void {
    if (this.#done) return;
    if (isMoved(bytes, start, end)) {
      this.#moved();
      return;
    }
    if (isError(bytes, start)) {
      this.#settle(bytes, start, end);
      return;
    }
    if (bytes[start] !== underscore) part.offered = this.#places.get(wordAt(bytes, start, end));
    this.#consider();
  }

  /** Accepts the promise for the first of the keys, once it is known which there are. */
  #consider(): void {
    if (this.#accepting || this.#parts.some(({ acknowledged }) => !acknowledged)) return;
    const [best] = this.#parts
      .filter(({ offered }) => offered !== undefined)
      .sort((left, right) => (left.offered ?? 0) - (right.offered ?? 0));
    if (best === undefined) {
      if (this.#late) this.#settle(nil, 0, nil.length);
      return;
    }
    this.#accepting = true;
    best.offered = undefined;
    this.#peers.call(best.shard, this.#identity, ['SATCHEL.ACCEPT', this.#name], (bytes, start, end) => {
      this.#accepting = false;
      if (this.#done) this.#giveBack(best.shard, bytes.subarray(start, end));
      else if (bytes[start] === underscore) {
        if (this.#hasMoved) this.#moved();
        else this.#consider();
      } else this.#settle(bytes, start, end);
    });
  }

  /** The client went while its element was on the way. */
  #giveBack(shard: number, bytes: Buffer): void {
    const reply = decodeReply(bytes);
    if (!Array.isArray(reply)) return;
    const [key, element] = reply;
    if (!Buffer.isBuffer(key) || !Buffer.isBuffer(element)) return;
    const name = (this.#words[0] as Buffer).toString().toLowerCase() === 'blpop' ? 'LPUSH' : 'RPUSH';
    this.#peers.call(shard, this.#identity, [name, key, element], () => {});
  }

  #timeOut(): void {
    this.#late = true;
    if (!this.#accepting) this.#settle(nil, 0, nil.length);
  }

  #settle(bytes: Buffer, start: number, end: number): void {
    if (this.#done) return;
    const own = Buffer.from(bytes.subarray(start, end));
    this.#end();
    this.#finish(own, 0, own.length);
  }

  #end(): void {
    this.#done = true;
    clearTimeout(this.#timer);
    for (const part of this.#parts) part.cancel();
  }
}
