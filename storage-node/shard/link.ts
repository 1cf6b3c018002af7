import { connect, type Socket } from 'node:net';
import { type ErrorWord, limits, SatchelError } from '@satchel/proto/core';
import { type CommandArguments, CommandEncoder, ReplyFramer } from '@satchel/proto/resp';
import type { Logger } from 'pino';
import type { ShardAddress } from '../job-configuration.js';
import { sendAtRoundEnd } from './event-round.js';
import { leadOf, linkPush } from './link-protocol.js';
import { endOfReply, firstElement, isError, wordAt } from './reply-version.js';
import type { SessionIdentity } from './session.js';

/** Takes a whole reply in RESP3; the bytes are only borrowed. */
export type ReplySink = (bytes: Buffer, start: number, end: number) => void;

/** Takes what is pushed for a watch; `bytes[start, end)` is the pushed value, or an error reply when the link breaks. */
export type WatchSink = (bytes: Buffer, start: number, end: number) => void;

export interface LinkOptions {
  readonly shard: number;
  readonly addressOf: (shard: number) => ShardAddress | undefined;
  /** Read at each connect. */
  readonly token: () => string;
  readonly log: Logger;
  /** All links read into it. */
  readonly readBuffer: Buffer;
}

/** A command that waits for its reply. */
interface Call {
  readonly sink: ReplySink;
  readonly write: boolean;
  /** The job it is for, if it is for one. */
  readonly job?: string;
}

type State =
  | { readonly kind: 'closed' }
  /** The last attempt failed: commands fail at once until then. */
  | { readonly kind: 'resting'; readonly untilMs: number; readonly reason: string }
  | { readonly kind: 'connecting'; readonly socket: Socket; readonly timer: NodeJS.Timeout }
  | { readonly kind: 'open'; readonly socket: Socket };

const noReply: ReplySink = () => {};
const noJob = Buffer.from('-NOJOB ');

/**
 * The one connection to another shard, over which this shard's clients use it: opened by the first command, pipelined, each
 * command led by the job it is for. A break fails what is under way at once; nothing is ever sent twice.
 */
export class Link {
  readonly shard: number;
  readonly #options: LinkOptions;
  #state: State = { kind: 'closed' };
  #encoder = new CommandEncoder();
  #framer = this.#newFramer();
  #calls: Call[] = [];
  #head = 0;
  /** Replies that were announced and will be pushed, by their id. */
  readonly #deferred = new Map<number, Call>();
  readonly #watches = new Map<number, WatchSink>();
  readonly #introduced = new Set<string>();
  #lastWatch = 0;
  #flushScheduled = false;
  #heardMs = 0;
  #silenceTimer: NodeJS.Timeout | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.shard = options.shard;
  }

  /** Commands under way. */
  get underWay(): number {
    return this.#calls.length - this.#head + this.#deferred.size;
  }

  /** Sends a command, copied, for a job; `sink` gets its reply, or an error that names the shard. */
  send(identity: SessionIdentity, args: CommandArguments, write: boolean, sink: ReplySink): void {
    const refusal = this.#refusal(identity);
    if (refusal !== undefined) {
      fail(sink, refusal);
      return;
    }
    this.#lead(identity, args.count);
    for (let index = 0; index < args.count; index++) {
      this.#encoder.bytes(args.buffer.subarray(args.start(index), args.end(index)));
    }
    this.#expect({ sink, write, job: identity.job });
  }

  /**
   * Sends a command that starts a watch, `NAME id …`, with an id of the link's own; `sink` gets its reply, `pushed` every push.
   * Returns what ends the watch.
   */
  watch(
    identity: SessionIdentity,
    name: string,
    rest: readonly (Buffer | string)[],
    sink: ReplySink,
    pushed: WatchSink,
  ): () => void {
    const refusal = this.#refusal(identity);
    if (refusal !== undefined) {
      fail(sink, refusal);
      return () => {};
    }
    const id = ++this.#lastWatch;
    this.#watches.set(id, pushed);
    this.#lead(identity, rest.length + 2);
    this.#encoder.text(name);
    this.#encoder.text(String(id));
    for (const argument of rest) this.#encoder.argument(argument);
    this.#expect({
      sink: (bytes, start, end) => {
        if (isError(bytes, start)) this.#watches.delete(id);
        sink(bytes, start, end);
      },
      write: false,
      job: identity.job,
    });
    return () => this.#unwatch(identity, id);
  }

  /** Ends the link; what is under way fails. */
  close(): void {
    this.#broken('this shard is stopping');
    this.#state = { kind: 'closed' };
  }

  #unwatch(identity: SessionIdentity, id: number): void {
    if (!this.#watches.delete(id) || this.#state.kind !== 'open') return;
    this.#lead(identity, 2);
    this.#encoder.text('SATCHEL.UNWATCH');
    this.#encoder.text(String(id));
    this.#expect({ sink: noReply, write: false });
  }

  /** Opens the link if need be; says why a command cannot be sent. */
  #refusal(identity: SessionIdentity): string | undefined {
    if (this.#state.kind === 'resting' && Date.now() < this.#state.untilMs) {
      return this.#name(`${this.#state.reason}; the command was not executed`);
    }
    if (this.underWay >= limits.linkQueue) return this.#name('has too many commands under way; the command was not executed');
    if (this.#queuedBytes() > limits.linkOutputBytes) {
      return this.#name('does not keep up with what is sent to it; the command was not executed');
    }
    if (this.#state.kind === 'closed' || this.#state.kind === 'resting') {
      const address = this.#options.addressOf(this.shard);
      if (address === undefined) return `UNAVAILABLE shard ${this.shard} is not known here yet; the command was not executed`;
      this.#open(address);
    }
    if (!this.#introduced.has(identity.job)) this.#introduce(identity);
    return undefined;
  }

  /** Tells the other shard of a job, with the token, in case it has not heard of it; what matters is the reply to what follows. */
  #introduce(identity: SessionIdentity): void {
    this.#introduced.add(identity.job);
    this.#encoder.command(['SATCHEL.ADMIT', identity.job, identity.token]);
    this.#expect({ sink: noReply, write: false });
  }

  #lead(identity: SessionIdentity, count: number): void {
    this.#encoder.header(count + 2);
    this.#encoder.raw(leadOf(identity));
  }

  #expect(call: Call): void {
    if (this.#calls.length === this.#head) this.#heardMs = Date.now();
    this.#calls.push(call);
    if (this.#flushScheduled || this.#state.kind !== 'open') return;
    this.#flushScheduled = true;
    sendAtRoundEnd(() => this.#flush());
  }

  #flush(): void {
    this.#flushScheduled = false;
    if (this.#state.kind !== 'open' || this.#encoder.length === 0) return;
    const { socket } = this.#state;
    socket.write(this.#encoder.buffer.subarray(0, this.#encoder.length));
    if (socket.writableLength === 0) this.#encoder.clear();
    else this.#encoder.take();
  }

  #queuedBytes(): number {
    return this.#encoder.length + (this.#state.kind === 'open' ? this.#state.socket.writableLength : 0);
  }

  #open(address: ShardAddress): void {
    const { readBuffer } = this.#options;
    const socket: Socket = connect({
      host: address.host,
      port: address.directPort,
      noDelay: true,
      onread: { buffer: readBuffer, callback: (length) => this.#read(socket, readBuffer, length) },
    });
    const timer = setTimeout(
      () => socket.destroy(new Error(`no connection within ${limits.linkConnectMs} ms`)),
      limits.linkConnectMs,
    );
    timer.unref();
    this.#state = { kind: 'connecting', socket, timer };
    this.#prepare();
    socket.once('connect', () => {
      clearTimeout(timer);
      this.#state = { kind: 'open', socket };
      this.#heardMs = Date.now();
      this.#watchSilence(socket);
      this.#flush();
    });
    let reason = 'closed the connection';
    socket.on('error', (error) => {
      reason = error.message;
    });
    socket.once('close', () => {
      clearTimeout(timer);
      if (this.#state.kind === 'closed' || this.#state.kind === 'resting' || this.#state.socket !== socket) return;
      this.#options.log.warn({ shard: this.shard, reason }, 'a link to another shard broke');
      this.#broken(reason);
    });
  }

  /** Begins the stream with the link's own credentials. */
  #prepare(): void {
    this.#encoder = new CommandEncoder();
    this.#framer = this.#newFramer();
    this.#introduced.clear();
    this.#encoder.command(['SATCHEL.LINK', this.#options.token()]);
    this.#calls.push({
      sink: (bytes, start, end) => {
        if (!isError(bytes, start)) return;
        this.#options.log.error({ shard: this.shard, reply: bytes.toString('utf8', start, end).trim() }, 'a link was refused');
        this.#broken('refused the link');
      },
      write: false,
    });
  }

  #newFramer(): ReplyFramer {
    return new ReplyFramer({
      onFrame: (bytes, start, end) => {
        const { sink, job } = this.#takeCall();
        // It refused the introduction, or has forgotten the job since: the next command introduces it anew.
        if (
          job !== undefined &&
          isError(bytes, start) &&
          bytes.compare(noJob, 0, noJob.length, start, Math.min(end, start + noJob.length)) === 0
        )
          this.#introduced.delete(job);
        sink(bytes, start, end);
      },
      onPushFrame: (bytes, start) => this.#pushed(bytes, start),
    });
  }

  #read(socket: Socket, buffer: Buffer, length: number): boolean {
    this.#heardMs = Date.now();
    // No turn of its own: what several reads bring is sent together, at the end of this round of the event loop.
    try {
      this.#framer.feed(buffer, 0, length);
    } catch (error) {
      socket.destroy(SatchelError.from(error));
    }
    return true;
  }

  #takeCall(): Call {
    const call = this.#calls[this.#head++];
    if (call === undefined) throw new SatchelError('internal', 'a reply came that no command was waiting for');
    if (this.#head === this.#calls.length || this.#head > 1024) {
      this.#calls.splice(0, this.#head);
      this.#head = 0;
    }
    return call;
  }

  #pushed(bytes: Buffer, start: number): void {
    const nameAt = firstElement(bytes, start);
    const idAt = endOfReply(bytes, nameAt);
    const valueAt = endOfReply(bytes, idAt);
    const id = wordAt(bytes, idAt, valueAt);
    switch (wordAt(bytes, nameAt, idAt)) {
      case linkPush.deferred:
        this.#deferred.set(Number(id), this.#takeCall());
        break;
      case linkPush.reply: {
        const call = this.#deferred.get(Number(id));
        this.#deferred.delete(Number(id));
        call?.sink(bytes, valueAt, endOfReply(bytes, valueAt));
        break;
      }
      default:
        this.#watches.get(Number(id))?.(bytes, valueAt, endOfReply(bytes, valueAt));
    }
  }

  /** Fails everything under way; the next command after a short rest opens the link anew. */
  #broken(reason: string): void {
    const { state, calls, watches } = this.#reset(reason);
    const wasOpen = state.kind === 'open';
    for (const call of calls) {
      const outcome = !wasOpen
        ? 'the command was not executed'
        : call.write
          ? 'the write may or may not have been executed'
          : 'the command may be repeated';
      const word = wasOpen && call.write ? 'UNKNOWN' : 'UNAVAILABLE';
      fail(call.sink, this.#name(`cannot be reached (${reason}); ${outcome}`, word));
    }
    for (const sink of watches) fail(sink, this.#name(`cannot be reached (${reason}); the wait was given up`));
  }

  #reset(reason: string): { state: State; calls: Call[]; watches: WatchSink[] } {
    const state = this.#state;
    const calls = [...this.#calls.slice(this.#head), ...this.#deferred.values()];
    const watches = [...this.#watches.values()];
    this.#state = { kind: 'resting', untilMs: Date.now() + limits.linkBackoffMs, reason: `cannot be reached (${reason})` };
    this.#calls = [];
    this.#head = 0;
    this.#deferred.clear();
    this.#watches.clear();
    this.#introduced.clear();
    clearInterval(this.#silenceTimer);
    if (state.kind === 'open' || state.kind === 'connecting') state.socket.destroy();
    return { state, calls, watches };
  }

  /** A peer that hangs is noticed: whatever it is busy with, it answers or announces an answer. */
  #watchSilence(socket: Socket): void {
    clearInterval(this.#silenceTimer);
    this.#silenceTimer = setInterval(() => {
      const owed = this.#calls.length - this.#head > 0;
      if (owed && Date.now() - this.#heardMs > limits.linkSilenceMs) {
        socket.destroy(new Error(`silent for ${limits.linkSilenceMs} ms`));
      }
    }, limits.linkSilenceMs / 4);
    this.#silenceTimer.unref();
  }

  #name(what: string, word: ErrorWord = 'UNAVAILABLE'): string {
    const address = this.#options.addressOf(this.shard);
    const where = address === undefined ? '' : ` of node ${address.node} at ${address.host}:${address.directPort}`;
    return `${word} shard ${this.shard}${where} ${what}`;
  }
}

/** Gives a sink an error reply. */
export function fail(sink: ReplySink, line: string): void {
  const bytes = Buffer.from(`-${line.replaceAll(/[\r\n]+/g, ' ')}\r\n`);
  sink(bytes, 0, bytes.length);
}
