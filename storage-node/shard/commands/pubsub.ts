import { limits, SatchelError, shardOfSlot, slotOf } from '@satchel/proto/core';
import type { SubscriptionKind } from '../channels.js';
import type { Command, CommandContext } from '../command.js';
import { type ConnectionSession, isConnectionSession } from '../session.js';
import { latin1Argument } from './arguments.js';
import { argumentsFrom } from './elements.js';
import { Glob } from './glob.js';
import { subcommands } from './subcommands.js';

const flags = ['pubsub', 'noscript', 'loading', 'stale'] as const;

function subscribe(kind: SubscriptionKind, word: string): Command['run'] {
  return (context) => {
    const { args, job } = context;
    const session = connectionOf(context);
    const names = argumentsFrom(args, 1, channelArgument);
    job.channels.assertRoom(session, names.length);
    for (const name of names) {
      job.channels.subscribe(session, kind, name);
      confirm(context, word, name, session.subscriptions);
    }
  };
}

/** Without names: of all. */
function unsubscribe(kind: SubscriptionKind, word: string): Command['run'] {
  return (context) => {
    const { args, job } = context;
    const session = connectionOf(context);
    const names = args.count > 1 ? argumentsFrom(args, 1, latin1Argument) : job.channels.namesOf(session, kind);
    for (const name of names) {
      job.channels.unsubscribe(session, kind, name);
      confirm(context, word, name, session.subscriptions);
    }
    if (names.length === 0) confirm(context, word, undefined, session.subscriptions);
  };
}

function confirm({ reply }: CommandContext, word: string, name: string | undefined, count: number): void {
  reply.push(3);
  reply.text(word);
  if (name === undefined) reply.nil();
  else reply.bulk(Buffer.from(name, 'latin1'));
  reply.integer(count);
}

/** PUBLISH channel message, on one shard: how many of its connections were told. */
function publish({ args, job, reply }: CommandContext): void {
  const channel = channelArgument(args, 1);
  const message = args.bytes(2);
  if (message.length > limits.elementBytes) {
    throw new SatchelError(
      'too-large',
      `the message has ${message.length} bytes, the limit is ${limits.elementBytes}; SATCHEL.PUT the value under a key, and publish the key`,
    );
  }
  const told = job.channels.publish(channel, message);
  // Every shard of the job carries it out; one of them counts what came in.
  if (shardOfSlot(job.configuration, slotOf(args.bytes(1))) === job.shard) job.usage.bytesIn += message.length;
  job.usage.bytesOut += told * message.length;
  reply.integer(told);
}

function channelArgument(args: CommandContext['args'], index: number): string {
  const length = args.end(index) - args.start(index);
  if (length <= limits.keyBytes) return latin1Argument(args, index);
  throw new SatchelError('too-large', `the name of a channel has ${length} bytes, the limit is ${limits.keyBytes}`);
}

const pubsub = subcommands('pubsub', {
  channels: { arity: -2, run: channels },
  numsub: { arity: -2, run: listeners },
  numpat: { arity: 2, run: ({ job, reply }) => reply.integer(job.channels.patternCount) },
});

function channels({ args, job, reply }: CommandContext): void {
  const found = job.channels.channels(args.count > 2 ? new Glob(latin1Argument(args, 2)) : undefined);
  reply.array(found.length);
  for (const name of found) reply.bulk(Buffer.from(name, 'latin1'));
}

function listeners({ args, job, reply }: CommandContext): void {
  reply.array((args.count - 2) * 2);
  for (let index = 2; index < args.count; index++) {
    reply.bulk(args.buffer, args.start(index), args.end(index));
    reply.integer(job.channels.listenersOf(latin1Argument(args, index)));
  }
}

function connectionOf({ session }: CommandContext): ConnectionSession {
  if (isConnectionSession(session) && session.mode !== 'link') return session;
  throw new SatchelError('invalid-argument', 'only a connection of its own subscribes');
}

function listening(name: string, arity: number, run: Command['run']): Command {
  return { name, arity, scope: 'connection', verb: 'read', whileSubscribed: true, flags, run };
}

/** Signals to whoever listens at the moment, over all shards of the job. */
export const pubSubCommands: readonly Command[] = [
  listening('subscribe', -2, subscribe('channels', 'subscribe')),
  listening('unsubscribe', -1, unsubscribe('channels', 'unsubscribe')),
  listening('psubscribe', -2, subscribe('patterns', 'psubscribe')),
  listening('punsubscribe', -1, unsubscribe('patterns', 'punsubscribe')),
  {
    name: 'publish',
    arity: 3,
    scope: 'job',
    everywhere: true,
    merge: 'sum',
    verb: 'write',
    flags: [...flags, 'fast'],
    run: publish,
  },
  { name: 'pubsub', arity: -2, scope: 'job', everywhere: true, merge: 'pubsub', verb: 'read', flags, run: pubsub },
];
