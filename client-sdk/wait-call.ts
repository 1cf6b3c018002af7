import { SatchelError } from '@satchel/proto/core';
import { type Reply, ReplyError } from '@satchel/proto/resp';
import { type Argument, Call, type CallContext, type CallOptions, type Carrier, type ObjectKey } from './call.js';
import type { Connection } from './connection.js';
import { tickMs } from './ticker.js';

/** Longest wait a command can state; longer ones are registered anew. */
const longestWaitMs = 2 ** 31 - 1;

/** How a wait is put to a shard. */
export interface WaitCommand {
  /** Commands of the whole job have no key. */
  readonly key: ObjectKey | undefined;
  /** The command with its arguments after the id and before the time-out. */
  readonly name: string;
  readonly subject: readonly Argument[];
  /** Arguments after the time-out. */
  readonly rest?: readonly Argument[];
}

/**
 * A wait: registered by a command that is answered at once, ended by a push. After a broken connection, or when its slot has moved, it
 * is registered again with the time that is left.
 */
export class WaitCall<Result> extends Call<Result> {
  /** Where it is registered. */
  home: Connection | undefined = undefined;
  override readonly waitId: number;
  readonly #command: WaitCommand;

  constructor(
    context: CallContext,
    waitId: number,
    command: WaitCommand,
    decode: (reply: Reply) => Result | Promise<Result>,
    options: CallOptions | undefined,
  ) {
    super(context, command.key, [], decode, true, options);
    this.waitId = waitId;
    this.#command = command;
  }

  /** The time-out counts from now; 0 is none. */
  override arguments(now: number): readonly Argument[] {
    const left = Number.isFinite(this.deadlineTick) ? Math.min(longestWaitMs, Math.max(1, this.deadlineTick - now) * tickMs) : 0;
    return [this.#command.name, this.waitId, ...this.#command.subject, left, ...(this.#command.rest ?? [])];
  }

  /** The answer to the registration. */
  override onReply(reply: Reply, from: Carrier): void {
    this.answered();
    if (this.settled) return;
    if (reply instanceof ReplyError) this.onError(reply, from);
    else this.arrived();
  }

  /** The end of the wait. */
  onPushed(value: Reply, from: Carrier): void {
    if (this.settled) return;
    if (value === null)
      this.fail(new SatchelError('timeout', `${this.#command.name} of '${String(this.#command.subject[0])}' timed out`));
    else if (value instanceof ReplyError) this.onError(value, from);
    else this.succeed(value);
  }

  /** The end of the wait by another way than a push: the object was found. */
  found(value: Buffer): void {
    if (!this.settled) this.succeed(value);
  }

  protected override settle(): void {
    super.settle();
    this.home?.forget(this);
  }
}
