import { SatchelError } from '@satchel/proto/core';
import type { ReplyWriter } from '@satchel/proto/resp';
import type { Command, CommandContext } from '../command.js';
import { type ConnectionSession, isConnectionSession } from '../session.js';
import type { ServerStatistics, ShardEnvironment } from '../shard-environment.js';
import { redisVersion } from './redis-version.js';
import { subcommands } from './subcommands.js';

/** What the commands of connections need of the server. */
export interface ServerView {
  readonly environment: ShardEnvironment;
  readonly statistics: ServerStatistics;
  connections(): Iterable<ConnectionSession>;
}

/** Commands about the connection itself. */
export function connectionCommands(server: ServerView): readonly Command[] {
  const open = { scope: 'connection', unauthenticated: true, flags: ['fast', 'noscript', 'loading', 'stale'] } as const;
  return [
    { ...open, name: 'hello', arity: -1, run: (context) => hello(context, server.environment) },
    { ...open, name: 'auth', arity: -2, run: (context) => auth(context, server.environment) },
    { ...open, name: 'quit', arity: -1, whileSubscribed: true, run: quit },
    { ...open, name: 'reset', arity: 1, whileSubscribed: true, run: reset },
    { ...open, name: 'ping', arity: -1, unauthenticated: false, whileSubscribed: true, run: ping },
    { ...open, name: 'echo', arity: 2, unauthenticated: false, run: ({ args, reply }) => reply.bulk(args.bytes(1)) },
    { ...open, name: 'select', arity: 2, unauthenticated: false, run: select },
    { ...open, name: 'client', arity: -2, run: client(server) },
  ];
}

function hello(context: CommandContext, environment: ShardEnvironment): void | Promise<void> {
  const { args } = context;
  const version = args.count > 1 ? args.text(1) : String(context.session.version);
  if (version !== '2' && version !== '3') return context.reply.error('NOPROTO unsupported protocol version');
  const options = helloOptions(context);
  const finish = (): void => {
    const session = connectionOf(context);
    if (options.name !== undefined) session.name = checkClientName(options.name);
    session.version = version === '3' ? 3 : 2;
    context.reply.version = session.version;
    helloReply(context.reply, session);
  };
  if (options.token === undefined) {
    if (!context.session.identity) throw new SatchelError('unauthenticated', helloUnauthenticated);
    return finish();
  }
  return authenticate(context, environment, options.job, options.token).then(finish);
}

const helloUnauthenticated =
  'HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time';

interface HelloOptions {
  job?: string;
  token?: string;
  name?: string;
}

function helloOptions({ args }: CommandContext): HelloOptions {
  const options: HelloOptions = {};
  for (let index = 2; index < args.count; ) {
    const word = args.text(index).toLowerCase();
    if (word === 'auth' && index + 2 < args.count) {
      options.job = args.text(index + 1);
      options.token = args.text(index + 2);
      index += 3;
    } else if (word === 'setname' && index + 1 < args.count) {
      options.name = args.text(index + 1);
      index += 2;
    } else throw new SatchelError('invalid-argument', `syntax error in HELLO option '${args.text(index)}'`);
  }
  return options;
}

function helloReply(reply: ReplyWriter, session: ConnectionSession): void {
  reply.map(7);
  reply.text('server');
  reply.text('redis');
  reply.text('version');
  reply.text(redisVersion);
  reply.text('proto');
  reply.integer(session.version);
  reply.text('id');
  reply.integer(session.id);
  reply.text('mode');
  reply.text('cluster');
  reply.text('role');
  reply.text('master');
  reply.text('modules');
  reply.array(0);
}

async function auth(context: CommandContext, environment: ShardEnvironment): Promise<void> {
  const { args } = context;
  if (args.count > 3) throw new SatchelError('invalid-argument', 'syntax error; AUTH JOB TOKEN, or AUTH TOKEN');
  const job = args.count === 3 ? args.text(1) : undefined;
  await authenticate(context, environment, job, args.text(args.count - 1));
  context.reply.ok();
}

/** `default`, the user of clients that know only a password, stands for the job that the token names. */
async function authenticate(
  context: CommandContext,
  environment: ShardEnvironment,
  job: string | undefined,
  token: string,
): Promise<void> {
  const session = connectionOf(context);
  const admitted = await environment.admit(job === 'default' || job === '' ? undefined : job, token);
  admitted.job.token = token;
  if (session.identity?.shardJob !== admitted.job) session.identity?.shardJob.channels.leave(session);
  session.identity = {
    job: admitted.job.configuration.job,
    namespace: admitted.namespace,
    verbs: admitted.verbs,
    token,
    shardJob: admitted.job,
  };
}

function quit(context: CommandContext): void {
  context.reply.ok();
  connectionOf(context).quit();
}

function reset(context: CommandContext): void {
  const session = connectionOf(context);
  session.identity?.shardJob.channels.leave(session);
  session.identity = undefined;
  session.name = '';
  session.version = 2;
  context.reply.version = 2;
  context.reply.simple('RESET');
}

function ping({ args, reply, session }: CommandContext): void {
  if (args.count > 2) throw new SatchelError('invalid-argument', "wrong number of arguments for 'ping' command");
  if (session.version === 2 && isConnectionSession(session) && session.subscriptions > 0) {
    reply.array(2);
    reply.text('pong');
    reply.text(args.count === 2 ? args.text(1) : '');
    return;
  }
  if (args.count === 2) reply.bulk(args.buffer, args.start(1), args.end(1));
  else reply.simple('PONG');
}

function select({ args, reply }: CommandContext): void {
  if (args.text(1) !== '0') throw new SatchelError('invalid-argument', 'DB index is out of range; a job has database 0 only');
  reply.ok();
}

function client(server: ServerView): Command['run'] {
  return subcommands('client', {
    id: { arity: 2, run: ({ reply, session }) => reply.integer(session.id) },
    getname: { arity: 2, run: ({ reply, session }) => (session.name === '' ? reply.nil() : reply.text(session.name)) },
    setname: {
      arity: 3,
      run: (context) => {
        context.session.name = checkClientName(context.args.text(2));
        context.reply.ok();
      },
    },
    setinfo: { arity: 4, run: setInfo },
    info: { arity: 2, run: (context) => context.reply.text(`${describe(connectionOf(context))}\n`) },
    list: { arity: -2, run: (context) => list(context, server) },
    'no-evict': { arity: 3, run: ({ reply }) => reply.ok() },
    'no-touch': { arity: 3, run: ({ reply }) => reply.ok() },
    tracking: { arity: -3, run: tracking },
    trackinginfo: { arity: 2, run: trackingInfo },
    getredir: { arity: 2, run: ({ reply }) => reply.integer(-1) },
  });
}

function setInfo(context: CommandContext): void {
  const session = connectionOf(context);
  const value = checkClientName(context.args.text(3));
  const attribute = context.args.text(2).toLowerCase();
  if (attribute === 'lib-name') session.libraryName = value;
  else if (attribute === 'lib-ver') session.libraryVersion = value;
  else throw new SatchelError('invalid-argument', `Unrecognized option '${context.args.text(2)}'`);
  context.reply.ok();
}

function tracking({ args, reply }: CommandContext): void {
  if (args.text(2).toLowerCase() !== 'off') throw new SatchelError('invalid-argument', 'client-side caching is not supported');
  reply.ok();
}

function trackingInfo({ reply }: CommandContext): void {
  reply.map(3);
  reply.text('flags');
  reply.array(1);
  reply.text('off');
  reply.text('redirect');
  reply.integer(-1);
  reply.text('prefixes');
  reply.array(0);
}

/** Only the connections of the caller's own job. */
function list(context: CommandContext, server: ServerView): void {
  const job = context.session.identity?.job;
  if (job === undefined) throw new SatchelError('unauthenticated', 'Authentication required.');
  const lines = [...server.connections()].filter((session) => session.identity?.job === job).map(describe);
  context.reply.text(`${lines.join('\n')}\n`);
}

function describe(session: ConnectionSession): string {
  const now = Date.now();
  const seconds = (sinceMs: number): number => Math.floor((now - sinceMs) / 1000);
  return [
    `id=${session.id}`,
    `addr=${session.peer}`,
    `name=${session.name}`,
    `age=${seconds(session.connectedMs)}`,
    `idle=${seconds(session.lastActiveMs)}`,
    `flags=N db=0 sub=${session.subscriptions} psub=0 ssub=0 multi=-1`,
    `cmd=${session.lastCommand}`,
    `user=${session.identity?.job ?? ''}`,
    `resp=${session.version}`,
    `lib-name=${session.libraryName}`,
    `lib-ver=${session.libraryVersion}`,
  ].join(' ');
}

function checkClientName(name: string): string {
  if (!/^[!-~]*$/.test(name)) {
    throw new SatchelError('invalid-argument', 'Client names cannot contain spaces, newlines or special characters.');
  }
  return name;
}

function connectionOf({ session }: CommandContext): ConnectionSession {
  if (!isConnectionSession(session)) throw new SatchelError('internal', 'this command needs a connection of its own');
  return session;
}
