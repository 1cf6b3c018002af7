import { randomBytes } from 'node:crypto';
import { SatchelError } from '@satchel/proto/core';
import type { CommandArguments } from '@satchel/proto/resp';
import { decodeReply } from '@satchel/proto/resp';
import { timeoutArgument } from './commands/pop-requests.js';
import type { Connection } from './connection.js';
import { hold } from './hold.js';
import type { Peers } from './peers.js';
import { replyTo } from './reply-to.js';
import { isError, wordAt } from './reply-version.js';
import type { SessionIdentity } from './session.js';

/** Commands that wait for lists. */
const popsOrWaits: ReadonlySet<string> = new Set(['blpop', 'brpop', 'blmove', 'brpoplpush']);

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

  /** Begins `name` with the time-out as last argument; `shards`: of its keys, of which all are on one shard if it moves. Throws on wrong usage. */
  start(
    connection: Connection,
    name: string,
    args: CommandArguments,
    identity: SessionIdentity,
    shards: readonly number[],
  ): void {
    if (!identity.verbs.includes('read')) {
      throw new SatchelError(
        'permission-denied',
        `the token does not allow read, which ${name.toUpperCase()} needs besides write`,
      );
    }
    const timeoutMs = timeoutArgument(args, args.count - 1);
    const words = Array.from({ length: args.count }, (_, index) => args.bytes(index));
    const pop = new SpanningPop(this.#peers, identity, `${this.#prefix}-${++this.#last}`, words, shards);
    connection.hold(hold.command);
    const reply = replyTo(connection);
    const forget = connection.onClose(() => pop.close());
    pop.start(timeoutMs, (bytes, start, end) => {
      forget();
      reply(bytes, start, end);
      connection.release(hold.command);
    });
  }
}

class SpanningPop {
  readonly #peers: Peers;
  readonly #identity: SessionIdentity;
  readonly #token: string;
  readonly #words: readonly Buffer[];
  readonly #parts: Part[] = [];
  /** Place of each key among those of the command. */
  readonly #places = new Map<string, number>();
  #finish: (bytes: Buffer, start: number, end: number) => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #accepting = false;
  #late = false;
  #done = false;

  constructor(peers: Peers, identity: SessionIdentity, token: string, words: readonly Buffer[], shards: readonly number[]) {
    this.#peers = peers;
    this.#identity = identity;
    this.#token = token;
    this.#words = words;
    for (const [place, shard] of shards.entries()) {
      const key = words[1 + place] as Buffer;
      if (!this.#places.has(key.toString('latin1'))) this.#places.set(key.toString('latin1'), place);
      let part = this.#parts.find((known) => known.shard === shard);
      if (part === undefined) {
        part = { shard, keys: [], acknowledged: false, offered: undefined, cancel: () => {} };
        this.#parts.push(part);
      }
      part.keys.push(key);
    }
  }

  start(timeoutMs: number, finish: (bytes: Buffer, start: number, end: number) => void): void {
    this.#finish = finish;
    if (timeoutMs > 0) {
      this.#timer = setTimeout(() => this.#timeOut(), Math.min(timeoutMs, 2 ** 31 - 1));
      this.#timer.unref();
    }
    for (const part of this.#parts) {
      if (this.#done) return;
      part.cancel = this.#peers.watch(
        part.shard,
        this.#identity,
        'SATCHEL.BLOCK',
        [this.#token, ...this.#commandOf(part)],
        (bytes, start, end) => {
          part.acknowledged = true;
          this.#heard(part, bytes, start, end);
        },
        (bytes, start, end) => this.#heard(part, bytes, start, end),
      );
      if (this.#done) part.cancel();
    }
  }

  /** The client has gone. */
  close(): void {
    if (this.#done) return;
    this.#end();
  }

  /** The command as the shard of a part has to carry it out. */
  #commandOf(part: Part): (Buffer | string)[] {
    const name = (this.#words[0] as Buffer).toString();
    if (/^(blmove|brpoplpush)$/i.test(name)) return [name, ...this.#words.slice(1)];
    return [name, ...part.keys, '0'];
  }

  /** A key whose element is promised, nil, or an error. */
  #heard(part: Part, bytes: Buffer, start: number, end: number): void {
    if (this.#done) return;
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
    this.#peers.call(best.shard, this.#identity, ['SATCHEL.ACCEPT', this.#token], (bytes, start, end) => {
      this.#accepting = false;
      if (this.#done) this.#giveBack(best.shard, bytes.subarray(start, end));
      else if (bytes[start] === underscore) this.#consider();
      else this.#settle(bytes, start, end);
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
