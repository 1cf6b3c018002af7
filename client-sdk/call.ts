import { SatchelError } from '@satchel/proto/core';
import { type CommandArgument, type Reply, ReplyError } from '@satchel/proto/resp';
import type { AbortGroups } from './abort-groups.js';
import type { ChunkedValue } from './chunked-value.js';
import { type CallsUnderWay, nowhere } from './local/calls-under-way.js';
import { movedTo } from './moved-to.js';
import { Ticker } from './ticker.js';

/** A key as callers give it: text is UTF-8. */
export type ObjectKey = string | Uint8Array;
/** One argument as a connection sends it. */
export type Argument = CommandArgument | ChunkedValue;

/** Options every call takes. */
export interface CallOptions {
  /** The call fails with `timeout` (a write that was sent: `unknown-outcome`) after this long. Default: no such limit. Resolution 50 ms. */
  readonly timeoutMs?: number;
  /** Aborting it rejects the call with the signal's reason. A write that was already sent may still happen. */
  readonly signal?: AbortSignal;
}

/** A command on its way through a connection. Settles once; whoever settles it first wins. */
export interface Pending {
  /** Next in the queue it is in; it is in one at most. */
  next: Pending | undefined;
  readonly settled: boolean;
  /** Whether sending it a second time does no harm. */
  readonly repeatable: boolean;
  /** Tick after which it fails with a time-out. */
  readonly deadlineTick: number;
  /** Tick at which it began to wait or was sent. */
  sinceTick: number;
  /** Times it was sent in vain. */
  repeats: number;
  /** Whether it was written to a socket and no answer came. */
  sent: boolean;
  /** For a wait: the id under which its push arrives; else 0. */
  readonly waitId: number;
  arguments(now: number): readonly Argument[];
  /** `from` has brought the answer. */
  onReply(reply: Reply, from: Carrier): void;
  fail(error: unknown): void;
}

/** A connection as calls see it. */
export interface Carrier {
  send(call: Pending): void;
  /** Calls back, perhaps at once, when everything sent so far has been answered or has failed. */
  fence(passed: () => void): void;
}

/** From this many redirects on a call pauses for a tick: the shards do not agree yet. */
export const patientRedirects = 3;

/** Sends calls elsewhere when a shard says it no longer owns the key. */
export interface Redirector {
  /** `from` has answered the call with `MOVED slot host:port`. */
  redirect(call: Call<unknown>, line: string, from: Carrier): void;
  /** A call with `onDetour` was answered otherwise, or has failed. */
  arrived(call: Call<unknown>): void;
}

/** What the executor of the promise made last was given: one function serves all promises. */
let latestResolve: (value: never) => void;
let latestReject: (reason: unknown) => void;
function capture(resolve: (value: never) => void, reject: (reason: unknown) => void): void {
  latestResolve = resolve;
  latestReject = reject;
}

/** What a call needs of the store it belongs to. */
export interface CallContext {
  readonly ticker: Ticker;
  readonly redirector: Redirector;
  readonly aborts: AbortGroups;
  /** What reads in place must not overtake; undefined if there are none. */
  readonly underWay: CallsUnderWay | undefined;
}

/** One command with its promise. */
export class Call<Result> implements Pending {
  next: Pending | undefined = undefined;
  settled = false;
  deadlineTick = Number.POSITIVE_INFINITY;
  sinceTick = 0;
  repeats = 0;
  redirects = 0;
  sent = false;
  /** Sent ahead of others of its slot, which wait for what becomes of it. */
  onDetour = false;
  readonly waitId: number = 0;
  readonly promise: Promise<Result>;
  protected readonly context: CallContext;
  readonly #command: readonly Argument[];
  readonly #decode: (reply: Reply) => Result | Promise<Result>;
  readonly #resolve: (value: never) => void;
  readonly #reject: (reason: unknown) => void;
  #signal: AbortSignal | undefined = undefined;
  /** Its place among the calls under way. */
  #place = nowhere;

  /** `key` is undefined for commands of the whole job. `decode` never sees an error reply; the call ends with its result, or once that has come. */
  constructor(
    context: CallContext,
    readonly key: ObjectKey | undefined,
    command: readonly Argument[],
    decode: (reply: Reply) => Result | Promise<Result>,
    readonly repeatable: boolean,
    options?: CallOptions,
  ) {
    this.context = context;
    this.#command = command;
    this.#decode = decode;
    this.promise = new Promise(capture);
    this.#resolve = latestResolve;
    this.#reject = latestReject;
    context.ticker.begin();
    // Only what changes something concerns keys that it does not name.
    if (context.underWay !== undefined && (key !== undefined || !repeatable)) this.#place = context.underWay.begin(key);
    if (options !== undefined) this.#limit(options);
  }

  arguments(_now: number): readonly Argument[] {
    return this.#command;
  }

  onReply(reply: Reply, from: Carrier): void {
    if (this.settled) this.answered();
    else if (reply instanceof ReplyError) this.onError(reply, from);
    else this.succeed(reply);
  }

  /** Rejects the promise. */
  fail(error: unknown): void {
    if (this.settled) {
      if (!this.sent) this.answered();
      return;
    }
    this.settle();
    this.#reject(error);
  }

  protected onError(error: ReplyError, from: Carrier): void {
    if (this.key !== undefined && movedTo(error.line) !== undefined) {
      this.context.redirector.redirect(this, error.line, from);
    } else {
      this.fail(SatchelError.fromRespLine(error.line));
    }
  }

  protected succeed(reply: Reply): void {
    try {
      const result = this.#decode(reply);
      this.settle();
      this.#resolve(result as never);
    } catch (error) {
      this.fail(error);
    }
  }

  protected settle(): void {
    this.settled = true;
    // A call that was sent may yet be carried out: it is under way until it is answered.
    if (!this.sent) this.answered();
    this.context.ticker.end();
    if (this.#signal !== undefined) this.context.aborts.remove(this.#signal, this);
    if (this.onDetour) this.arrived();
  }

  /** Those that wait for what becomes of it may go on. */
  protected arrived(): void {
    if (!this.onDetour) return;
    this.onDetour = false;
    this.context.redirector.arrived(this);
  }

  /** The shard has carried it out, or never will. */
  protected answered(): void {
    if (this.#place === nowhere) return;
    this.context.underWay?.end(this.#place);
    this.#place = nowhere;
  }

  #limit({ timeoutMs, signal }: CallOptions): void {
    if (timeoutMs !== undefined) this.deadlineTick = this.context.ticker.now + Ticker.ticks(timeoutMs);
    if (signal === undefined) return;
    this.#signal = signal;
    this.context.aborts.add(signal, this);
  }
}

/** The command and key of a call, as error messages name them. */
export function describe(call: Pending, now: number): string {
  const args = call.arguments(now);
  const name = String(args[0]);
  const key = args[call.waitId > 0 ? 2 : 1];
  return typeof key === 'string' ? `${name} '${key.slice(0, 100)}'` : name;
}

/** A command whose answer nobody waits for. */
export class Notice implements Pending {
  next: Pending | undefined = undefined;
  settled = false;
  readonly repeatable: boolean = false;
  readonly deadlineTick = Number.POSITIVE_INFINITY;
  sinceTick = 0;
  repeats = 0;
  sent = false;
  readonly waitId = 0;

  constructor(readonly command: readonly Argument[]) {}

  arguments(): readonly Argument[] {
    return this.command;
  }

  onReply(_reply: Reply): void {
    this.settled = true;
  }

  fail(): void {
    this.settled = true;
  }
}
