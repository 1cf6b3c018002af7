import { SatchelError } from '@satchel/proto/core';
import type { ReplyWriter } from '@satchel/proto/resp';
import type { Command, CommandContext } from '../command.js';
import type { ShardJob } from '../job.js';
import type { Session } from '../session.js';
import { CountView } from '../steering/count-view.js';
import { assembled } from '../striping/assembly.js';
import { type StripedValue, writeStriped } from '../striping/striped-value.js';
import { takeValue } from '../take-value.js';
import type { WaitOutcome } from '../waits.js';
import { countArgument, latin1Argument, optionArgument, syntaxError } from './arguments.js';
import { assertNotPersisted, waitForCount } from './waits.js';

/** One watch of a connection: who is told under which id. */
interface Watcher {
  readonly job: ShardJob;
  readonly session: Session;
  /** One latin1 character per byte. */
  readonly id: string;
  /** Whether it is told of a striped value what is needed to fetch it. */
  readonly knowsStripes: boolean;
}

function watcherOf({ args, job, session }: CommandContext): Watcher {
  if (session.version !== 3) {
    throw new SatchelError('invalid-argument', 'watching needs RESP3 for its pushes: send HELLO 3 first, or use SATCHEL.WAIT');
  }
  const id = latin1Argument(args, 1);
  job.watches.assertFree(session, id);
  return { job, session, id, knowsStripes: session.mode === 'link' };
}

/** Tells the connection; `what` is the kind of push. */
function push({ session, id }: Watcher, what: string, write: (reply: ReplyWriter) => void): void {
  session.push((reply) => {
    reply.push(3);
    reply.text(what);
    reply.bulk(Buffer.from(id, 'latin1'));
    write(reply);
  });
}

/** Ends a watch and tells its outcome. */
function conclude(watcher: Watcher, outcome: WaitOutcome | number): void {
  if (isStriped(outcome) && !watcher.knowsStripes) {
    void assembled(watcher.job, outcome)
      .catch((error: unknown) => SatchelError.from(error))
      .then((value) => conclude(watcher, value));
    return;
  }
  if (!watcher.job.watches.remove(watcher.session, watcher.id)) return;
  push(watcher, 'satchel.wait', (reply) => {
    if (outcome === undefined) reply.nil();
    else if (outcome instanceof SatchelError) reply.error(outcome.toRespLine());
    else if (typeof outcome === 'number') reply.integer(outcome);
    else if (isStriped(outcome)) writeStriped(reply, outcome);
    else reply.bulk(outcome);
  });
}

function isStriped(outcome: WaitOutcome | number): outcome is StripedValue {
  return typeof outcome === 'object' && 'chunkBytes' in outcome;
}

/** SATCHEL.AWAIT id key timeout-ms [MANIFEST]: +OK at once, later the push `satchel.wait id value|nil|error`; a time-out of 0 is none. */
function awaitKey(context: CommandContext): void | Promise<void> {
  const { args, job, nowMs, reply } = context;
  const timeoutMs = countArgument(args, 3, 'the time-out');
  assertNotPersisted(context, 2);
  if (args.count > 5 || (args.count === 5 && optionArgument(args, 4) !== 'MANIFEST')) throw syntaxError();
  const plain = watcherOf(context);
  const watcher = args.count === 5 ? { ...plain, knowsStripes: true } : plain;
  let cancel = () => {};
  let cancelled = false;
  job.watches.add(watcher.session, watcher.id, {
    cancel() {
      cancelled = true;
      cancel();
    },
  });
  reply.ok();
  const key = job.scratchKey.set(args.buffer, args.start(2), args.end(2));
  const refuse = (error: unknown) => conclude(watcher, SatchelError.from(error));
  try {
    const looked = takeValue(job, key, nowMs, {
      found: (value) => conclude(watcher, value),
      missing(missingKey) {
        if (cancelled) return;
        job.steering.assertOwned(missingKey);
        job.objects.seals.check(missingKey);
        const waiting = job.waits.add(missingKey, timeoutMs, (outcome) => conclude(watcher, outcome));
        cancel = () => waiting.cancel();
      },
    });
    const settled = looked?.catch(refuse);
    // Whoever asks for more than may be read at a time gets no further for now.
    if (job.waitReads.crowded) return settled;
  } catch (error) {
    refuse(error);
  }
}

/** SATCHEL.AWAITCOUNT id prefix n timeout-ms: +OK at once, later the push `satchel.wait id count`. */
function awaitCount(context: CommandContext): void {
  const { args, job, reply } = context;
  const prefix = latin1Argument(args, 2);
  const wanted = countArgument(args, 3, 'the count');
  const timeoutMs = countArgument(args, 4, 'the time-out');
  const watcher = watcherOf(context);
  job.assertListable(prefix);
  const counter = new CountView(job, prefix);
  let cancelled = false;
  let cancel = () => {};
  const release = () => {
    if (cancelled) return;
    cancelled = true;
    cancel();
    counter.close();
  };
  job.watches.add(watcher.session, watcher.id, { cancel: release });
  reply.ok();
  const finish = (outcome: number | SatchelError) => {
    release();
    conclude(watcher, outcome);
  };
  const begin = () => {
    if (cancelled) return;
    if (counter.count >= wanted) return finish(counter.count);
    const waiting = waitForCount(job, counter, wanted, timeoutMs, (outcome) =>
      finish(outcome instanceof SatchelError ? outcome : counter.count),
    );
    cancel = () => waiting.cancel();
  };
  whenReady(counter, begin, (error) => finish(SatchelError.from(error)));
}

function whenReady(counter: CountView, begin: () => void, refuse: (error: unknown) => void): void {
  try {
    if (counter.ready === undefined) begin();
    else void counter.ready.then(begin).catch(refuse);
  } catch (error) {
    refuse(error);
  }
}

/**
 * SATCHEL.WATCHCOUNT id prefix: the count of this shard now, then the push `satchel.count id n` when it has changed, once per turn at
 * most, until SATCHEL.UNWATCH.
 */
async function watchCount(context: CommandContext): Promise<void> {
  const { args, job, reply } = context;
  const prefix = latin1Argument(args, 2);
  const watcher = watcherOf(context);
  job.assertListable(prefix);
  const counter = new CountView(job, prefix);
  let ended = false;
  let release = () => counter.close();
  job.watches.add(watcher.session, watcher.id, {
    cancel() {
      if (ended) return;
      ended = true;
      release();
    },
  });
  try {
    await counter.ready;
    if (!ended) release = announceChanges(watcher, counter);
  } catch (error) {
    job.watches.cancel(watcher.session, watcher.id);
    throw error;
  }
  reply.integer(counter.count);
}

/** Pushes the count after each turn in which it changed; returns what ends that. */
function announceChanges(watcher: Watcher, counter: CountView): () => void {
  const { job, session, id } = watcher;
  let told = counter.count;
  let scheduled = false;
  let ended = false;
  const tell = () => {
    scheduled = false;
    if (ended || counter.count === told) return;
    told = counter.count;
    push(watcher, 'satchel.count', (reply) => reply.integer(told));
  };
  const forget = counter.onChange(() => {
    if (!scheduled) setImmediate(tell);
    scheduled = true;
  });
  const registered = job.waits.add(undefined, 0, (outcome) => {
    job.watches.cancel(session, id);
    if (outcome instanceof SatchelError) push(watcher, 'satchel.count', (reply) => reply.error(outcome.toRespLine()));
  });
  return () => {
    ended = true;
    forget();
    registered.cancel();
    counter.close();
  };
}

/** SATCHEL.UNWATCH id: ends what AWAIT, AWAITCOUNT or WATCHCOUNT began; replies 1, or 0 if it had ended. */
function unwatch({ args, job, reply, session }: CommandContext): void {
  reply.integer(job.watches.cancel(session, latin1Argument(args, 1)) ? 1 : 0);
}

/** Waits that push their outcome, so that they hold back nothing. */
export const watchCommands: readonly Command[] = [
  {
    name: 'satchel.await',
    arity: -4,
    scope: 'key',
    keys: { first: 2, last: 2, step: 1 },
    verb: 'read',
    run: awaitKey,
  },
  { name: 'satchel.awaitcount', arity: 5, scope: 'job', merge: 'wait', verb: 'read', run: awaitCount },
  { name: 'satchel.watchcount', arity: 3, scope: 'connection', verb: 'read', flags: ['blocking'], run: watchCount },
  { name: 'satchel.unwatch', arity: 2, scope: 'connection', run: unwatch },
];
