import { SatchelError } from '@satchel/proto/core';
import type { ReplyWriter } from '@satchel/proto/resp';
import type { Command, CommandContext, KeyPositions } from '../command.js';
import type { CommandTable } from '../command-table.js';
import { lastKeyIndex } from '../job-routing.js';
import type { ServerStatistics, ShardEnvironment } from '../shard-environment.js';
import { globPattern } from './configuration-pattern.js';
import { redisVersion } from './redis-version.js';
import { subcommands } from './subcommands.js';

export interface InformationView {
  readonly environment: ShardEnvironment;
  readonly statistics: ServerStatistics;
  table(): CommandTable;
}

/** Commands by which clients find out what they talk to. */
export function informationCommands(server: InformationView): readonly Command[] {
  const scope = 'connection';
  return [
    { name: 'info', arity: -1, scope, flags: ['loading', 'stale'], run: (context) => info(context, server) },
    { name: 'config', arity: -2, scope, flags: ['admin', 'noscript'], run: configuration },
    { name: 'command', arity: -1, scope, flags: ['loading', 'stale'], run: command(server) },
    { name: 'time', arity: 1, scope, flags: ['fast'], run: time },
  ];
}

function info(context: CommandContext, { environment, statistics, table }: InformationView): void {
  const calls = Object.values(table().counts()).reduce((sum, count) => sum + count, 0);
  const sections: Record<string, Record<string, string | number>> = {
    Server: {
      redis_version: redisVersion,
      redis_mode: 'cluster',
      server_name: 'satchel',
      process_id: process.pid,
      uptime_in_seconds: Math.floor(process.uptime()),
      satchel_shard: environment.shard,
      satchel_node: environment.node,
    },
    Clients: { connected_clients: statistics.connections, satchel_rings: statistics.rings },
    Persistence: { loading: 0, async_loading: 0 },
    Stats: {
      total_connections_received: statistics.connectionsTotal,
      rejected_connections: statistics.connectionsRefused,
      total_commands_processed: calls,
      total_error_replies: statistics.errors,
      total_net_input_bytes: statistics.bytesIn,
      total_net_output_bytes: statistics.bytesOut,
      satchel_forwarded_commands: statistics.forwarded,
      satchel_slow_readers_closed: statistics.slowReadersClosed,
    },
    Replication: { role: 'master', connected_slaves: 0 },
    // On the endpoint too: a cluster client may begin there, and redis-py refuses a node that says 0.
    Cluster: { cluster_enabled: 1 },
    ...environment.information(),
  };
  context.reply.text(printed(sections, wantedSections(context)));
}

function wantedSections({ args }: CommandContext): Set<string> | undefined {
  const wanted = new Set(Array.from({ length: args.count - 1 }, (_, index) => args.text(index + 1).toLowerCase()));
  const all = wanted.size === 0 || ['default', 'all', 'everything'].some((word) => wanted.has(word));
  return all ? undefined : wanted;
}

function printed(sections: Record<string, Record<string, string | number>>, wanted: Set<string> | undefined): string {
  let text = '';
  for (const [name, lines] of Object.entries(sections)) {
    if (wanted !== undefined && !wanted.has(name.toLowerCase())) continue;
    text += `${text === '' ? '' : '\r\n'}# ${name}\r\n`;
    for (const [key, value] of Object.entries(lines)) text += `${key}:${value}\r\n`;
  }
  return text;
}

/** What tools ask for before they begin. */
const parameters: Readonly<Record<string, string>> = {
  save: '',
  appendonly: 'no',
  maxmemory: '0',
  'maxmemory-policy': 'noeviction',
  databases: '1',
  'proto-max-bulk-len': '536870912',
  'notify-keyspace-events': '',
};

const configuration = subcommands('config', {
  get: { arity: -3, run: configurationGet },
});

function configurationGet({ args, reply }: CommandContext): void {
  const patterns = Array.from({ length: args.count - 2 }, (_, index) => globPattern(args.text(index + 2)));
  const found = Object.entries(parameters).filter(([name]) => patterns.some((pattern) => pattern.test(name)));
  reply.map(found.length);
  for (const [name, value] of found) {
    reply.text(name);
    reply.text(value);
  }
}

function command(server: InformationView): Command['run'] {
  const all = (reply: ReplyWriter): void => {
    reply.array(server.table().entries.length);
    for (const entry of server.table().entries) describe(reply, entry.command);
  };
  const parts = subcommands('command', {
    count: { arity: 2, run: ({ reply }) => reply.integer(server.table().entries.length) },
    docs: { arity: -2, run: (context) => docs(context, server.table()) },
    info: { arity: -2, run: (context) => (context.args.count === 2 ? all(context.reply) : someInfo(context, server.table())) },
    list: { arity: -2, run: (context) => names(context, server.table()) },
    getkeys: { arity: -3, run: (context) => keysOfCommand(context, server.table()) },
  });
  return (context) => (context.args.count === 1 ? all(context.reply) : parts(context));
}

function someInfo({ args, reply }: CommandContext, table: CommandTable): void {
  reply.array(args.count - 2);
  for (let index = 2; index < args.count; index++) {
    const entry = table.find(args, index);
    if (entry) describe(reply, entry.command);
    else reply.nil();
  }
}

function names({ reply }: CommandContext, table: CommandTable): void {
  reply.array(table.entries.length);
  for (const { command } of table.entries) reply.text(command.name);
}

function docs({ args, reply }: CommandContext, table: CommandTable): void {
  const asked = Array.from({ length: args.count - 2 }, (_, index) => table.find(args, index + 2));
  const entries = args.count === 2 ? table.entries : asked.filter((entry) => entry !== undefined);
  reply.map(entries.length);
  for (const { command } of entries) {
    reply.text(command.name);
    reply.map(2);
    reply.text('group');
    reply.text(command.keys ? 'string' : command.scope);
    reply.text('arity');
    reply.integer(command.arity);
  }
}

const noKeys: KeyPositions = { first: 0, last: 0, step: 0 };

/** One command in the ten elements of Redis 7. */
function describe(reply: ReplyWriter, { name, arity, keys = noKeys, verb, flags = [] }: Command): void {
  const shown = verb === 'read' ? ['readonly', ...flags] : verb === 'write' ? ['write', ...flags] : flags;
  reply.array(10);
  reply.text(name);
  reply.integer(arity);
  reply.array(shown.length);
  for (const flag of shown) reply.simple(flag);
  reply.integer(keys.first);
  reply.integer(keys.last);
  reply.integer(keys.step);
  for (let index = 0; index < 4; index++) reply.array(0);
}

function keysOfCommand({ args, reply }: CommandContext, table: CommandTable): void {
  const entry = table.find(args, 2);
  if (entry === undefined) throw new SatchelError('invalid-argument', 'Invalid command specified');
  const { keys } = entry.command;
  if (keys === undefined) throw new SatchelError('invalid-argument', 'The command has no key arguments');
  const count = args.count - 2;
  const indexes: number[] = [];
  for (let index = keys.first; index <= lastKeyIndex(keys, count); index += keys.step) indexes.push(index + 2);
  if (indexes.length === 0) throw new SatchelError('invalid-argument', 'Invalid number of arguments specified for command');
  reply.array(indexes.length);
  for (const index of indexes) reply.bulk(args.buffer, args.start(index), args.end(index));
}

function time({ reply, nowMs }: CommandContext): void {
  reply.array(2);
  reply.text(String(Math.floor(nowMs / 1000)));
  reply.text(String((nowMs % 1000) * 1000));
}
