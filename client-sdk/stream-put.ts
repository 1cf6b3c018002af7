import { SatchelError } from '@satchel/proto/core';
import { type CommandArgument, type Reply, ReplyError } from '@satchel/proto/resp';
import type { Abortable, AbortGroups } from './abort-groups.js';
import { type Address, formatAddress } from './address.js';
import type { CallOptions } from './call.js';
import type { ConnectionContext } from './connection-state.js';
import { decodeStored } from './decode.js';
import { movedTo } from './moved-to.js';
import { Ticker, type Ticking } from './ticker.js';
import { Wire, type WireHandler } from './wire.js';

/** A put whose value follows as a stream: the arguments before and after the value, and its bytes. */
export interface StreamedCommand {
  readonly before: readonly CommandArgument[];
  readonly size: number;
  readonly after: readonly CommandArgument[];
}

/**
 * One put on a connection of its own, through which the value flows while its source delivers it; the shard stores it once it is whole. What
 * happens on the way, to the source or the connection, leaves nothing stored.
 */
export class StreamPut implements WireHandler, Ticking, Abortable {
  readonly promise: Promise<boolean>;
  readonly #context: ConnectionContext;
  readonly #aborts: AbortGroups;
  readonly #name: string;
  readonly #wire: Wire;
  readonly #signal: AbortSignal | undefined;
  readonly #deadlineTick: number;
  #resolve!: (stored: boolean) => void;
  #reject!: (error: unknown) => void;
  #settled = false;
  #greeted = false;
  /** All of the command has been handed over. */
  #complete = false;
  /** Goes on with sending. */
  #proceed: (() => void) | undefined;
  /** Since when the shard has been due to do something. */
  #dueTick: number | undefined;

  constructor(context: ConnectionContext, aborts: AbortGroups, address: Address, options: CallOptions | undefined) {
    this.#context = context;
    this.#aborts = aborts;
    this.#name = formatAddress(address);
    const { ticker } = context;
    this.#deadlineTick =
      ticker.now + (options?.timeoutMs === undefined ? Number.POSITIVE_INFINITY : Ticker.ticks(options.timeoutMs));
    this.#signal = options?.signal;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    ticker.add(this);
    ticker.begin();
    this.#wire = new Wire(address, context.readBuffer, this);
    this.#dueTick = ticker.now;
    if (this.#signal !== undefined) aborts.add(this.#signal, this);
  }

  /** Sends the command; the source is ended when the put fails. Resolves to whether the value was stored. */
  send(command: StreamedCommand, source: AsyncIterable<Uint8Array>): Promise<boolean> {
    this.#send(command, source).catch((error: unknown) => this.fail(error));
    return this.promise;
  }

  fail(error: unknown): void {
    if (this.#settle()) this.#reject(error);
  }

  onOpen(): void {
    const { job, token } = this.#context.credentials;
    this.#wire.send(['HELLO', 3, 'AUTH', job, token], false);
  }

  onReply(reply: Reply): void {
    if (this.#greeted) this.#onAnswer(reply);
    else if (reply instanceof ReplyError) this.fail(SatchelError.fromRespLine(reply.line));
    else {
      this.#greeted = true;
      this.#goOn();
    }
  }

  onPush(): void {}

  onDrain(): void {
    if (this.#greeted) this.#goOn();
  }

  onClosed(cause: Error | undefined): void {
    const why = cause === undefined ? 'the connection was closed' : cause.message;
    this.fail(
      this.#complete
        ? new SatchelError(
            'unknown-outcome',
            `${why}, before shard ${this.#name} answered a put; it may or may not have happened`,
            { cause },
          )
        : new SatchelError('unavailable', `${why}, while a value was sent to shard ${this.#name}; nothing was stored`, { cause }),
    );
  }

  tick(now: number): void {
    if (this.#deadlineTick <= now) {
      const code = this.#complete ? 'unknown-outcome' : 'timeout';
      this.fail(new SatchelError(code, `a put of a stream to shard ${this.#name} did not end in time`));
      return;
    }
    const { silenceMs, unavailableMs } = this.#context.options;
    const allowedMs = this.#greeted ? silenceMs : unavailableMs;
    if (this.#dueTick === undefined || now - this.#dueTick <= Ticker.ticks(allowedMs)) return;
    this.#wire.destroy(new Error(`nothing was heard for ${allowedMs} ms`));
  }

  async #send({ before, size, after }: StreamedCommand, source: AsyncIterable<Uint8Array>): Promise<void> {
    const chunks = source[Symbol.asyncIterator]();
    try {
      if (!this.#greeted) await this.#turn();
      if (this.#settled) return;
      this.#dueTick = undefined;
      this.#wire.begin(before, size, after.length);
      for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
        if (this.#settled) return;
        if (!this.#wire.more(next.value)) await this.#turn();
        if (this.#settled) return;
        this.#dueTick = undefined;
      }
      this.#complete = true;
      this.#dueTick = this.#context.ticker.now;
      this.#wire.end(after);
    } finally {
      await chunks.return?.();
    }
  }

  /** Waits until the shard has greeted, or taken what was sent. */
  #turn(): Promise<void> {
    this.#dueTick = this.#context.ticker.now;
    return new Promise((resolve) => {
      this.#proceed = resolve;
      if (this.#settled) resolve();
    });
  }

  #goOn(): void {
    this.#proceed?.();
    this.#proceed = undefined;
  }

  #onAnswer(reply: Reply): void {
    if (reply instanceof ReplyError) {
      const moved = movedTo(reply.line) !== undefined;
      const text = `the slot moved away from shard ${this.#name} while a value was sent to it; nothing was stored`;
      this.fail(moved ? new SatchelError('unavailable', text) : SatchelError.fromRespLine(reply.line));
      return;
    }
    try {
      const stored = decodeStored(reply);
      if (this.#settle()) this.#resolve(stored);
    } catch (error) {
      this.fail(error);
    }
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.#context.ticker.remove(this);
    this.#context.ticker.end();
    if (this.#signal !== undefined) this.#aborts.remove(this.#signal, this);
    this.#wire?.destroy();
    this.#goOn();
    return true;
  }
}

/** The chunks of a source as bytes; fails with `invalid-argument` if they are not `size` bytes in all. The source is ended with it. */
export async function* sizedChunks(source: AsyncIterable<Uint8Array | string>, size: number): AsyncGenerator<Uint8Array> {
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new SatchelError('invalid-argument', `option size is ${size}; it must be a whole number of bytes`);
  }
  let bytes = 0;
  for await (const chunk of source) {
    const next = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    bytes += next.length;
    if (bytes > size) throw new SatchelError('invalid-argument', `the stream has more than the ${size} bytes of option size`);
    if (next.length > 0) yield next;
  }
  if (bytes < size)
    throw new SatchelError('invalid-argument', `the stream ended after ${bytes} of the ${size} bytes of option size`);
}
