import { SatchelError } from '@satchel/proto/core';
import type { Command, CommandContext } from '../command.js';
import type { ShardJob } from '../job.js';
import { CountView } from '../steering/count-view.js';
import { replyAssembled } from '../striping/reply-striped.js';
import type { StripedValue } from '../striping/striped-value.js';
import { takeValue } from '../take-value.js';
import type { Wait, WaitOutcome } from '../waits.js';
import { countArgument, latin1Argument } from './arguments.js';
import { isPersistKey } from './on-key.js';

/** SATCHEL.WAIT key timeout-ms: blocks its connection until the value is there; a time-out of 0 is none. */
function wait(context: CommandContext): void | Promise<void> {
  const { args, job, nowMs } = context;
  const timeoutMs = countArgument(args, 2, 'the time-out');
  assertNotPersisted(context, 1);
  const key = job.scratchKey.set(args.buffer, args.start(1), args.end(1));
  let waiting: Promise<void> | undefined;
  const looked = takeValue(job, key, nowMs, {
    found: (value) => {
      waiting = replyOutcome(context, value) ?? undefined;
    },
    missing(missingKey) {
      job.steering.assertOwned(missingKey);
      job.objects.seals.check(missingKey);
      waiting = blocked(context, (settle) => job.waits.add(missingKey, timeoutMs, settle), replyOutcome);
    },
  });
  return looked === undefined ? waiting : looked.then(() => waiting);
}

function replyOutcome(context: CommandContext, outcome: Buffer | StripedValue | undefined): void | Promise<void> {
  if (outcome === undefined) context.reply.nil();
  else if (Buffer.isBuffer(outcome)) context.reply.bulk(outcome);
  else return replyAssembled(context, outcome);
}

/** Settles when the wait does, with its reply written, or without when the connection closes. */
function blocked(
  context: CommandContext,
  add: (settle: (outcome: WaitOutcome) => void) => Wait,
  done: (context: CommandContext, outcome: Buffer | StripedValue | undefined) => void | Promise<void>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const registered = add((outcome) => {
      forget();
      if (outcome instanceof SatchelError) return reject(outcome);
      try {
        resolve(done(context, outcome));
      } catch (error) {
        reject(error);
      }
    });
    const forget = context.session.onClose(() => {
      registered.cancel();
      context.reply.nil();
      resolve();
    });
  });
}

/** SATCHEL.WAITCOUNT prefix n timeout-ms: blocks until this shard holds n objects under the prefix; a time-out of 0 is none. */
async function waitCount(context: CommandContext): Promise<void> {
  const { args, job } = context;
  const prefix = latin1Argument(args, 1);
  const wanted = countArgument(args, 2, 'the count');
  const timeoutMs = countArgument(args, 3, 'the time-out');
  job.assertListable(prefix);
  const counter = new CountView(job, prefix);
  try {
    await counter.ready;
    if (counter.count < wanted)
      await blocked(
        context,
        (settle) => waitForCount(job, counter, wanted, timeoutMs, settle),
        () => {},
      );
    context.reply.integer(counter.count);
  } finally {
    counter.close();
  }
}

/** Waits until a counter that is ready has reached a number. */
export function waitForCount(
  job: ShardJob,
  counter: CountView,
  wanted: number,
  timeoutMs: number,
  settle: (outcome: WaitOutcome) => void,
): Wait {
  let forget = () => {};
  const registered = job.waits.add(undefined, timeoutMs, (outcome) => {
    forget();
    settle(outcome);
  });
  const cancel = () => {
    forget();
    registered.cancel();
  };
  forget = counter.onChange(() => {
    if (counter.count < wanted) return;
    cancel();
    settle(undefined);
  });
  return { cancel };
}

/** Throws for a `@persist/` key: what is persisted is not announced to other jobs. */
export function assertNotPersisted({ args }: CommandContext, index: number): void {
  if (!isPersistKey(args, index)) return;
  throw new SatchelError('invalid-argument', 'persisted objects cannot be waited for; GET tells whether one is there');
}

/** Waits that block their connection. */
export const waitCommands: readonly Command[] = [
  {
    name: 'satchel.wait',
    arity: 3,
    scope: 'key',
    keys: { first: 1, last: 1, step: 1 },
    verb: 'read',
    flags: ['blocking'],
    run: wait,
  },
  { name: 'satchel.waitcount', arity: 4, scope: 'job', merge: 'wait', verb: 'read', flags: ['blocking'], run: waitCount },
];
