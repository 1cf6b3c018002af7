import { SatchelError } from '@satchel/proto/core';
import type { PopAnswer, PopRequest, PopWaiter } from '../collections/blocked-pops.js';
import type { Command, CommandContext } from '../command.js';
import { inTurnOfAll } from '../in-turn-of-all.js';
import { assertMayRead } from './arguments.js';
import { popRequest, timeoutArgument } from './pop-requests.js';
import { andThen } from './values.js';

/** LMOVE and RPOPLPUSH. */
function move(context: CommandContext): void | Promise<void> {
  assertMayRead(context, context.args.text(0));
  const { job, nowMs } = context;
  const request = popRequest(context.args, 0);
  const moved = inTurnOfAll(job, request.held, nowMs, (now) => {
    const [from] = request.keys;
    return andThen(from === undefined ? undefined : request.attempt(job, from, now), (answer) => {
      if (answer === undefined) context.reply.nil();
      else answer(context.reply);
    });
  });
  return andThen(moved, () => request.taken?.(job));
}

/** BLPOP and its like: at once if there is an element, else the connection waits for one, at most as long as the last argument says. */
function popOrWait(context: CommandContext): void | Promise<void> {
  assertMayRead(context, context.args.text(0));
  const { args, job, nowMs } = context;
  const request = popRequest(args, 0);
  const timeoutMs = timeoutArgument(args, args.count - 1);
  let waiting: Promise<void> | undefined;
  const tried = inTurnOfAll(job, request.held, nowMs, (now) => {
    const key = job.pops.available(request, now);
    if (key !== undefined) return andThen(request.attempt(job, key, now), (answer) => answer?.(context.reply));
    waiting = wait(context, request, timeoutMs);
  });
  return andThen(tried, () => {
    if (waiting === undefined) return request.taken?.(job);
    for (const key of request.keys) job.pops.serve(key);
    return waiting;
  });
}

/** Settles with the reply written, or without when the connection closes. */
function wait(context: CommandContext, request: PopRequest, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => new LocalWaiter(context, request, timeoutMs, resolve, reject));
}

/** A connection of this shard that waits. */
class LocalWaiter implements PopWaiter {
  readonly request: PopRequest;
  offered: PopWaiter['offered'];
  readonly #context: CommandContext;
  readonly #resolve: () => void;
  readonly #reject: (error: unknown) => void;
  readonly #forget: (() => void)[] = [];
  #done = false;
  /** An attempt is under way: time-out and close wait for it. */
  #trying = false;
  #over: (() => void) | undefined;

  constructor(
    context: CommandContext,
    request: PopRequest,
    timeoutMs: number,
    resolve: () => void,
    reject: (error: unknown) => void,
  ) {
    const { job, reply, session } = context;
    this.request = request;
    this.#context = context;
    this.#resolve = resolve;
    this.#reject = reject;
    job.pops.add(this);
    const registered = job.waits.add(undefined, timeoutMs, (outcome) => {
      if (outcome instanceof SatchelError) this.fail(outcome);
      else this.#giveUp(() => reply.nilArray());
    });
    this.#forget.push(() => registered.cancel());
    this.#forget.push(session.onClose(() => this.#giveUp(() => reply.nil())));
  }

  offer(key: NonNullable<PopWaiter['offered']>): void {
    const { job } = this.#context;
    this.#trying = true;
    try {
      const tried = inTurnOfAll(job, this.request.held, job.clock.now(), (now) =>
        andThen(this.#wanted ? this.request.attempt(job, key, now) : undefined, (answer) => this.#tried(answer)),
      );
      if (tried !== undefined) void tried.catch((error: unknown) => this.fail(error));
    } catch (error) {
      this.fail(error);
    }
  }

  get #wanted(): boolean {
    return !this.#done && this.#over === undefined;
  }

  fail(error: unknown): void {
    this.#end(() => this.#reject(error));
  }

  #tried(answer: PopAnswer | undefined): void {
    const { job, reply } = this.#context;
    this.#trying = false;
    if (answer !== undefined) {
      this.#end(() => {
        answer(reply);
        this.#resolve();
      });
      // Not in this turn: it may still hold the keys.
      queueMicrotask(() => this.request.taken?.(job));
    } else if (this.#over !== undefined) this.#giveUp(this.#over);
    else job.pops.withdraw(this);
  }

  #giveUp(write: () => void): void {
    this.#over = write;
    if (this.#trying) return;
    this.#end(() => {
      write();
      this.#resolve();
    });
  }

  #end(settle: () => void): void {
    if (this.#done) return;
    this.#done = true;
    for (const forget of this.#forget) forget();
    this.#context.job.pops.remove(this);
    settle();
  }
}

function command(name: string, arity: number, last: number, run: Command['run'], ...flags: string[]): Command {
  const keys = { first: 1, last, step: 1 };
  return { name, arity, scope: 'keys', together: last > 0, keys, verb: 'write', flags, run };
}

/** Taking of lists, at once or when there is something, and moving between them. */
export const blockingCommands: readonly Command[] = [
  command('lmove', 5, 2, move, 'denyoom'),
  command('rpoplpush', 3, 2, move, 'denyoom'),
  command('blmove', 6, 2, popOrWait, 'denyoom', 'blocking'),
  command('brpoplpush', 4, 2, popOrWait, 'denyoom', 'blocking'),
  command('blpop', -3, -2, popOrWait, 'blocking'),
  command('brpop', -3, -2, popOrWait, 'blocking'),
];
