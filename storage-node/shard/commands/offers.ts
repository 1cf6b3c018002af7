import { SatchelError } from '@satchel/proto/core';
import type { PopRequest, PopWaiter } from '../collections/blocked-pops.js';
import type { Command, CommandContext } from '../command.js';
import { inTurnOfAll } from '../in-turn-of-all.js';
import { latin1Argument } from './arguments.js';
import { popRequest } from './pop-requests.js';
import { andThen } from './values.js';

/**
 * SATCHEL.BLOCK id name COMMAND…: another shard waits for one of its clients. The reply is the key of a list whose element is promised
 * to it, or nil; later the push `satchel.offer id key`. SATCHEL.ACCEPT takes what was promised, SATCHEL.UNWATCH ends the wait.
 */
function block(context: CommandContext): void | Promise<void> {
  const { args, job, nowMs, reply, session } = context;
  assertLink(context);
  const id = latin1Argument(args, 1);
  const name = args.text(2);
  const request = popRequest(args, 3);
  job.watches.assertFree(session, id);
  const begin = (now: number): void => {
    const offered = job.pops.available(request, now);
    const waiter = new RemoteWaiter(context, request, id);
    job.pops.add(waiter, name, offered);
    const registered = job.waits.add(undefined, 0, (outcome) => {
      if (outcome instanceof SatchelError) waiter.fail(outcome);
    });
    job.watches.add(session, id, {
      cancel() {
        registered.cancel();
        job.pops.remove(waiter, name);
      },
    });
    if (offered === undefined) reply.nil();
    else reply.bulk(offered.buffer, offered.start, offered.end);
  };
  const begun = job.steering.steered
    ? Promise.all(request.held.map((key) => job.steering.bring(key))).then(() =>
        inTurnOfAll(job, request.held, job.clock.now(), begin),
      )
    : inTurnOfAll(job, request.held, nowMs, begin);
  return andThen(begun, () => {
    for (const key of request.keys) job.pops.serve(key);
  });
}

/** A client of another shard that waits. */
class RemoteWaiter implements PopWaiter {
  readonly request: PopRequest;
  offered: PopWaiter['offered'];
  readonly #job: CommandContext['job'];
  readonly #session: CommandContext['session'];
  readonly #id: string;

  constructor({ job, session }: CommandContext, request: PopRequest, id: string) {
    this.request = request;
    this.#job = job;
    this.#session = session;
    this.#id = id;
  }

  offer(key: NonNullable<PopWaiter['offered']>): void {
    this.#session.push((push) => {
      push.push(3);
      push.text('satchel.offer');
      push.text(this.#id);
      push.bulk(key.buffer, key.start, key.end);
    });
  }

  fail(error: SatchelError): void {
    this.#job.watches.cancel(this.#session, this.#id);
    this.#session.push((push) => {
      push.push(3);
      push.text('satchel.offer');
      push.text(this.#id);
      push.error(error.toRespLine());
    });
  }
}

/** SATCHEL.ACCEPT name: the reply of the command that waits, or nil if what was promised has gone and the wait goes on. */
function accept(context: CommandContext): void | Promise<void> {
  const { job, nowMs, reply } = context;
  assertLink(context);
  const name = context.args.text(1);
  const waiter = job.pops.named(name);
  const key = waiter?.offered;
  if (waiter === undefined || key === undefined) {
    reply.nil();
    return;
  }
  const accepted = inTurnOfAll(job, waiter.request.held, nowMs, (now) =>
    andThen(waiter.request.attempt(job, key, now), (answer) => {
      if (answer === undefined) {
        job.pops.withdraw(waiter);
        reply.nil();
        return;
      }
      job.pops.remove(waiter, name);
      answer(reply);
    }),
  );
  return andThen(accepted, () => waiter.request.taken?.(job));
}

function assertLink({ session }: CommandContext): void {
  if (session.mode === 'link') return;
  throw new SatchelError('permission-denied', 'this command is only for links between shards; use BLPOP');
}

/** What shards use to wait for lists of each other. */
export const offerCommands: readonly Command[] = [
  { name: 'satchel.block', arity: -6, scope: 'connection', verb: 'write', flags: ['admin'], run: block },
  { name: 'satchel.accept', arity: 2, scope: 'connection', verb: 'write', flags: ['admin'], run: accept },
];
